//! `rollcall policy reach`: who could ever come to hold each role, and by which writes.

use std::{io, path::PathBuf};

use clap::Args;
use rollcall_engine::{Mask, Policy, Reachability, Role};

use crate::cli::policy::{file, output::Output};

/// The arguments of `rollcall policy reach`.
#[derive(Clone, Debug, Args)]
pub struct ReachArgs {
    /// The policy file to search
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Start from people who hold only this role, as `TYPE.ROLE`, and no operator; may be repeated
    #[arg(long, value_name = "ROLE")]
    pub from: Vec<String>,
}

/// Prints who could ever come to hold each role.
pub(crate) fn run(args: &ReachArgs, output: &mut Output<'_>) -> io::Result<bool> {
    let policy = match file::policy(&args.file) {
        Ok(policy) => policy,
        Err(mistake) => {
            output.mistake(&mistake)?;
            return Ok(false);
        }
    };
    let mut start = Mask::EMPTY;
    for name in &args.from {
        let Some(role) = policy.roles().iter().find(|role| policy.qualified(role) == *name) else {
            let known: Vec<String> = policy.roles().iter().map(|role| policy.qualified(role)).collect();
            writeln!(output.err, "error: no role `{name}`; known are {}", known.join(", "))?;
            return Ok(false);
        };
        start |= role.mask();
    }
    let alone = !args.from.is_empty();
    if !alone {
        start = policy.root().creator_role().map_or(Mask::EMPTY, |role| policy.role(role).mask());
    }
    let reach = Reachability::new(&policy, start, !alone);
    let who =
        if alone { format!("people who are {}", args.from.join(" and ")) } else { initial_holders(&policy, start) };
    writeln!(output.out, "{} version {}: what {who} can come to hold\n", policy.name(), policy.version())?;
    for role in policy.roles() {
        let name = policy.qualified(role);
        match (start.contains(role.mask()), reach.is_reachable(role)) {
            (true, _) => writeln!(output.out, "{name}: held from the start")?,
            (_, false) => writeln!(output.out, "{name}: never")?,
            (_, true) => print_path(output, &policy, &reach, role, &name)?,
        }
    }
    Ok(true)
}

fn initial_holders(policy: &Policy, start: Mask) -> String {
    let first = policy.roles_in(start).map(|role| policy.qualified(role)).next();
    first.map_or("operators".to_owned(), |first| format!("operators and a tenant's first `{first}`"))
}

fn print_path(
    output: &mut Output<'_>,
    policy: &Policy,
    reach: &Reachability<'_>,
    role: &Role,
    name: &str,
) -> io::Result<()> {
    let path = reach.path(role);
    if path.is_empty() {
        return writeln!(output.out, "{name}: only through a role that implies it");
    }
    writeln!(output.out, "{name}:")?;
    for (number, step) in path.iter().enumerate() {
        writeln!(output.out, "  {}. {}", number + 1, step.in_words(policy))?;
    }
    Ok(())
}
