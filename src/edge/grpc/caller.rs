//! The callers that the server knows, and who of them sent a request.

use std::{collections::HashMap, ops::Deref};

use http::HeaderValue;
use opentelemetry::trace::TraceContextExt as _;
use sha2::{Digest, Sha256};
use tonic::metadata::MetadataMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::service::{Caller, Error, ErrorKind};

/// The callers that the server accepts, by the SHA-256 of the bearer key that they send: a look-up by hash leaks no
/// timing of the key.
#[derive(Clone, Debug)]
pub struct Callers {
    by_key: HashMap<[u8; 32], Caller>,
    anonymous: Option<Caller>,
}

/// The caller that sent a request, and the request's metadata.
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
    /// The id of the request's trace, 32 lower-case hexadecimal digits: the one of its `traceparent` header, sampled
    /// here or not, or else the one of the span that was begun here. `None` without either.
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
    /// Accepts only these callers, each with the SHA-256 of its key. A caller may be given twice, with two keys; of two
    /// callers with one key the last counts. With none, every request is refused.
    pub fn known(callers: impl IntoIterator<Item = ([u8; 32], Caller)>) -> Self {
        Self { by_key: callers.into_iter().collect(), anonymous: None }
    }

    /// Accepts every request as the caller `anonymous`, who may assert operators; the `authorization` header is
    /// ignored.
    pub fn anyone() -> Self {
        let anonymous = Caller { name: "anonymous".to_owned(), asserts_operators: true };
        Self { by_key: HashMap::new(), anonymous: Some(anonymous) }
    }

    /// The caller that sent a request with this metadata.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` as by [`Callers::find`].
    pub(crate) fn identify<'a>(&'a self, metadata: &'a MetadataMap) -> Result<CallerContext<'a>, Error> {
        let caller = self.find(metadata.as_ref().get("authorization"))?;
        Ok(CallerContext { caller, metadata })
    }

    /// The caller that sends this `authorization` header, `Bearer KEY`.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without the header, with another scheme than `Bearer`, and for a key of no caller.
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
