//! Invitation tokens: random, kept only as hashes, shown once, and yet the same in a retry's answer.
//!
//! A token is derived from a random nonce and the request id of the write that issued it. The store keeps the
//! nonce (in the sealed answer) and the token's hash, never the request id, so whoever reads the store
//! can't make a token, and whoever repeats the request gets the first answer whole.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::service::{hidden::Hidden, write::engine::request_context::hex};

/// What this write's tokens are derived from beside their nonces: the request id, or random bytes where there is none.
#[derive(Clone, Debug)]
pub struct Secret(Hidden<Vec<u8>>);

impl Secret {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Hidden::new(bytes.into()))
    }

    /// The token of a nonce, 43 characters of URL-safe base64.
    pub(crate) fn token(&self, nonce: &str) -> String {
        let digest = Sha256::new()
            .chain_update("rollcall invitation\0")
            .chain_update(Sha256::digest(nonce))
            .chain_update(self.0.expose())
            .finalize();
        BASE64_URL_SAFE_NO_PAD.encode(digest)
    }
}

/// A nonce of random bytes, as 43 characters of URL-safe base64.
pub(crate) fn nonce(bytes: [u8; 32]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The hash by which the store knows a token: SHA-256 in lower-case hexadecimal. A look-up by it compares nothing that
/// an attacker could time.
pub(crate) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_needs_both_the_nonce_and_the_request() {
        let (nonce_a, nonce_b) = (nonce([1; 32]), nonce([2; 32]));
        let secret = Secret::new("request-1");
        assert_eq!(secret.token(&nonce_a), Secret::new("request-1").token(&nonce_a));
        assert_ne!(secret.token(&nonce_a), secret.token(&nonce_b));
        assert_ne!(secret.token(&nonce_a), Secret::new("request-2").token(&nonce_a));
    }
}
