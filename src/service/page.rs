use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::service::error::{Error, Result};

/// Makes and reads the page tokens of one query. A token works only with the query that it came from: its first
/// bytes are a digest of the query and of the place in the list.
pub struct PageToken {
    query: Sha256,
}

const DIGEST: usize = 8;

impl PageToken {
    /// The tokens of a query with these parts.
    pub fn of(query: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in query {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Self { query: digest }
    }

    /// The token of a place in the list.
    pub fn encode(&self, place: &impl Serialize) -> String {
        let place = serde_json::to_vec(place).unwrap_or_default();
        let mut bytes = self.digest(&place).to_vec();
        bytes.extend(place);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that a token stands for; none for an empty one, which asks for the first page.
    ///
    /// # Errors
    /// `INVALID_PAGE_TOKEN` when it is broken, or of another query.
    pub fn decode<P: DeserializeOwned>(&self, token: &str) -> Result<Option<P>> {
        self.decode_as(token, |_| true)
    }

    /// As [`Self::decode`], of a place that `fits`.
    ///
    /// # Errors
    /// `INVALID_PAGE_TOKEN`.
    pub fn decode_as<P: DeserializeOwned>(&self, token: &str, fits: impl FnOnce(&P) -> bool) -> Result<Option<P>> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
        let place = bytes.as_deref().and_then(|bytes| bytes.split_at_checked(DIGEST)).and_then(|(digest, place)| {
            if digest == self.digest(place) { serde_json::from_slice(place).ok() } else { None }
        });
        place.filter(fits).map(Some).ok_or_else(|| {
            let description = "is broken or of another query; send the `next_page_token` of the page before with the \
                               same request, or leave it empty to start again";
            Error::field("INVALID_PAGE_TOKEN", "page_token", description)
        })
    }

    fn digest(&self, place: &[u8]) -> [u8; DIGEST] {
        let digest: [u8; 32] = self.query.clone().chain_update(place).finalize().into();
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
