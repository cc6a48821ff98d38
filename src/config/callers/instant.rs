//! Reads when a key or a caller ends.

use rollcall_engine::Timestamp;
use toml::de::DeValue;

use crate::config::callers::{
    fields::{Field, Form},
    mistakes::Mistakes,
    shown::found_kind,
};

/// The end of a key or a caller.
pub(super) const UNTIL: Form =
    Form { name: "until", what: "a date, a time and an offset", example: "until = 2027-12-31T00:00:00Z" };

/// The first second of the year 10000, which RFC 3339 can't tell any more.
const END: i64 = 253_402_300_800;

/// The instant of a date and time with an offset. None if it is not one, which is reported.
pub(super) fn instant(field: &Field<'_, '_>, mistakes: &mut Mistakes) -> Option<Timestamp> {
    let Form { what, example, .. } = UNTIL;
    let DeValue::Datetime(written) = field.value() else {
        let found = found_kind(field.value());
        let remedy = if field.value().is_str() { "write it without quotation marks, as in" } else { "write" };
        field.refuse(format!("expected {what}, {found}; {remedy} `{example}`"), mistakes);
        return None;
    };
    let found = timestamp(field.value());
    if found.is_none() {
        let remedy = match (written.date, written.time, &written.offset) {
            (Some(_), Some(_), None) => {
                format!("write `{written}Z` for UTC, or an offset such as `+01:00` in place of `Z`")
            }
            (Some(_), None, None) => format!("write `{written}T00:00:00Z` for the beginning of that day in UTC"),
            _ => format!("write it to the second, in the years 1970 to 9999: `{example}`"),
        };
        field.refuse(format!("expected {what}, found `{written}`; {remedy}"), mistakes);
    }
    found
}

/// The instant, to the microsecond above; none without a second or an offset, for a leap second, and outside the years
/// 1970 to 9999.
fn timestamp(value: &DeValue<'_>) -> Option<Timestamp> {
    let written = value.as_datetime()?;
    written.offset?;
    written.time?.second.filter(|second| *second < 60)?;
    let read: prost_types::Timestamp = written.to_string().parse().ok()?;
    let micros = (i64::from(read.nanos) + 999) / 1000;
    (0..END).contains(&read.seconds).then_some(Timestamp(read.seconds * 1_000_000 + micros))
}
