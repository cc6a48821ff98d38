//! `rollcall serve`: reads the settings, sets up the log, and runs the service until it is told to stop.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    config::{self, Config, Flag, Loaded, Warning},
    serve, telemetry,
};

/// What a mistaken setting or policy exits with, so that a supervisor can tell it from a failure that a restart may
/// mend.
const MISTAKEN: u8 = 2;

/// How to run the service.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// A file of settings; `rollcall settings` prints one to start from.
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
    /// Where to listen; short for `--set listen=ADDRESS`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// One setting, over all that the file and the environment say. May be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Take a copy of a database for one of its own, with another identity: tokens of the first are refused from then on.
    /// Without this a copy is refused, for the first may be served still. Does nothing to a file that is no copy.
    #[arg(long)]
    adopt: bool,
    /// Create a sample tenant in an empty database, and print some calls to try. Needs no policy files.
    #[arg(long)]
    demo: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, as in `store.url=sqlite:data/rollcall.db`")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

impl ServeArgs {
    fn flags(&self) -> Vec<Flag> {
        let flag = |name: &str, key: &str, value: &str| Flag {
            name: name.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let set = self.set.iter().map(|(key, value)| flag("--set", key, value));
        set.chain(self.listen.iter().map(|address| flag("--listen", "listen", address))).collect()
    }
}

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    let loaded = match Config::load(args.config.as_deref(), config::environment(), args.flags()) {
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
        Ok(stop) => serve::run(&config, demo, stop).await,
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

fn complain(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    // If standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "rollcall: {error}");
    ExitCode::from(code)
}
