//! The callers that the server knows, and who of them sent a request.

use std::{collections::HashMap, sync::Arc};

use http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};

use crate::service::{Caller, Error, ErrorKind};

/// The callers that the server accepts, by the SHA-256 of the bearer key that they send: a look-up by hash leaks no
/// timing of the key.
#[derive(Clone, Debug)]
pub struct Callers {
    by_key: HashMap<[u8; 32], Arc<Caller>>,
    anonymous: Option<Arc<Caller>>,
}

impl Callers {
    /// Accepts only these callers, each with the SHA-256 of its key. A caller may be given twice, with two keys; of two
    /// callers with one key the last counts. With none, every request is refused.
    pub fn known(callers: impl IntoIterator<Item = ([u8; 32], Caller)>) -> Self {
        let by_key = callers.into_iter().map(|(key, caller)| (key, Arc::new(caller))).collect();
        Self { by_key, anonymous: None }
    }

    /// Accepts every request as the caller `anonymous`; the `authorization` header is ignored.
    pub fn anyone(asserts_operators: bool) -> Self {
        let anonymous = Caller { name: Caller::ANONYMOUS.to_owned(), asserts_operators };
        Self { by_key: HashMap::new(), anonymous: Some(Arc::new(anonymous)) }
    }

    /// The caller that sends these headers.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without an `authorization: Bearer KEY`, with more than one, and for a key of no caller.
    pub(super) fn find(&self, headers: &HeaderMap) -> Result<&Arc<Caller>, Error> {
        if let Some(caller) = &self.anonymous {
            return Ok(caller);
        }
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or_else(|| {
            unauthenticated("this server wants a key; send it as `authorization: Bearer KEY`".to_owned())
        })?;
        if values.next().is_some() {
            return Err(unauthenticated("the request has several `authorization` headers; send one".to_owned()));
        }
        let Some(key) = value.to_str().ok().and_then(bearer_key) else {
            let message = "the `authorization` header has no bearer key; send it as `authorization: Bearer KEY`";
            return Err(unauthenticated(message.to_owned()));
        };
        let digest: [u8; 32] = Sha256::digest(key).into();
        self.by_key
            .get(&digest)
            .ok_or_else(|| unauthenticated("no caller has this key; is it in `auth.callers`?".to_owned()))
    }
}

/// The key of an `authorization` header with the scheme `Bearer`, which is written in any case; none for another scheme,
/// and for an empty key.
fn bearer_key(header: &str) -> Option<&str> {
    let (scheme, key) = header.trim_ascii().split_once([' ', '\t'])?;
    let key = key.trim_ascii();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

fn unauthenticated(message: String) -> Error {
    Error::new(ErrorKind::Unauthenticated, "UNAUTHENTICATED", message)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn callers() -> Callers {
        let caller = |name: &str| Caller { name: name.to_owned(), asserts_operators: false };
        let key = |key: &str| Sha256::digest(key).into();
        Callers::known([(key("open sesame"), caller("shop")), (key(""), caller("nobody"))])
    }

    fn found(values: &[&[u8]]) -> Option<String> {
        let headers = values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value).unwrap()));
        let headers: HeaderMap = headers.collect();
        let callers = callers();
        callers.find(&headers).ok().map(|caller| caller.name.clone())
    }

    #[test]
    fn a_scheme_is_written_in_any_case_and_spacing() {
        for header in [
            "Bearer open sesame",
            "bearer open sesame",
            "BEARER open sesame",
            "bEaReR   open sesame ",
            "Bearer\topen sesame",
        ] {
            assert_eq!(found(&[header.as_bytes()]).as_deref(), Some("shop"), "{header}");
        }
    }

    #[test]
    fn nothing_else_is_a_key() {
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Basic open sesame",
            "open sesame",
            "Bearer: open sesame",
            "BearerX open sesame",
            "Bearer Open Sesame",
            "Bearer \"open sesame\"",
            "Bearer Bearer open sesame",
        ] {
            assert_eq!(found(&[header.as_bytes()]), None, "{header}");
        }
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[b"Bearer open sesame\xff"]), None);
        assert_eq!(found(&[b"Bearer open sesame", b"Bearer open sesame"]), None, "one of them may be a proxy's");
    }
}
