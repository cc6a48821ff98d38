use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use rollcall_policy_tools::table::table;

use crate::cli::policy::{
    Output,
    file::{self, Mistake},
};

/// `rollcall policy table`.
#[derive(Clone, Debug, Args)]
pub struct TableArgs {
    /// A policy file
    pub file: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
    /// Where to write it, instead of to the terminal
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// What a table can be written as.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum TableFormat {
    /// For a terminal
    #[default]
    Text,
    /// For a document
    Markdown,
    /// A page of its own
    Html,
}

/// Shows the table of a policy; whether the file is good.
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
