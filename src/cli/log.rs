//! `rollcall log`: what is done with the change log from outside.

use std::{
    error::Error as _,
    io::{self, Write},
    iter,
    process::ExitCode,
};

use clap::{Args, Subcommand};

use crate::store::{LogFault, ReadError, SqlReader, shown};

/// The exit code when a log is not what its digests cover.
const EXIT_FAULT: u8 = 1;
/// The exit code when it could not be looked at.
const EXIT_NOT_VERIFIED: u8 = 2;

/// The arguments of `rollcall log`.
#[derive(Clone, Debug, Args)]
pub(super) struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum LogCommand {
    /// Verify that no commit of the change logs was altered, moved or taken out, by their digests.
    Verify(VerifyArgs),
}

#[derive(Clone, Debug, Args)]
struct VerifyArgs {
    /// The database; it is only read, so its server may run
    #[arg(long, value_name = "FILE_OR_URL")]
    database: String,
    /// Only this tenant's log
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
}

/// Runs a command, with the process's own output.
pub(super) fn run(args: &LogArgs) -> ExitCode {
    let LogCommand::Verify(args) = &args.command;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(|error| error.to_string()).and_then(|runtime| {
        let verified = runtime.block_on(verify(args)).map_err(|error| explained(&args.database, &error))?;
        let mut out = io::stdout().lock();
        let printed = verified.iter().try_for_each(|log| writeln!(out, "{log}"));
        printed.map_err(|error| error.to_string())?;
        Ok(verified.iter().all(VerifiedLog::is_whole))
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_FAULT),
        Err(message) => {
            // Nobody is left to tell where even this fails.
            let _ = writeln!(io::stderr(), "error: {message}");
            ExitCode::from(EXIT_NOT_VERIFIED)
        }
    }
}

/// What came out about a tenant's log.
struct VerifiedLog {
    tenant: String,
    /// How many commits are whole, and what is wrong after them; none where there is no such tenant.
    found: Option<(i64, Option<LogFault>)>,
}

impl VerifiedLog {
    fn is_whole(&self) -> bool {
        matches!(self.found, Some((_, None)))
    }
}

impl std::fmt::Display for VerifiedLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenant = &self.tenant;
        match &self.found {
            None => write!(f, "{tenant}: there is no such tenant"),
            Some((commits, None)) => write!(f, "{tenant}: whole, {commits} commits"),
            Some((_, Some(fault))) => write!(f, "{tenant}: {fault}"),
        }
    }
}

async fn verify(args: &VerifyArgs) -> Result<Vec<VerifiedLog>, ReadError> {
    let reader = SqlReader::open(&args.database).await?;
    let tenants = match &args.tenant {
        Some(tenant) => vec![tenant.clone()],
        None => reader.tenants().await?,
    };
    let mut verified = Vec::with_capacity(tenants.len());
    for tenant in tenants {
        let found = reader.verify_log(&tenant).await?;
        verified.push(VerifiedLog { tenant, found });
    }
    reader.close().await?;
    Ok(verified)
}

fn explained(database: &str, error: &ReadError) -> String {
    let causes = iter::successors(error.source(), |cause| (**cause).source());
    let why: Vec<String> = iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect();
    format!("can't read the database `{}`: {}", shown(database), why.join(": "))
}
