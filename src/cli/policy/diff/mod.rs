use std::{io, path::PathBuf};

use clap::{Args, ValueEnum};

use crate::policy::diff::diff;

use super::{NOT_COMPARED, NOT_WELL, Output, WELL, file};

/// `rollcall policy diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffArgs {
    /// The policy file as it was
    pub old: PathBuf,
    /// The policy file as it is to be
    pub new: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
}

/// What a difference can be written as.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal
    #[default]
    Text,
    /// For a document
    Markdown,
}

/// Shows what changes between two policies; the exit code.
pub(crate) fn run(args: &DiffArgs, output: &mut Output<'_>) -> io::Result<u8> {
    let (old, new) = match (file::policy(&args.old), file::policy(&args.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            for mistake in [old.err(), new.err()].into_iter().flatten() {
                output.mistake(&mistake)?;
            }
            return Ok(NOT_COMPARED);
        }
    };
    let diff = diff(&old, &new);
    let text = match args.format {
        DiffFormat::Text => diff.text(output.styled),
        DiffFormat::Markdown => diff.markdown(),
    };
    output.out.write_all(text.as_bytes())?;
    Ok(if diff.is_empty() { WELL } else { NOT_WELL })
}
