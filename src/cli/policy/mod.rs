//! `rollcall policy`: what can be done with policy files, without a server.

mod check;
mod diff;
mod explain;
mod file;
mod output;
mod reach;
mod table;
mod test;

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};

pub use diff::{DiffArgs, DiffFormat};
pub use explain::ExplainArgs;
pub use output::Output;
pub use reach::ReachArgs;
pub use table::{TableArgs, TableFormat};
pub use test::TestArgs;

use output::{EXIT_FAULT, EXIT_NOT_COMPARED, EXIT_OK};

/// The arguments of `rollcall policy`.
#[derive(Clone, Debug, Args)]
pub struct PolicyArgs {
    /// What to do with policy files
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
    /// Run the cases beside policy files, those of NAME.toml are in NAME.tests.toml, and count what they leave out
    Test(TestArgs),
    /// Show who could ever come to hold each role, and through which writes by whom
    Reach(ReachArgs),
    /// Show who may do what, as a product's help page has it
    Table(TableArgs),
    /// Show whose decisions change from one policy file to another; ends with 1 when some do, with 2 on a mistake
    Diff(DiffArgs),
    /// Explain which rule decides about an action or a membership write, for whom, and what would let somebody through
    Explain(ExplainArgs),
}

/// Runs the command on the process's own output, and ends as [`exit_code`] says.
pub fn run(args: &PolicyArgs) -> ExitCode {
    let (out, err) = (io::stdout(), io::stderr());
    let colourful = matches!(args.command, PolicyCommand::Table(_) | PolicyCommand::Diff(_));
    let styled = err.is_terminal() && (out.is_terminal() || !colourful);
    let mut output = Output { out: &mut out.lock(), err: &mut err.lock(), styled };
    // Where even the output fails, as when a pager is closed, nothing is left to tell anybody.
    let failed = if matches!(args.command, PolicyCommand::Diff(_)) { EXIT_NOT_COMPARED } else { EXIT_FAULT };
    ExitCode::from(exit_code(args, &mut output).unwrap_or(failed))
}

/// Runs the command; whether all is well.
///
/// # Errors
/// When the output can't be written.
pub fn run_to(args: &PolicyArgs, output: &mut Output<'_>) -> io::Result<bool> {
    Ok(exit_code(args, output)? == EXIT_OK)
}

/// Runs the command. 0 when all is well, and for a comparison when nothing changes; 1 when a file has a mistake, a case
/// does not hold, cells are not asked about that must be, or something changes; 2 when there is nothing to compare
/// because of a mistake.
///
/// # Errors
/// When the output can't be written.
pub fn exit_code(args: &PolicyArgs, output: &mut Output<'_>) -> io::Result<u8> {
    let code = |all_good: bool| if all_good { EXIT_OK } else { EXIT_FAULT };
    let code = match &args.command {
        PolicyCommand::Check { files } => code(check::run(files, output)?),
        PolicyCommand::Test(args) => code(test::run(args, output)?),
        PolicyCommand::Reach(args) => code(reach::run(args, output)?),
        PolicyCommand::Table(args) => code(table::run(args, output)?),
        PolicyCommand::Diff(args) => diff::run(args, output)?,
        PolicyCommand::Explain(args) => code(explain::run(args, output)?),
    };
    output.out.flush()?;
    output.err.flush()?;
    Ok(code)
}
