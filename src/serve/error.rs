//! Why the service could not start, or had to stop.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::service::{self, ports::StoreError};

/// Why the service could not start, or had to stop. Displayed as one line that says what to change, but for mistakes in
/// policies, which have several.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory of policies can't be read or has no policy, or two of its files have the same one.
    #[error("policies in `{dir}`: {problem}; set `policies.dir`")]
    Policies {
        /// The directory, as the settings have it.
        dir: PathBuf,
        /// Which file or directory is at fault, and why.
        problem: String,
    },
    /// Policy files have mistakes: every one, rendered with the lines in question.
    #[error("policies have mistakes\n{0}")]
    PolicyMistakes(String),
    /// The store can't be opened or migrated.
    #[error("the store can't be opened; check `store.url`: {}", chain(.0))]
    Store(#[from] StoreError),
    /// Nobody could call: no callers are set, and none without a key are let in.
    #[error(
        "no caller can call: `auth.callers` and `auth.file` are empty; name the callers there, or set `auth.allow_anonymous`"
    )]
    NoCallers,
    /// A file of callers, keys or certificates can't be read, or has mistakes.
    #[error("callers and certificates: {0}")]
    Credentials(String),
    /// The address can't be listened on.
    #[error("can't listen on `{address}`; set `{setting}`: {source}")]
    Listen {
        /// The setting that has the address.
        setting: &'static str,
        /// The address, as the settings have it.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Serving connections failed, after the server had started.
    #[error("the server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The sample tenant can't be made.
    #[error("the sample tenant can't be created: {0}")]
    Demo(#[from] service::Error),
    /// A call of the operating system failed that is none of the above.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Error {
    /// Whether a change of the settings or policies is needed: a restart alone would fail again.
    pub fn is_mistake(&self) -> bool {
        matches!(self, Self::Policies { .. } | Self::PolicyMistakes(_) | Self::NoCallers | Self::Credentials(_))
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
