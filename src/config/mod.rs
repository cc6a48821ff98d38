//! The settings of the server, from four sources, each overriding the one before: `default.toml`, which is also their
//! documentation, a file, the environment, and flags. Every mistake in any of them is reported at once; a variable of
//! the environment that is no setting is a warning.

mod callers;
mod error;
mod key_hash;
mod layers;
mod nearest;
mod parse;
mod reader;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use std::{env, fs, path::Path};

pub use crate::config::{
    callers::{CallersMistakes, parse_callers},
    error::{ConfigError, Warning},
    layers::{DEFAULTS, Flag},
    settings::{Auth, CallerKey, Config, Policies, Shutdown, Sweep},
};
use crate::config::{error::Mistake, layers::Layers, reader::Reader, value::Source};

/// The settings of all sources, and what was ignored in them.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The settings, complete and consistent.
    pub config: Config,
    /// In the order of the environment; empty when nothing was ignored.
    pub warnings: Vec<Warning>,
}

/// The variables of the process's environment, text that is not UTF-8 replaced.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    env::vars_os().map(|(k, v)| (k.to_string_lossy().into_owned(), v.to_string_lossy().into_owned())).collect()
}

impl Config {
    /// Reads every source, the later overriding the earlier: defaults, `file`, `environment`, `flags`.
    ///
    /// A variable of the environment that begins with `ROLLCALL_` and is no setting is a warning.
    ///
    /// # Errors
    /// All mistakes of all sources, also those in a value that a later source overrides; with the warnings.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<Loaded, ConfigError> {
        let mut layers = Layers::new();
        if let Some(path) = file {
            match fs::read_to_string(path) {
                Ok(text) => layers.add_file(path, &text),
                Err(error) => layers.mistakes.push(Mistake {
                    source: Source::File(path.to_owned(), None),
                    key: None,
                    problem: format!("expected a readable file of settings: {error}"),
                }),
            }
        }
        layers.add_environment(environment);
        for flag in flags {
            layers.add_flag(flag);
        }
        let (config, warnings) = Reader::new(layers).read()?;
        Ok(Loaded { config, warnings })
    }
}
