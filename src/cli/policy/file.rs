//! Finds, reads and compiles policy files and the files of cases beside them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rollcall_engine::{Diagnostics, Policy, compile_with_warnings};
use rollcall_policy_tools::cases::{self, Case};

/// The suffix of a file of cases, after the stem of its policy's file.
const CASES: &str = ".tests.toml";

/// Why a command can't do its work.
pub(crate) enum Mistake {
    /// A file or a database can't be read or written; the message says which and why.
    Unreadable(String),
    /// There is nothing of the name that was asked for; the message says what there is.
    Unknown(String),
    /// The file can be read, but has mistakes.
    Invalid(Diagnostics),
}

impl Mistake {
    /// The mistake as a compiler shows it.
    pub(crate) fn render(&self, styled: bool) -> String {
        match self {
            Self::Unreadable(why) | Self::Unknown(why) => format!("error: {why}"),
            Self::Invalid(diagnostics) => diagnostics.render(styled),
        }
    }
}

/// Reads and compiles a policy file.
pub(crate) fn policy(path: &Path) -> Result<Policy, Mistake> {
    policy_with_warnings(path).map(|(policy, _)| policy)
}

/// As [`policy`], with the lint warnings of the file, if there are any.
pub(crate) fn policy_with_warnings(path: &Path) -> Result<(Policy, Option<Diagnostics>), Mistake> {
    compile_with_warnings(&path.to_string_lossy(), &text(path)?).map_err(Mistake::Invalid)
}

/// Reads a file of cases that is written for this policy.
pub(crate) fn cases(path: &Path, policy: &Policy) -> Result<Vec<Case>, Mistake> {
    cases::read(&path.to_string_lossy(), &text(path)?, policy).map_err(Mistake::Invalid)
}

/// The path of the file of cases beside a policy file: NAME.tests.toml for NAME.toml.
pub(crate) fn cases_of(policy: &Path) -> PathBuf {
    let stem = policy.file_stem().unwrap_or_default().to_string_lossy();
    policy.with_file_name(format!("{stem}{CASES}"))
}

/// The path of the policy file beside a file of cases; none when the path does not end in `.tests.toml`.
pub(crate) fn policy_of(cases: &Path) -> Option<PathBuf> {
    let stem = cases.file_name()?.to_str()?.strip_suffix(CASES)?;
    Some(cases.with_file_name(format!("{stem}.toml")))
}

fn text(path: &Path) -> Result<String, Mistake> {
    let unreadable = |why: String| Mistake::Unreadable(format!("can't read `{}`: {why}", path.display()));
    let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| unreadable(error.utf8_error().to_string()))
}
