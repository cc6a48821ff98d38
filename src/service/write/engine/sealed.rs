//! Stored answers of writes: sealed with a key that only the request id gives, which is not stored. So whoever reads the
//! store can't read them, and a retry gets the first answer whole.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, aead::Aead as _};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::service::{
    error::{Error, Result},
    write::engine::request_context::IdempotencyKey,
};

/// The version of the form in which answers are written.
const VERSION: u8 = 1;

/// An answer as JSON, with the version of its form.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sealed<A> {
    version: u8,
    answer: A,
}

impl<A> Sealed<A> {
    /// Seals the answer of a request. A key seals one answer only, so its nonce is always the same.
    pub(super) fn seal(key: &IdempotencyKey, answer: &A) -> Result<Vec<u8>>
    where
        A: Serialize,
    {
        let text = serde_json::to_vec(&Sealed { version: VERSION, answer }).map_err(Error::internal)?;
        let sealed = cipher(key).encrypt(&Default::default(), &*text);
        sealed.map_err(|_| Error::internal("an answer can't be sealed"))
    }

    /// The answer of a request.
    pub(super) fn open(key: &IdempotencyKey, sealed: &[u8]) -> Result<A>
    where
        A: DeserializeOwned,
    {
        let text = cipher(key).decrypt(&Default::default(), sealed);
        let text = text.map_err(|_| Error::internal("a stored answer was altered"))?;
        let Self { version, answer } = serde_json::from_slice(&text).map_err(Error::internal)?;
        if version == VERSION {
            return Ok(answer);
        }
        Err(Error::internal(format!("a stored answer has the form {version}, and this service reads {VERSION}")))
    }
}

fn cipher(key: &IdempotencyKey) -> ChaCha20Poly1305 {
    let key: [u8; 32] = Sha256::new().chain_update("rollcall answer\0").chain_update(key.owned_id()).finalize().into();
    ChaCha20Poly1305::new(&key.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_request_that_made_an_answer_opens_it() {
        let key = |id: &str| IdempotencyKey::new("shop", id, "Invite", b"body");
        let sealed = Sealed::seal(&key("request-1"), &"Ada Archer".to_owned()).expect("it is sealed");
        assert!(!sealed.windows(3).any(|part| part == b"Ada"));
        assert_eq!(Sealed::<String>::open(&key("request-1"), &sealed).expect("it opens"), "Ada Archer");
        assert!(Sealed::<String>::open(&key("request-2"), &sealed).is_err());
    }
}
