//! Time and chance are parameters, so that tests can hold them still.

use rollcall_engine::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Gives random bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// 32 of them.
    fn bytes(&self) -> [u8; 32];
}
