//! The deadline of a request, from its `grpc-timeout` header.
//!
//! The transport ends a request at its deadline too, with `CANCELLED`; this one is a little earlier, and says what it
//! is.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, HeaderName};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// How much earlier than the transport's this deadline is, at most.
const MARGIN: Duration = Duration::from_millis(1);

/// When a request must be answered.
#[derive(Debug)]
pub(super) struct Deadline {
    timeout: Duration,
    at: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Deadline {
    /// The deadline that these headers set; none without the header, and where it is malformed.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let timeout = parse(headers.get(GRPC_TIMEOUT)?.to_str().ok()?)?;
        let at = Instant::now().checked_add(timeout.saturating_sub((timeout / 10).min(MARGIN)))?;
        Some(Self { timeout, at, sleep: Box::pin(sleep_until(at)) })
    }

    /// Whether it has passed; if not, the task is woken when it does.
    pub(super) fn has_passed(&mut self, cx: &mut Context<'_>) -> bool {
        // The clock is context too: the timer wheel may wake the transport's deadline first.
        matches!(self.sleep.as_mut().poll(cx), Poll::Ready(())) || self.at <= Instant::now()
    }

    pub(super) fn status(&self) -> Status {
        let message = format!("the answer was not complete within the request's deadline of {:?}", self.timeout);
        Status::deadline_exceeded(message)
    }
}

/// A `grpc-timeout`: 1 to 8 digits and a unit, of hours, minutes, seconds, milli-, micro- or nanoseconds.
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_hours(count)),
        "M" => Some(Duration::from_mins(count)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_digits_and_a_unit() {
        for (text, timeout) in [
            ("1H", Some(Duration::from_hours(1))),
            ("99999999H", Some(Duration::from_hours(99_999_999))),
            ("2M", Some(Duration::from_mins(2))),
            ("3S", Some(Duration::from_secs(3))),
            ("4m", Some(Duration::from_millis(4))),
            ("5u", Some(Duration::from_micros(5))),
            ("0n", Some(Duration::ZERO)),
            ("", None),
            ("m", None),
            ("1", None),
            ("1s", None),
            ("-1S", None),
            ("+1S", None),
            ("123456789S", None),
            ("1.5S", None),
            ("1 S", None),
            ("1µ", None),
        ] {
            assert_eq!(parse(text), timeout, "{text}");
        }
    }
}
