//! Time and chance as parameters, so that tests can set them.

use rollcall_engine::Timestamp;

/// The time of every decision and write.
pub trait Clock: Send + Sync {
    /// The present instant, to the microsecond. It may be earlier than one given before, as when the machine's clock is
    /// set back: nothing may rely on its order.
    fn now(&self) -> Timestamp;
}

/// A source of random bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// 32 fresh bytes, fit to be a secret: each call gives others, also two at once.
    fn bytes(&self) -> [u8; 32];
}
