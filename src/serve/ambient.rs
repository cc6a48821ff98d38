//! The machine's clock and source of randomness, as the service's ports want them.

use std::time::{SystemTime, UNIX_EPOCH};

use rollcall_engine::Timestamp;

use crate::service::ports::{Clock, Random};

/// The machine's clock.
pub(crate) struct SystemClock;

/// The operating system's random source.
pub(super) struct SystemRandom;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::default().plus(since)
    }
}

impl Random for SystemRandom {
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}
