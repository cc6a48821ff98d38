//! The command line of `rollcall`: its commands, and what each runs.

mod log;
mod migrate;
pub mod policy;
mod serve;
mod settings;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::config::DEFAULTS;

/// Authorization and membership over gRPC, with governed writes.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service.
    Serve(serve::ServeArgs),
    /// Make or change the tables of the database, and end. Whoever does so at the same time waits.
    Migrate(migrate::MigrateArgs),
    /// Check policy files, run their cases, and show what they come to.
    Policy(policy::PolicyArgs),
    /// Verify the change logs of a database.
    Log(log::LogArgs),
    /// Print every setting with its default and what it means, as a file to start from.
    Settings,
}

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Policy(args) => policy::run(&args),
        Command::Log(args) => log::run(&args),
        Command::Settings => match io::stdout().write_all(DEFAULTS.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
    }
}
