//! Time and chance as parameters, so that tests can set them.

use rollcall_engine::Timestamp;

/// A look at a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The present instant, by the clock.
    pub now: Timestamp,
    /// The present instant as it is believed: `now`, but for a clock that has jumped ahead.
    pub believed: Timestamp,
}

impl Reading {
    /// Whether the clock is believed.
    pub fn is_believed(&self) -> bool {
        self.believed == self.now
    }
}

/// The time of every decision and write.
pub trait Clock: Send + Sync {
    /// The present instant, to the microsecond. It may be earlier than one given before, as when the machine's clock is
    /// set back: nothing may rely on its order.
    fn now(&self) -> Timestamp;

    /// The present instant, and whether it is believed. A clock that has gained seconds since the last look, on how long
    /// that is ago, has perhaps jumped; it is believed when it came back, or went on steadily for a while. No write is made
    /// by a time that is not believed.
    fn reading(&self) -> Reading;
}

/// A source of random bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// 32 fresh bytes, fit to be a secret: each call gives others, also two at once.
    fn bytes(&self) -> [u8; 32];
}
