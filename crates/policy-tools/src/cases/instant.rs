//! Reads instants, as RFC 3339 has them.

use rollcall_engine::{
    Diagnostic, Timestamp,
    reader::{Located, Problems, Value, wrong_type},
};
use toml::de::DeValue;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
/// The first second of the year 10000, which RFC 3339 can't tell any more.
const END: i64 = 253_402_300_800;

/// The most bytes that the text of an instant has, with an offset and nine digits behind the second.
const MAX_BYTES: usize = 35;

/// Reads an instant from 1970 to 9999 with its offset, as a string or as TOML's own. None if it is not one, which is
/// reported.
pub(crate) fn instant(value: Value<'_, '_>, what: &str, problems: &mut Problems) -> Option<Located<Timestamp>> {
    let found = match value.get_ref() {
        DeValue::String(text) => parsed(text.as_ref()),
        written @ DeValue::Datetime(_) => timestamp(written),
        other => {
            problems.push(wrong_type(value.span(), what, "an instant such as `\"2027-01-01T00:00:00Z\"`", other));
            return None;
        }
    };
    if found.is_none() {
        let label = "expected a date, a time and an offset, of the years 1970 to 9999";
        let diagnostic = Diagnostic::new(format!("`{what}` is no instant"), value.span(), label);
        problems.push(diagnostic.help("write it as RFC 3339 has it: `\"2027-01-01T00:00:00Z\"`"));
    }
    found.map(|found| Located::new(found, value.span()))
}

/// The instant that a text tells, as TOML's own do without quotation marks.
fn parsed(text: &str) -> Option<Timestamp> {
    let text = Some(text).filter(|text| text.len() <= MAX_BYTES)?;
    DeValue::parse(text).ok().and_then(|value| timestamp(value.get_ref()))
}

/// The instant that a date and time with an offset is, to the microsecond above as the ends in requests are; none for
/// another value, for a leap second, and outside the years 1970 to 9999.
fn timestamp(value: &DeValue<'_>) -> Option<Timestamp> {
    let DeValue::Datetime(written) = value else { return None };
    let (date, time) = (written.date?, written.time?);
    let second = time.second.filter(|second| *second < 60)?;
    let days = days_since_1970(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let minutes = i64::from(time.hour) * 60 + i64::from(time.minute) - offset_minutes(&written.offset?.to_string())?;
    let seconds = days * SECONDS_PER_DAY + minutes * 60 + i64::from(second);
    let micros = (i64::from(time.nanosecond.unwrap_or(0)) + 999) / 1000;
    (0..END).contains(&seconds).then_some(Timestamp(seconds * 1_000_000 + micros))
}

/// The minutes of an offset: `Z`, `+HH:MM` or `-HH:MM`.
fn offset_minutes(offset: &str) -> Option<i64> {
    if offset == "Z" {
        return Some(0);
    }
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some(if offset.starts_with('-') { -minutes } else { minutes })
}

/// The days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that a leap day is the
/// last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_with_its_offset() {
        for (written, shown) in [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("2000-02-29T23:59:59Z", "2000-02-29T23:59:59Z"),
            ("2027-01-01T01:30:00+01:30", "2027-01-01T00:00:00Z"),
            ("2026-12-31 19:00:00-05:00", "2027-01-01T00:00:00Z"),
            ("2024-12-31t00:00:00.25z", "2024-12-31T00:00:00.250Z"),
            ("2024-03-01T00:00:00.0000001Z", "2024-03-01T00:00:00.000001Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ] {
            let read = parsed(written).map(|instant| instant.to_string());
            assert_eq!(read.as_deref(), Some(shown), "{written}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for written in [
            "",
            "2027",
            "2027-01-01",
            "00:00:00",
            "2027-01-01T00:00:00",
            "2027-02-29T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2027-01-01T00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(parsed(written), None, "{written}");
        }
    }

    /// Day by day, by the rule that a child learns.
    #[test]
    fn days_are_counted_as_the_calendar_has_them() {
        let mut expected = 0;
        for year in 1970..2410 {
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let february = if is_leap { 29 } else { 28 };
            for (month, days) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                for day in 1..=days {
                    assert_eq!(days_since_1970(year, month, day), expected, "{year}-{month}-{day}");
                    expected += 1;
                }
            }
        }
    }
}
