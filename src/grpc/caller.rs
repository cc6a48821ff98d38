use std::collections::HashMap;

use sha2::{Digest, Sha256};
use tonic::metadata::MetadataMap;

use crate::service::{Caller, Error, Kind};

/// Who may call: known by the SHA-256 of the bearer key that they send. Looking a hash up compares nothing that an
/// attacker could time.
#[derive(Clone, Debug)]
pub struct Callers {
    by_key: HashMap<[u8; 32], Caller>,
    anonymous: Option<Caller>,
}

impl Callers {
    /// Only these callers, each with the SHA-256 of its key.
    pub fn known(callers: impl IntoIterator<Item = ([u8; 32], Caller)>) -> Self {
        Self { by_key: callers.into_iter().collect(), anonymous: None }
    }

    /// Everybody, trusted in full.
    pub fn anyone() -> Self {
        let anonymous = Caller { name: "anonymous".to_owned(), asserts_operators: true };
        Self { by_key: HashMap::new(), anonymous: Some(anonymous) }
    }

    /// Who sent a request with these headers.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when they are not known.
    pub(crate) fn identify(&self, metadata: &MetadataMap) -> Result<&Caller, Error> {
        if let Some(anonymous) = &self.anonymous {
            return Ok(anonymous);
        }
        let unknown = |message: &str| Error::new(Kind::Unauthenticated, "UNAUTHENTICATED", message);
        let header = metadata
            .get("authorization")
            .ok_or_else(|| unknown("this server wants a key; send it as `authorization: Bearer KEY`"))?;
        let key = header.to_str().ok().and_then(|header| header.strip_prefix("Bearer "));
        let digest: [u8; 32] = Sha256::digest(key.unwrap_or_default().trim()).into();
        self.by_key.get(&digest).ok_or_else(|| unknown("no caller has this key; is it in `auth.callers`?"))
    }
}
