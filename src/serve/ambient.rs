//! The machine's source of randomness, as the service's port wants it.

use crate::service::ports::Random;

/// The operating system's random source.
pub(super) struct SystemRandom;

impl Random for SystemRandom {
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}
