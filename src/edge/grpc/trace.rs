//! The trace that a request is part of.

use opentelemetry::trace::TraceContextExt as _;
use tonic::metadata::MetadataMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The id of the request's trace, 32 lower-case hexadecimal digits: the one of its `traceparent` header, sampled here or
/// not, or else the one of the span that was begun here. None without either.
pub(super) fn trace_id(metadata: &MetadataMap) -> Option<String> {
    let named = metadata.get("traceparent").and_then(|header| trace_of(header.to_str().ok()?));
    named.or_else(|| {
        let context = Span::current().context();
        let begun = context.span().span_context().clone();
        begun.is_valid().then(|| begun.trace_id().to_string())
    })
}

/// The trace id of a W3C `traceparent` header: the second part, 32 digits in lower-case hexadecimal that are not all 0.
fn trace_of(header: &str) -> Option<String> {
    let id = header.trim().split('-').nth(1)?;
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    (id.len() == 32 && id.bytes().all(is_digit) && id.bytes().any(|digit| digit != b'0')).then(|| id.to_owned())
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
