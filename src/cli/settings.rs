//! Which settings a command runs with: a file, the environment, and flags.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;

use crate::config::{self, Config, ConfigError, Flag, Loaded};

/// What a mistaken setting or policy exits with, so that a supervisor can tell it from a failure that a restart may
/// mend.
pub(super) const MISTAKEN: u8 = 2;

/// Where settings come from beside the environment.
#[derive(Debug, Args)]
pub(super) struct SettingsArgs {
    /// A file of settings; `rollcall settings` prints one to start from.
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
    /// One setting, over all that the file and the environment say. May be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, as in `store.url=sqlite:data/rollcall.db`")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

impl SettingsArgs {
    /// The settings, with those of further flags over them.
    pub(super) fn load(&self, further: impl IntoIterator<Item = Flag>) -> Result<Loaded, ConfigError> {
        let flag =
            |(key, value): &(String, String)| Flag { name: "--set".to_owned(), key: key.clone(), value: value.clone() };
        let flags = self.set.iter().map(flag).chain(further);
        Config::load(self.config.as_deref(), config::environment(), flags)
    }
}

/// Says why a command could not do what it was told to, and ends with this code.
pub(super) fn complain(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    // If standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "rollcall: {error}");
    ExitCode::from(code)
}
