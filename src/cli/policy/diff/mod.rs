//! `rollcall policy diff`: what changes between two policies, and for whom in the tenants of a database.

mod members;
mod tenants;

use std::{io, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};

use rollcall_policy_tools::diff::diff;

use crate::cli::policy::{
    file,
    output::{EXIT_FAULT, EXIT_NOT_COMPARED, EXIT_OK, Output},
};

use tenants::{Comparison, TenantDiff};

/// The arguments of `rollcall policy diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffArgs {
    /// The policy file as it was
    pub old: PathBuf,
    /// The policy file as it is to be
    pub new: PathBuf,
    /// The format to write it in
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
    /// Tell also who gains and loses what in the tenants of this database that run the old policy; it is only read,
    /// so its server may run
    #[arg(long, value_name = "FILE_OR_URL")]
    pub database: Option<String>,
    /// Only in this tenant
    #[arg(long, value_name = "ID", requires = "database")]
    pub tenant: Option<String>,
    /// How many changes of each tenant to show
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub most: usize,
}

/// The formats in which a difference can be written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum DiffFormat {
    /// Lines of text for a terminal
    #[default]
    Text,
    /// Tables for a Markdown document
    Markdown,
}

/// Shows what changes between two policies; the exit code.
pub(crate) fn run(args: &DiffArgs, output: &mut Output<'_>) -> io::Result<u8> {
    let (old, new) = match (file::policy(&args.old), file::policy(&args.new)) {
        (Ok(old), Ok(new)) => (Arc::new(old), Arc::new(new)),
        (old, new) => {
            for mistake in [old.err(), new.err()].into_iter().flatten() {
                output.mistake(&mistake)?;
            }
            return Ok(EXIT_NOT_COMPARED);
        }
    };
    let diff = diff(&old, &new);
    let mut text = match args.format {
        DiffFormat::Text => diff.text(output.styled),
        DiffFormat::Markdown => diff.markdown(),
    };
    let mut same = diff.is_empty();
    if let Some(database) = &args.database {
        let comparison = Comparison { database, tenant: args.tenant.as_deref(), most: args.most };
        let tenants = match comparison.compare(&old, &new) {
            Ok(tenants) => tenants,
            Err(mistake) => return output.mistake(&mistake).map(|()| EXIT_NOT_COMPARED),
        };
        text += &match args.format {
            DiffFormat::Text => members::text(&comparison, &old, &tenants, output.styled),
            DiffFormat::Markdown => members::markdown(&comparison, &old, &tenants),
        };
        same &= tenants.iter().all(TenantDiff::is_empty);
    }
    output.out.write_all(text.as_bytes())?;
    Ok(if same { EXIT_OK } else { EXIT_FAULT })
}
