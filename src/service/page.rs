//! Page tokens of lists: opaque to callers, and bound to the query that they continue.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::service::error::{Error, Result};

/// Encodes and decodes the page tokens of one query: URL-safe base64 of a digest of 8 bytes and the cursor as JSON. The
/// digest is of query and cursor, so a token works only with the query that it came from.
pub struct PageToken {
    query: Sha256,
}

/// How many bytes of SHA-256 a token begins with.
const DIGEST_BYTES: usize = 8;

impl PageToken {
    /// The tokens of a query with these parts, whose order and bounds count.
    pub fn of(query: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in query {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Self { query: digest }
    }

    /// The token of a position in the list.
    pub fn encode(&self, cursor: &impl Serialize) -> String {
        let cursor = serde_json::to_vec(cursor).unwrap_or_default();
        let mut bytes = self.digest(&cursor).to_vec();
        bytes.extend(cursor);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor of a token; none for an empty one, which stands for the first page.
    ///
    /// # Errors
    /// `INVALID_PAGE_TOKEN` when it is malformed, or of another query.
    pub fn decode<C: DeserializeOwned>(&self, token: &str) -> Result<Option<C>> {
        self.decode_as(token, |_| true)
    }

    /// As [`Self::decode`], of a cursor for which `fits` holds.
    ///
    /// # Errors
    /// `INVALID_PAGE_TOKEN`, also for a cursor that does not fit.
    pub fn decode_as<C: DeserializeOwned>(&self, token: &str, fits: impl FnOnce(&C) -> bool) -> Result<Option<C>> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
        let cursor =
            bytes.as_deref().and_then(|bytes| bytes.split_at_checked(DIGEST_BYTES)).and_then(|(digest, cursor)| {
                if digest == self.digest(cursor) { serde_json::from_slice(cursor).ok() } else { None }
            });
        cursor.filter(fits).map(Some).ok_or_else(|| {
            let description = "is malformed or of another query; send the `next_page_token` of the page before with \
                               the same request, or leave it empty to start again";
            Error::field("INVALID_PAGE_TOKEN", "page_token", description)
        })
    }

    fn digest(&self, cursor: &[u8]) -> [u8; DIGEST_BYTES] {
        let digest: [u8; 32] = self.query.clone().chain_update(cursor).finalize().into();
        std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_with_its_own_query_only() {
        let page = PageToken::of(&["acme", "data.view"]);
        let token = page.encode(&"harbour");
        assert_eq!(page.decode::<String>(&token).unwrap().as_deref(), Some("harbour"));
        for other in [PageToken::of(&["acme", "data.edit"]), PageToken::of(&["acmedata.view"])] {
            assert_eq!(other.decode::<String>(&token).unwrap_err().reason, "INVALID_PAGE_TOKEN");
        }
    }

    #[test]
    fn a_broken_token_is_refused() {
        let page = PageToken::of(&["acme"]);
        let token = page.encode(&"harbour");
        for broken in ["x", "%%%", &token[1..], &format!("{token}A")] {
            assert_eq!(page.decode::<String>(broken).unwrap_err().reason, "INVALID_PAGE_TOKEN", "{broken}");
        }
    }
}
