//! The moment that an answer is of, and the token that stands for it on the wire.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::domain::{Revision, Timestamp, fingerprint::fingerprint};

/// What an answer is of: a commit, and the last end of a role that had passed by then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The revision of the commit.
    pub revision: Revision,
    /// The first four bytes of its write's id.
    pub write_prefix: [u8; 4],
    /// The last end of a role, or of a pending grant, that had passed; zero when none had.
    pub passed_end: Timestamp,
}

/// Makes and reads the tokens of one store: 55 characters of URL-safe Base64 without padding, opaque to callers. A token
/// is no secret, and nothing is allowed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    store: [u8; 16],
}

/// Why a string is not a token of a tenant of this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was not made by this service, or was cut or altered since.
    #[error("it is not a token of this service, or was altered on the way")]
    Malformed,
    /// It has the layout of another version of the service.
    #[error("it has the layout {0}, and this version of the service reads {FORMAT}")]
    OtherFormat(u8),
    /// It is a token of another store.
    #[error("it was given by another store")]
    OtherStore,
    /// It is a token of another tenant.
    #[error("it belongs to another tenant")]
    OtherTenant,
}

/// The first byte of every token: the version of the layout of those after it.
const FORMAT: u8 = 2;
const BYTES: usize = 41;

impl Tokens {
    /// The tokens of the store that has this identity.
    pub fn of_store(identity: [u8; 16]) -> Self {
        Self { store: identity }
    }

    /// The token of a tenant's moment: the format, the store, a fingerprint of the tenant's id, revision, write and end,
    /// numbers big-endian.
    pub fn encode(&self, tenant: &str, moment: &Moment) -> String {
        let mut bytes = [0; BYTES];
        bytes[0] = FORMAT;
        bytes[1..17].copy_from_slice(&self.store);
        bytes[17..21].copy_from_slice(&fingerprint(tenant.as_bytes()));
        bytes[21..29].copy_from_slice(&moment.revision.0.to_be_bytes());
        bytes[29..33].copy_from_slice(&moment.write_prefix);
        bytes[33..].copy_from_slice(&moment.passed_end.0.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The moment that a token of this tenant stands for.
    ///
    /// # Errors
    /// When `text` is not a token, or is one of another layout, store or tenant.
    pub fn decode(&self, tenant: &str, text: &str) -> Result<Moment, TokenError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)?;
        match bytes.first() {
            Some(&FORMAT) => {}
            Some(1) if bytes.len() == 13 => return Err(TokenError::OtherFormat(1)),
            _ => return Err(TokenError::Malformed),
        }
        let (_, rest) = take::<1>(&bytes)?;
        let (store, rest) = take::<16>(rest)?;
        let (owner, rest) = take::<4>(rest)?;
        let (revision, rest) = take::<8>(rest)?;
        let (write_prefix, rest) = take::<4>(rest)?;
        let (passed_end, rest) = take::<8>(rest)?;
        let (revision, passed_end) = (i64::from_be_bytes(revision), i64::from_be_bytes(passed_end));
        if !rest.is_empty() || revision < 0 {
            return Err(TokenError::Malformed);
        }
        if store != self.store {
            return Err(TokenError::OtherStore);
        }
        if owner != fingerprint(tenant.as_bytes()) {
            return Err(TokenError::OtherTenant);
        }
        Ok(Moment { revision: Revision(revision), write_prefix, passed_end: Timestamp(passed_end) })
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), TokenError> {
    bytes.split_first_chunk::<N>().map(|(first, rest)| (*first, rest)).ok_or(TokenError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: Tokens = Tokens { store: [7; 16] };

    fn moment() -> Moment {
        Moment { revision: Revision(42), write_prefix: [1, 2, 3, 4], passed_end: Timestamp(1_795_676_400_000_000) }
    }

    #[test]
    fn a_token_comes_back_as_its_moment() {
        let text = TOKENS.encode("acme", &moment());
        assert_eq!((text.len(), TOKENS.decode("acme", &text)), (55, Ok(moment())));
    }

    #[test]
    fn another_tenants_and_another_stores_tokens_are_noticed() {
        let text = TOKENS.encode("acme", &moment());
        assert_eq!(TOKENS.decode("globex", &text), Err(TokenError::OtherTenant));
        assert_eq!(Tokens::of_store([8; 16]).decode("acme", &text), Err(TokenError::OtherStore));
    }

    #[test]
    fn a_token_of_an_earlier_layout_is_named_as_such() {
        let old = BASE64_URL_SAFE_NO_PAD.encode([1; 13]);
        assert_eq!(TOKENS.decode("acme", &old), Err(TokenError::OtherFormat(1)));
    }

    #[test]
    fn rubbish_is_malformed() {
        let token = TOKENS.encode("acme", &moment());
        for text in ["", "x", "AAAA", "not a token", "AAAAAAAAAAAAAAAAAAAA", &token[..54], &format!("{token}AA")] {
            assert_eq!(TOKENS.decode("acme", text), Err(TokenError::Malformed), "{text:?}");
        }
    }
}
