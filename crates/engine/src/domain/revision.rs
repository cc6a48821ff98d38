//! A tenant's revision, and the token that stands for it on the wire.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// A tenant's version: the number of writes that it has seen, never negative. Taken under the tenant's row lock, so the
/// order of revisions is the order of commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub i64);

impl Revision {
    /// The revision of the write after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The opaque form of a revision that callers pass around: 18 characters of URL-safe Base64 without padding. It names
/// its tenant, so that a token of another one is noticed.
pub struct Token;

/// Why a string is not a token of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was not made by this service, or was cut or altered since.
    #[error("it is not a token of this service, or was altered on the way")]
    Malformed,
    /// It is a token of another tenant.
    #[error("it belongs to another tenant")]
    OtherTenant,
}

/// The first byte of every token: the version of the layout of those after it.
const FORMAT: u8 = 1;

impl Token {
    /// The token of a tenant's revision: the format, a fingerprint of the tenant's id, and the revision, big-endian.
    pub fn encode(tenant: &str, revision: Revision) -> String {
        let mut bytes = [0; 13];
        bytes[0] = FORMAT;
        bytes[1..5].copy_from_slice(&fingerprint(tenant.as_bytes()).to_be_bytes());
        bytes[5..].copy_from_slice(&revision.0.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The revision that a token of this tenant stands for.
    ///
    /// # Errors
    /// When `text` is not a token, or is one of another tenant.
    pub fn decode(tenant: &str, text: &str) -> Result<Revision, TokenError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)?;
        let bytes: [u8; 13] = bytes.try_into().map_err(|_| TokenError::Malformed)?;
        let [format, owner @ .., _, _, _, _, _, _, _, _] = bytes;
        let [.., r0, r1, r2, r3, r4, r5, r6, r7] = bytes;
        let revision = i64::from_be_bytes([r0, r1, r2, r3, r4, r5, r6, r7]);
        if format != FORMAT || revision < 0 {
            return Err(TokenError::Malformed);
        }
        if owner != fingerprint(tenant.as_bytes()).to_be_bytes() {
            return Err(TokenError::OtherTenant);
        }
        Ok(Revision(revision))
    }
}

/// FNV-1a, 32 bits. It notices a tenant that was mixed up by mistake; it is no protection against forgery, for a token
/// is no secret.
fn fingerprint(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_its_revision() {
        let text = Token::encode("acme", Revision(42));
        assert_eq!(Token::decode("acme", &text), Ok(Revision(42)));
    }

    #[test]
    fn another_tenants_token_is_noticed() {
        let text = Token::encode("acme", Revision(42));
        assert_eq!(Token::decode("globex", &text), Err(TokenError::OtherTenant));
    }

    #[test]
    fn rubbish_is_malformed() {
        for text in ["", "x", "AAAA", "not a token", "AAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(Token::decode("acme", text), Err(TokenError::Malformed), "{text:?}");
        }
    }
}
