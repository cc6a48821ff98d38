//! `rollcall policy table`: writes a policy as the table of who may do what.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use rollcall_policy_tools::table::table;

use crate::cli::policy::{
    file::{self, Mistake},
    output::Output,
};

/// The arguments of `rollcall policy table`.
#[derive(Clone, Debug, Args)]
pub struct TableArgs {
    /// The policy file to show
    pub file: PathBuf,
    /// The format to write it in
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
    /// Where to write it, instead of to the terminal
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// The formats in which a table can be written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum TableFormat {
    /// Aligned text for a terminal
    #[default]
    Text,
    /// Tables for a Markdown document
    Markdown,
    /// A page complete in itself
    Html,
}

/// Writes the table of a policy; whether the file is good and the table could be written.
pub(crate) fn run(args: &TableArgs, output: &mut Output<'_>) -> io::Result<bool> {
    let policy = match file::policy(&args.file) {
        Ok(policy) => policy,
        Err(mistake) => return output.mistake(&mistake).map(|()| false),
    };
    let styled = output.styled && args.output.is_none();
    let text = match args.format {
        TableFormat::Text => table(&policy).text(styled),
        TableFormat::Markdown => table(&policy).markdown(),
        TableFormat::Html => table(&policy).html(),
    };
    let Some(path) = &args.output else { return output.out.write_all(text.as_bytes()).map(|()| true) };
    match fs::write(path, text) {
        Ok(()) => Ok(true),
        Err(error) => output.mistake(&unwritable(path, &error)).map(|()| false),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Mistake {
    Mistake::Unreadable(format!("can't write `{}`: {error}", path.display()))
}
