use std::{collections::HashMap, ops::Deref};

use http::HeaderValue;
use opentelemetry::trace::TraceContextExt as _;
use sha2::{Digest, Sha256};
use tonic::metadata::MetadataMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::service::{Caller, Error, ErrorKind};

/// Who may call: known by the SHA-256 of the bearer key that they send. Looking a hash up compares nothing that an
/// attacker could time.
#[derive(Clone, Debug)]
pub struct Callers {
    by_key: HashMap<[u8; 32], Caller>,
    anonymous: Option<Caller>,
}

/// Who sent a request.
#[derive(Clone, Copy)]
pub(crate) struct CallerContext<'a> {
    caller: &'a Caller,
    metadata: &'a MetadataMap,
}

impl Deref for CallerContext<'_> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        self.caller
    }
}

impl CallerContext<'_> {
    /// The trace that the request is part of: the one that it names, traced here or not, or the one that was begun here.
    pub(crate) fn trace_id(&self) -> Option<String> {
        let named = self.metadata.get("traceparent").and_then(|header| trace_of(header.to_str().ok()?));
        named.or_else(|| {
            let context = Span::current().context();
            let begun = context.span().span_context().clone();
            begun.is_valid().then(|| begun.trace_id().to_string())
        })
    }
}

/// The trace id of a W3C `traceparent` header: the second part, 32 digits in lower-case hexadecimal that are not all 0.
fn trace_of(header: &str) -> Option<String> {
    let id = header.trim().split('-').nth(1)?;
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    (id.len() == 32 && id.bytes().all(is_digit) && id.bytes().any(|digit| digit != b'0')).then(|| id.to_owned())
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
    pub(crate) fn identify<'a>(&'a self, metadata: &'a MetadataMap) -> Result<CallerContext<'a>, Error> {
        let caller = self.find(metadata.as_ref().get("authorization"))?;
        Ok(CallerContext { caller, metadata })
    }

    /// Who sends this `authorization` header.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when they are not known.
    pub(super) fn find(&self, header: Option<&HeaderValue>) -> Result<&Caller, Error> {
        if let Some(caller) = &self.anonymous {
            return Ok(caller);
        }
        let unknown = |message: &str| Error::new(ErrorKind::Unauthenticated, "UNAUTHENTICATED", message);
        let header =
            header.ok_or_else(|| unknown("this server wants a key; send it as `authorization: Bearer KEY`"))?;
        let key = header.to_str().ok().and_then(|header| header.strip_prefix("Bearer "));
        let digest: [u8; 32] = Sha256::digest(key.unwrap_or_default().trim()).into();
        self.by_key.get(&digest).ok_or_else(|| unknown("no caller has this key; is it in `auth.callers`?"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_taken_from_a_whole_header_only() {
        const ID: &str = "0af7651916cd43dd8448eb211c80319c";
        for flags in ["00", "01"] {
            assert_eq!(trace_of(&format!("00-{ID}-b7ad6b7169203331-{flags}")).as_deref(), Some(ID));
        }
        let zeros = "0".repeat(32);
        for header in ["", "00", "00-abc-def-01", &format!("00-{zeros}-b7ad6b7169203331-01"), &format!("00-{ID}0-1-01")]
        {
            assert_eq!(trace_of(header), None, "{header}");
        }
    }
}
