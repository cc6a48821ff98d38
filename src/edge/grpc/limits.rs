//! What a connection and its requests may use.

use std::time::Duration;

/// The limits of each connection and of the requests on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportLimits {
    /// The largest request message, in bytes; the settings allow 1,024 to 67,108,864. A larger one is refused with the
    /// code `RESOURCE_EXHAUSTED`.
    pub request_bytes: usize,
    /// The most bytes of request messages that one connection has in memory at a time, from `request_bytes` to
    /// 1,073,741,824. Further messages wait until there is room; those up to 16 KiB are not counted.
    pub connection_bytes: usize,
    /// How old a connection gets before its client is asked to make another; zero: of any age.
    pub connection_age: Duration,
    /// The most streams that one connection has open at a time, 1 to 100,000. Clients keep
    /// further calls waiting.
    pub connection_streams: u32,
}
