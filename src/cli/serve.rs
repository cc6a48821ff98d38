//! `rollcall serve`: reads the settings, sets up the log, and runs the service until it is told to stop.

use std::{io, process::ExitCode};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    cli::settings::{MISTAKEN, SettingsArgs, complain},
    config::{Flag, Loaded, Warning},
    serve, telemetry,
};

/// How to run the service.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Where to listen; short for `--set listen=ADDRESS`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Take a copy of a database for one of its own, with another identity: tokens of the first are refused from then on.
    /// Without this a copy is refused, for the first may be served still. Does nothing to a file that is no copy.
    #[arg(long)]
    adopt: bool,
    /// Create a sample tenant in an empty database, and print some calls to try. Needs no policy files.
    #[arg(long)]
    demo: bool,
}

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    let listen = args.listen.iter().map(|address| Flag {
        name: "--listen".to_owned(),
        key: "listen".to_owned(),
        value: address.clone(),
    });
    let loaded = match args.settings.load(listen) {
        Ok(mut loaded) => {
            loaded.config.store.adopt = args.adopt;
            loaded
        }
        Err(mistakes) => return complain(&mistakes, MISTAKEN),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error, 1),
    };
    runtime.block_on(served(loaded, args.demo))
}

async fn served(Loaded { config, warnings }: Loaded, demo: bool) -> ExitCode {
    let guard = match telemetry::init(&config.telemetry) {
        Ok(guard) => guard,
        Err(error) => return complain(&error, MISTAKEN),
    };
    for Warning { variable, nearest } in &warnings {
        let nearest = nearest.as_deref();
        tracing::warn!(
            variable,
            nearest,
            "an environment variable begins with ROLLCALL_ and is no setting; it was ignored"
        );
    }
    let outcome = match stop_signal() {
        Ok(stop) => Box::pin(serve::run(&config, demo, stop)).await,
        Err(error) => Err(error.into()),
    };
    guard.shutdown().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error, if error.is_mistake() { MISTAKEN } else { 1 }),
    }
}

/// Ends when the process is told to stop, by SIGTERM or from the keyboard.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
