//! Where the store is, and how much of the machine it may use.

use std::{fmt, time::Duration};

/// Where the database is, and the limits on its use.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// The database: `sqlite:` and the path of a file, relative to the working directory or absolute, such as
    /// `sqlite:data/rollcall.db`, which is made when missing, with its directory; or `postgres:` and where it is at a
    /// server, such as `postgres://rollcall@db.example.com/rollcall`, which must exist. Any other scheme is refused
    /// when the store is opened. [`fmt::Debug`] leaves it out, for it may hold a password.
    pub url: String,
    /// Where the tables are made and changed, if it is not `url`: past a pooler, whose connections are others for each
    /// transaction. None for a file.
    pub direct_url: Option<String>,
    /// Whether the tables are made or changed at the start of a service.
    pub migrates: bool,
    /// How many statements a connection to a server keeps prepared; 0 for a pooler that can't keep them.
    pub prepared_statements: usize,
    /// How many connections serve reads at once, at least 1; the settings allow 1 to 256.
    pub read_connections: u32,
    /// How many connections serve writes at once, at least 1; the settings allow 1 to 256. To a file always one writes.
    pub write_connections: u32,
    /// How long a statement waits for a connection, or for another process's lock, before the store counts as
    /// unavailable.
    pub timeout: Duration,
    /// Whether a copy of a store becomes one of its own, with another identity. A copy of a file is refused otherwise, and
    /// nothing comes of this for a file that is no copy; what is at a server always gets another identity.
    pub adopt: bool,
}

impl Options {
    /// The database at `url`, with four connections that read, eight that write, and a timeout of five seconds.
    pub fn new(url: impl Into<String>) -> Self {
        let timeout = Duration::from_secs(5);
        let (url, direct_url) = (url.into(), None);
        Self {
            url,
            direct_url,
            migrates: true,
            prepared_statements: 100,
            read_connections: 4,
            write_connections: 8,
            timeout,
            adopt: false,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("prepared_statements", &self.prepared_statements)
            .field("read_connections", &self.read_connections)
            .field("write_connections", &self.write_connections)
            .field("timeout", &self.timeout)
            .field("adopt", &self.adopt)
            .finish_non_exhaustive()
    }
}
