//! How much of an error goes over the wire: 4 KiB of trailers at most, whatever the policy and the request.
//!
//! An error travels in HTTP trailers, of which clients take 8 KiB, some at random less. What is cut ends with `…`; a dry
//! run that explains has it whole, in its answer.

use std::borrow::Cow;

use tonic::Status;

/// The most bytes of `grpc-status`, `grpc-message` and `grpc-status-details-bin` together, as they are sent.
pub(super) const LIMIT: usize = 4096;

/// How long the texts and lists of an error may be.
pub(super) struct Bounds {
    pub(super) message_bytes: usize,
    pub(super) metadata_bytes: usize,
    pub(super) violations: usize,
    pub(super) violation_bytes: usize,
}

/// From the widest to the narrowest. Ids are at most 261 bytes long with their type, and are never cut.
const STEPS: [Bounds; 6] = [
    Bounds { message_bytes: 2000, metadata_bytes: 1000, violations: 20, violation_bytes: 1000 },
    Bounds { message_bytes: 800, metadata_bytes: 400, violations: 20, violation_bytes: 300 },
    Bounds { message_bytes: 500, metadata_bytes: 261, violations: 10, violation_bytes: 160 },
    Bounds { message_bytes: 300, metadata_bytes: 261, violations: 5, violation_bytes: 120 },
    Bounds { message_bytes: 200, metadata_bytes: 261, violations: 1, violation_bytes: 100 },
    Bounds { message_bytes: 120, metadata_bytes: 261, violations: 0, violation_bytes: 60 },
];

/// The status within the widest bounds in which it fits the limit.
pub(super) fn first_that_fits(status: impl Fn(&Bounds) -> Status) -> Status {
    let [widest, narrower @ ..] = &STEPS;
    narrower.iter().fold(status(widest), |made, bounds| if encoded_len(&made) <= LIMIT { made } else { status(bounds) })
}

/// The text, cut to at most `limit_bytes` bytes with `…` at its end where it is longer.
pub(crate) fn cut(text: &str, limit_bytes: usize) -> Cow<'_, str> {
    const MARK: &str = "…";
    if text.len() <= limit_bytes {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(limit_bytes.saturating_sub(MARK.len()));
    Cow::Owned(format!("{}{MARK}", text.get(..end).unwrap_or_default()))
}

/// How many bytes a status takes in trailers: the names and values of its headers, as the transport writes them.
pub(super) fn encoded_len(status: &Status) -> usize {
    let headers = status.clone().into_http::<()>().into_parts().0.headers;
    let ours = headers.iter().filter(|(name, _)| name.as_str().starts_with("grpc-"));
    ours.map(|(name, value)| name.as_str().len() + value.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_is_whole_letters_and_marked() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("longer", 5), "lo…");
        assert_eq!(cut("äöü", 5), "ä…");
        assert_eq!(cut("longer", 0), "…");
    }

    #[test]
    fn the_widest_bounds_that_fit_are_taken() {
        let made = |factor: usize| {
            first_that_fits(|bounds| Status::internal("x".repeat(bounds.message_bytes * factor))).message().len()
        };
        assert_eq!(made(1), 2000);
        assert_eq!(made(4), 3200);
        assert_eq!(made(1000), 120_000, "the narrowest, when none fits");
    }

    #[test]
    fn what_is_encoded_counts_as_it_is_sent() {
        let bytes = |message: &str| encoded_len(&Status::internal(message)) - encoded_len(&Status::internal("x"));
        assert_eq!(bytes("abc~"), 3);
        assert_eq!(bytes("a b"), 4, "a space is sent as %20");
        for letter in ["\"", "#", "<", ">", "`", "?", "{", "}", "\n"] {
            assert_eq!(bytes(letter), 2, "{letter}");
        }
        assert_eq!(bytes("ä"), 5);
    }
}
