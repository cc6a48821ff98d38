//! Stored answers of writes: sealed with a key that only the request id gives, which is not stored. So whoever reads the
//! store can't read them, and a retry gets the first answer whole.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, aead::Aead as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::service::{
    error::{Error, Result},
    write::engine::{recorded::Recorded, request_context::IdempotencyKey},
};

/// The version of the form in which answers are written.
const VERSION: u8 = 1;

/// The record of an answer, with the version of its form.
#[derive(Debug, Serialize, Deserialize)]
struct Versioned<R> {
    version: u8,
    answer: R,
}

/// The version of a record's form, whatever else it has.
#[derive(Debug, Deserialize)]
struct Version {
    version: u8,
}

/// How many bytes stand before what is sealed: the nonce.
const NONCE_BYTES: usize = 12;

/// Seals the answer of a request. `random` is used for nothing else: what is planned again is sealed anew.
pub(super) fn seal<A: Recorded>(key: &IdempotencyKey, answer: &A, random: &[u8; 32]) -> Result<Vec<u8>> {
    let record = Versioned { version: VERSION, answer: answer.to_record() };
    let text = serde_json::to_vec(&record).map_err(Error::internal)?;
    let (nonce, _) =
        random.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| Error::internal("a nonce is too short"))?;
    let sealed = cipher(key).encrypt(nonce.into(), &*text);
    let sealed = sealed.map_err(|_| Error::internal("an answer can't be sealed"))?;
    Ok([&nonce[..], &sealed].concat())
}

/// The answer of a request.
pub(super) fn open<A: Recorded>(key: &IdempotencyKey, sealed: &[u8]) -> Result<A> {
    let altered = || Error::internal("a stored answer was altered");
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(altered)?;
    let text = cipher(key).decrypt(nonce.into(), sealed).map_err(|_| altered())?;
    let Version { version } = serde_json::from_slice(&text).map_err(Error::internal)?;
    if version != VERSION {
        let message = format!("a stored answer has the form {version}, and this service reads {VERSION}");
        return Err(Error::internal(message));
    }
    let record: Versioned<A::Record> = serde_json::from_slice(&text).map_err(Error::internal)?;
    A::from_record(record.answer)
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
        let key = |tenant: &str, id: &str| IdempotencyKey::new((tenant, "shop"), id, "Invite", b"body");
        let (own, answer) = (key("acme", "request-1"), "Ada Archer".to_owned());
        let [sealed, again] = [1, 2].map(|random| seal(&own, &answer, &[random; 32]).expect("it is sealed"));
        assert!(!sealed.windows(3).any(|part| part == b"Ada") && sealed != again);
        for sealed in [&sealed, &again] {
            assert_eq!(open::<String>(&own, sealed).expect("it opens"), answer);
            for other in [key("acme", "request-2"), key("globex", "request-1")] {
                assert!(open::<String>(&other, sealed).is_err());
            }
        }
        for cut in [0, 5, sealed.len() - 1] {
            assert!(open::<String>(&own, &sealed[..cut]).is_err(), "{cut} bytes of it");
        }
    }
}
