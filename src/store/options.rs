//! Where the store is, and how much of the machine it may use.

use std::{fmt, time::Duration};

/// Where the database is, and the limits on its use.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// The database: `sqlite:` and the path of a file, relative to the working directory or absolute, such as
    /// `sqlite:data/rollcall.db`. The file and its directory are made when missing. Any other scheme is refused when
    /// the store is opened. [`fmt::Debug`] leaves it out, for it may hold a password.
    pub url: String,
    /// How many connections serve reads at once, at least 1; the settings allow 1 to 256. Writes have a connection of
    /// their own.
    pub read_connections: u32,
    /// How long a statement waits for a connection, or for another process's lock, before the store counts as
    /// unavailable.
    pub timeout: Duration,
    /// Whether a copy of the file that the database was in is taken for a store of its own, with another identity;
    /// otherwise it is refused. Nothing comes of it for a file that is no copy.
    pub adopt: bool,
}

impl Options {
    /// The database at `url`, with four read connections and a timeout of five seconds.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), read_connections: 4, timeout: Duration::from_secs(5), adopt: false }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("read_connections", &self.read_connections)
            .field("timeout", &self.timeout)
            .field("adopt", &self.adopt)
            .finish_non_exhaustive()
    }
}
