//! Page tokens of lists: opaque to callers, who can't make one, and bound to the query and the store that they are of.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::service::error::{Error, Result};

/// The first byte of a token: what the rest is.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Encodes and decodes the page tokens of one query: URL-safe base64 of a version, a nonce, and the cursor as JSON,
/// encrypted and authenticated together with the query. What a cursor holds can't be read off
/// a token, and a token works only with the query that it came from.
pub struct PageToken {
    key: [u8; 32],
    query: [u8; 32],
}

impl PageToken {
    /// The tokens of a query with these parts, whose order and bounds count, of the store that has this key.
    pub fn of(key: [u8; 32], query: &[impl AsRef<str>]) -> Self {
        let mut digest = Sha256::new();
        for part in query {
            let part = part.as_ref();
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Self { key, query: digest.finalize().into() }
    }

    /// The token of a position in the list.
    pub fn encode(&self, cursor: &impl Serialize) -> String {
        let cursor = serde_json::to_vec(cursor).unwrap_or_default();
        // Derived from all that is encrypted, so that no nonce is used for two texts.
        let digest: [u8; 32] =
            Sha256::new().chain_update(self.key).chain_update(self.query).chain_update(&cursor).finalize().into();
        let (nonce, _) = digest.split_first_chunk::<NONCE_BYTES>().unwrap_or((&[0; NONCE_BYTES], &[]));
        let payload = Payload { msg: &cursor, aad: &self.query };
        let sealed = self.cipher().encrypt(nonce.into(), payload).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode([&[VERSION], &nonce[..], &sealed].concat())
    }

    /// The cursor of a token; none for an empty one, which stands for the first page.
    ///
    /// # Errors
    /// `INVALID_PAGE_TOKEN` when it is malformed, forged, or of another query or store.
    pub fn decode<C: DeserializeOwned>(&self, token: &str) -> Result<Option<C>> {
        if token.is_empty() {
            return Ok(None);
        }
        self.open(token).map(Some).ok_or_else(|| {
            let description = "is malformed or of another query; send the `next_page_token` of the page before with \
                               the same request, or leave it empty to start again";
            Error::field("INVALID_PAGE_TOKEN", "page_token", description)
        })
    }

    fn open<C: DeserializeOwned>(&self, token: &str) -> Option<C> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = bytes.strip_prefix(&[VERSION])?.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: &self.query };
        let cursor = self.cipher().decrypt(nonce.into(), payload).ok()?;
        serde_json::from_slice(&cursor).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.key.into())
    }
}

/// The most bytes of the entries of a page: clients take messages of 4 MiB.
const PAGE_BYTES: usize = 3 << 20;

/// Cuts the entries off after `limit`, or before those with which they would have more than 3 MiB by `bytes`, but never
/// before the first; whether there were more.
pub(crate) fn cut<T>(entries: &mut Vec<T>, limit: u32, bytes: impl Fn(&T) -> usize) -> bool {
    let mut total = 0;
    let fits = |entry: &T| {
        total += bytes(entry);
        total <= PAGE_BYTES
    };
    let fitting = entries.iter().map(fits).take_while(|fits| *fits).count().max(1);
    let kept = fitting.min(usize::try_from(limit).unwrap_or(usize::MAX));
    let more = entries.len() > kept;
    entries.truncate(kept);
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    #[test]
    fn a_token_works_with_its_own_query_and_store_only() {
        let page = PageToken::of(KEY, &["acme", "data.view"]);
        let token = page.encode(&"harbour");
        assert_eq!(page.decode::<String>(&token).unwrap().as_deref(), Some("harbour"));
        for other in [
            PageToken::of(KEY, &["acme", "data.edit"]),
            PageToken::of(KEY, &["acmedata.view"]),
            PageToken::of([8; 32], &["acme", "data.view"]),
        ] {
            assert_eq!(other.decode::<String>(&token).unwrap_err().reason, "INVALID_PAGE_TOKEN");
        }
    }

    #[test]
    fn a_broken_token_is_refused() {
        let page = PageToken::of(KEY, &["acme"]);
        let token = page.encode(&"harbour");
        let mut broken: Vec<String> = ["x", "%%%", "AQ", &token[1..], &format!("{token}A")].map(str::to_owned).to_vec();
        // Each letter changed once: of the version, the nonce, the text and the tag.
        broken.extend((0..token.len()).map(|at| {
            let other = if token.as_bytes()[at] == b'B' { "C" } else { "B" };
            format!("{}{other}{}", &token[..at], &token[at + 1..])
        }));
        for broken in broken {
            assert_eq!(page.decode::<String>(&broken).unwrap_err().reason, "INVALID_PAGE_TOKEN", "{broken}");
        }
    }

    #[test]
    fn a_page_ends_by_count_or_by_size() {
        let cut = |count: usize, limit, bytes| {
            let mut entries = vec![(); count];
            let more = cut(&mut entries, limit, |()| bytes);
            (entries.len(), more)
        };
        assert_eq!(cut(5, 5, 10), (5, false));
        assert_eq!(cut(6, 5, 10), (5, true));
        assert_eq!(cut(6, 5, PAGE_BYTES / 2), (2, true));
        assert_eq!(cut(2, 5, PAGE_BYTES / 2), (2, false));
        assert_eq!(cut(2, 5, PAGE_BYTES + 1), (1, true));
        assert_eq!(cut(0, 5, 10), (0, false));
    }

    #[test]
    fn a_token_hides_its_cursor() {
        let token = PageToken::of(KEY, &["acme"]).encode(&"Ada Archer");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&token).unwrap();
        assert!(!bytes.windows(3).any(|part| part == b"Ada"));
    }
}
