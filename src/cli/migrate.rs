//! `rollcall migrate`: makes or changes the tables of the database, as a step of its own before a new version is started.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Args;

use crate::{
    cli::settings::{MISTAKEN, SettingsArgs, complain},
    serve,
    store::{Options, SqlStore},
};

/// How to migrate.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &MigrateArgs) -> ExitCode {
    let options = match args.settings.load([]) {
        Ok(loaded) => loaded.config.store,
        Err(mistakes) => return complain(&mistakes, MISTAKEN),
    };
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(serve::Error::from)
        .and_then(|runtime| runtime.block_on(migrate(&options)));
    match outcome {
        Ok(()) => {
            // If standard output is closed the exit code says so still.
            let _ = writeln!(io::stdout(), "the tables are those of this version");
            ExitCode::SUCCESS
        }
        Err(error) => complain(&error, 1),
    }
}

async fn migrate(options: &Options) -> Result<(), serve::Error> {
    let store = SqlStore::open(options).await?;
    store.migrate().await?;
    store.close().await?;
    Ok(())
}
