//! Instants, to the microsecond.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

/// An instant: microseconds since 1970-01-01T00:00:00Z, the precision that every supported store keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant that is `span` later, to the microsecond below; the last instant that there is if it is past that.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// The instant that is `span` earlier, by whole microseconds; the first instant that there is if it is before that.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }
}

/// The year 10000, which RFC 3339 can't tell any more.
const END_OF_RFC3339: u64 = 253_402_300_800_000_000;

/// As RFC 3339 has it, in UTC: `2026-11-26T07:00:00Z`. Outside the years 1970 to 9999 as the number of microseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u64::try_from(self.0) {
            Ok(micros) if micros < END_OF_RFC3339 => {
                let instant = UNIX_EPOCH + Duration::from_micros(micros);
                // As many digits as Protobuf's JSON has.
                if micros % 1_000_000 == 0 {
                    humantime::format_rfc3339_seconds(instant).fmt(f)
                } else if micros % 1000 == 0 {
                    humantime::format_rfc3339_millis(instant).fmt(f)
                } else {
                    humantime::format_rfc3339_micros(instant).fmt(f)
                }
            }
            _ => write!(f, "{} microseconds since 1970-01-01T00:00:00Z", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instant_can_be_shown() {
        let shown = |micros: i64| Timestamp(micros).to_string();
        assert_eq!(shown(1_795_676_400_000_000), "2026-11-26T07:00:00Z");
        assert_eq!(shown(1_795_676_400_500_000), "2026-11-26T07:00:00.500Z");
        assert_eq!(shown(1_795_676_400_000_007), "2026-11-26T07:00:00.000007Z");
        assert_eq!(shown(253_402_300_799_000_000), "9999-12-31T23:59:59Z");
        assert_eq!(shown(-1), "-1 microseconds since 1970-01-01T00:00:00Z");
        assert!(shown(i64::MAX).ends_with('Z'));
    }
}
