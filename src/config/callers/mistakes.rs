//! The mistakes in a callers' file: gathered while it is read, shown in the order of its lines.

use std::{fmt, path::PathBuf};

use crate::config::{error::Mistake, value::Source};

/// Every mistake in a callers' file, at least one. Displayed as one line per mistake: the file and the line, the field,
/// what was expected, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallersMistakes {
    mistakes: Vec<Mistake>,
}

impl fmt::Display for CallersMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for CallersMistakes {}

/// The mistakes that were found so far.
#[derive(Default)]
pub(super) struct Mistakes {
    found: Vec<Found>,
}

/// A mistake, and at which byte of the file.
struct Found {
    start: Option<usize>,
    field: Option<String>,
    problem: String,
}

impl Mistakes {
    /// Adds a mistake of a field, whose value starts at this byte.
    pub(super) fn add(&mut self, start: usize, field: &str, problem: impl Into<String>) {
        self.found.push(Found { start: Some(start), field: Some(field.to_owned()), problem: problem.into() });
    }

    /// Adds a mistake of the file as a whole.
    pub(super) fn add_to_file(&mut self, start: Option<usize>, problem: &str) {
        self.found.push(Found { start, field: None, problem: problem.to_owned() });
    }

    /// What was read, if there is no mistake.
    pub(super) fn into_result<T>(mut self, read: T, path_shown: &str, text: &str) -> Result<T, CallersMistakes> {
        if self.found.is_empty() {
            return Ok(read);
        }
        let ends: Vec<usize> = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        let line = |start: usize| 1 + ends.partition_point(|end| *end < start);
        let path = PathBuf::from(path_shown);
        // Those of one line stay in the order in which they were found.
        self.found.sort_by_cached_key(|found| found.start.map(line));
        let mistakes = self.found.into_iter().map(|found| Mistake {
            source: Source::File(path.clone(), found.start.map(line)),
            key: found.field,
            problem: found.problem,
        });
        Err(CallersMistakes { mistakes: mistakes.collect() })
    }
}
