//! The mistakes in the settings, and the warnings about ignored variables, as they are shown to the user.

use std::fmt;

use crate::config::value::Source;

/// An environment variable that begins with `ROLLCALL_` and is no setting, and was therefore ignored: a misspelt one,
/// or another program's. Displayed as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The variable's whole name.
    pub variable: String,
    /// The variable of a setting whose name is most like it, if any is like it at all.
    pub nearest: Option<String>,
}

/// Every mistake in the settings, at least one. Displayed as one line per mistake: the source, the setting, what was
/// expected. The warnings follow, for a misspelt variable may be the cause of a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub(super) mistakes: Vec<Mistake>,
    pub(super) warnings: Vec<Warning>,
}

/// One mistake of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) source: Source,
    /// The setting; `None` when the source as a whole is at fault.
    pub(super) key: Option<String>,
    /// What was expected, and what was found unless it may be a secret.
    pub(super) problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mistakes = self.mistakes.iter().map(ToString::to_string);
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        f.write_str(&mistakes.chain(warnings).collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: no setting has this variable, it is ignored", self.variable)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; the nearest is `{nearest}`"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}: {key}: {}", self.source, self.problem),
            None => write!(f, "{}: {}", self.source, self.problem),
        }
    }
}
