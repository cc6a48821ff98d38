//! Files stay small: none is long, and most are short.

use crate::{
    report::{Check, Fault},
    source::Repository,
};

/// No file has more lines than this.
const MAX_LINES: usize = 500;
/// Half of the files have no more lines than this.
const MAX_MEDIAN: usize = 125;

/// Measures all files in Rust, those of tests and benchmarks included.
pub(crate) fn check(repository: &Repository) -> Check {
    let lengths = repository.rust_texts().map(|(path, text)| (text.lines().count(), path));
    let (seen, faults) = measure(lengths.collect());
    Check::new("size", seen, faults)
}

/// What there is to say of files with these numbers of lines.
fn measure(mut lengths: Vec<(usize, &str)>) -> (String, Vec<Fault>) {
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).map_or(0, |(lines, _)| *lines);
    let (longest, path) = lengths.last().copied().unwrap_or((0, "no file"));
    let seen =
        format!("median {median} of at most {MAX_MEDIAN} lines, longest {longest} of at most {MAX_LINES} (`{path}`)");

    let long = lengths.iter().filter(|(lines, _)| *lines > MAX_LINES);
    let mut faults: Vec<Fault> = long
        .map(|(lines, path)| Fault::new(path, 1, format!("has {lines} lines, over {MAX_LINES}; split it by subject")))
        .collect();
    if median > MAX_MEDIAN {
        let text = format!("the median of all files is {median} lines, over {MAX_MEDIAN}; split long files by subject");
        faults.push(Fault::new(path, 1, text));
    }
    (seen, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_long() {
        let (seen, faults) = measure(vec![(500, "src/a.rs"), (90, "src/b.rs"), (80, "src/c.rs")]);
        assert_eq!(seen, "median 90 of at most 125 lines, longest 500 of at most 500 (`src/a.rs`)");
        assert!(faults.is_empty());

        let (_, faults) = measure(vec![(501, "src/a.rs"), (90, "src/b.rs"), (80, "src/c.rs")]);
        assert_eq!(faults, [Fault::new("src/a.rs", 1, "has 501 lines, over 500; split it by subject".to_owned())]);
    }

    #[test]
    fn most_files_are_short() {
        let (_, faults) = measure(vec![(126, "src/a.rs"), (126, "src/b.rs"), (80, "src/c.rs")]);
        let text = "the median of all files is 126 lines, over 125; split long files by subject";
        assert_eq!(faults, [Fault::new("src/b.rs", 1, text.to_owned())]);
    }

    #[test]
    fn all_files_in_rust_are_measured() {
        let long = "\n".repeat(501);
        let repository = Repository::from_texts(&[("tests/a.rs", &long), ("docs/a.md", &long), ("src/lib.rs", "")]);
        let report = check(&repository).to_string();
        assert!(report.contains("tests/a.rs:1: has 501 lines"), "{report}");
        assert!(!report.contains("docs/a.md"), "{report}");
    }
}
