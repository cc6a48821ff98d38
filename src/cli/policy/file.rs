use std::{
    fs,
    path::{Path, PathBuf},
};

use rollcall_engine::{Diagnostics, Policy, compile_with_warnings};
use rollcall_policy_tools::cases::{self, Case};

/// What a file of cases is called after its policy's name.
const CASES: &str = ".tests.toml";

/// Why a file is no use.
pub(crate) enum Mistake {
    /// It can't be read, or written.
    Unreadable(String),
    /// It has nothing of the name that was asked for.
    Unknown(String),
    /// What it says is wrong.
    Wrong(Diagnostics),
}

impl Mistake {
    /// The mistake as a compiler shows it.
    pub(crate) fn shown(&self, styled: bool) -> String {
        match self {
            Self::Unreadable(why) | Self::Unknown(why) => format!("error: {why}"),
            Self::Wrong(diagnostics) => diagnostics.render(styled),
        }
    }
}

/// Reads and compiles a policy file.
pub(crate) fn policy(path: &Path) -> Result<Policy, Mistake> {
    policy_with_warnings(path).map(|(policy, _)| policy)
}

/// As [`policy`], with what is doubtful in the file.
pub(crate) fn policy_with_warnings(path: &Path) -> Result<(Policy, Option<Diagnostics>), Mistake> {
    compile_with_warnings(&path.to_string_lossy(), &text(path)?).map_err(Mistake::Wrong)
}

/// Reads a file of cases, written for this policy.
pub(crate) fn cases(path: &Path, policy: &Policy) -> Result<Vec<Case>, Mistake> {
    cases::read(&path.to_string_lossy(), &text(path)?, policy).map_err(Mistake::Wrong)
}

/// The file of cases beside a policy file.
pub(crate) fn cases_of(policy: &Path) -> PathBuf {
    let stem = policy.file_stem().unwrap_or_default().to_string_lossy();
    policy.with_file_name(format!("{stem}{CASES}"))
}

/// The policy file beside a file of cases; none when the path is not called as one.
pub(crate) fn policy_of(cases: &Path) -> Option<PathBuf> {
    let stem = cases.file_name()?.to_str()?.strip_suffix(CASES)?;
    Some(cases.with_file_name(format!("{stem}.toml")))
}

fn text(path: &Path) -> Result<String, Mistake> {
    let unreadable = |why: String| Mistake::Unreadable(format!("can't read `{}`: {why}", path.display()));
    let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| unreadable(error.utf8_error().to_string()))
}
