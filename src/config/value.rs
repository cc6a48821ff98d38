//! A value as a source gives it, before it is typed, and where that source has it.

use std::{fmt, path::PathBuf};

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A file and a line, counted from 1; no line when the file as a whole is at fault.
    File(PathBuf, Option<usize>),
    /// An environment variable.
    Variable(String),
    /// A command line flag.
    Flag(String),
}

/// A value as its source gave it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// From the environment or a flag: text that may stand for any kind.
    Untyped(String),
    /// A TOML string.
    Text(String),
    /// A TOML integer or float, in decimal.
    Number(String),
    /// A TOML boolean.
    Boolean(bool),
    /// A TOML array.
    List(Vec<Value>),
    /// Anything else, by what TOML calls it.
    Other(&'static str),
}

/// A value and its source.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    pub(super) value: Value,
    pub(super) source: Source,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Self::File(path, None) => write!(f, "{}", path.display()),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}
