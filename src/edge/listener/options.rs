//! What the connections of a listener may use.

use std::time::Duration;

/// What each connection may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerOptions {
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// The bytes of request messages that a connection may have in memory, at least those of the largest message: with fewer it
    /// would wait for ever.
    pub connection_bytes: usize,
    /// How many answers of a connection may wait that are slowed.
    pub slowed_answers: usize,
    /// How many connections there may be where they are not encrypted, of which a further one cuts off the oldest; none: as many
    /// as come.
    pub connections: Option<usize>,
    /// How old a connection may get; zero: of any age.
    pub connection_age: Duration,
}
