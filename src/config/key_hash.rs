//! The SHA-256 of callers' keys, as settings have them. A mistaken one may be the key itself: it is never shown.

use sha2::{Digest as _, Sha256};

/// What is hashed where a key is missing: nothing, or the end of a line.
const NO_KEYS: [&str; 3] = ["", "\n", "\r\n"];

/// The hash that 64 hex digits are; none if they are anything else.
pub(super) fn parse(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 {
        return None;
    }
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |byte, digit| byte << 4 | u8::try_from(*digit).unwrap_or_default());
    }
    Some(hash)
}

/// Whether this is the hash of no key at all.
pub(super) fn is_hash_of_nothing(hash: &[u8; 32]) -> bool {
    NO_KEYS.iter().any(|no_key| Sha256::digest(no_key)[..] == *hash)
}
