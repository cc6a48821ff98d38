//! `rollcall policy`: what can be done with policy files, without a server or a database.

mod check;
mod file;
mod judge;
mod reach;
mod table;
mod test;

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};

pub use reach::ReachArgs;
pub use table::{TableArgs, TableFormat};

/// `rollcall policy`.
#[derive(Clone, Debug, Args)]
pub struct PolicyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What can be done with policy files.
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    /// Compile policy files, or files of cases beside them, and show every mistake
    Check {
        /// Policy files, or files of cases
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Run the cases beside policy files: those of NAME.toml are in NAME.tests.toml
    Test {
        /// Policy files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show who could ever come to hold each role, and through which writes by whom
    Reach(ReachArgs),
    /// Show who may do what, as a product's help page has it
    Table(TableArgs),
}

/// Where a command writes.
pub struct Output<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Mistakes in files.
    pub err: &'a mut dyn Write,
    /// Whether mistakes are shown in colour.
    pub styled: bool,
}

/// Runs the command on the process's own output. Fails when a file has a mistake, or a case does not hold.
pub fn run(args: &PolicyArgs) -> ExitCode {
    let (out, err) = (io::stdout(), io::stderr());
    let styled = err.is_terminal();
    let mut output = Output { out: &mut out.lock(), err: &mut err.lock(), styled };
    // Where even the output fails, as when a pager is closed, nothing is left to tell anybody.
    match run_to(args, &mut output) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// Runs the command; whether all is well.
///
/// # Errors
/// When the output can't be written.
pub fn run_to(args: &PolicyArgs, output: &mut Output<'_>) -> io::Result<bool> {
    let well = match &args.command {
        PolicyCommand::Check { files } => check::run(files, output)?,
        PolicyCommand::Test { files } => test::run(files, output)?,
        PolicyCommand::Reach(args) => reach::run(args, output)?,
        PolicyCommand::Table(args) => table::run(args, output)?,
    };
    output.out.flush()?;
    output.err.flush()?;
    Ok(well)
}

impl Output<'_> {
    fn mistake(&mut self, mistake: &file::Mistake) -> io::Result<()> {
        writeln!(self.err, "{}", mistake.shown(self.styled))
    }
}

/// `1 role`, `2 roles`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
