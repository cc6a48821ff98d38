use std::time::Duration;

/// Where the store is, and how much of the machine it may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database: `sqlite:` and the path of a file, such as `sqlite:data/rollcall.db`. The file and its directory
    /// are made when missing.
    pub url: String,
    /// How many connections serve reads at once; one at least. Writes have a connection of their own.
    pub read_connections: u32,
    /// How long a statement waits for a connection, or for another process's lock, before the store counts as
    /// unavailable.
    pub timeout: Duration,
}

impl Options {
    /// The database at `url`, with four read connections and a patience of five seconds.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), read_connections: 4, timeout: Duration::from_secs(5) }
    }
}
