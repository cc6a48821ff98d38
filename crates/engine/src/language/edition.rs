//! The edition of the language that a policy file is written in: what a text means changes only with its edition.

use toml::de::DeValue;

use crate::language::{
    diagnostic::{Diagnostic, Problems},
    reader::{Fields, wrong_type},
};

/// The only edition that there is so far.
const EDITION: u32 = 1;
const NAME: &str = "edition";
const REMEDY: &str = "write `edition = 1` as the first line";

/// The edition of a policy file, whose first key says it; `fields` are those of the whole file, none of them read yet.
/// None where it is missing or no known edition, which is reported, as it is when another key comes before it.
pub(crate) fn read(fields: &mut Fields<'_, '_>, problems: &mut Problems) -> Option<u32> {
    let first = fields.rest().next().map(|(key, _)| key);
    let own = fields.rest().find(|(key, _)| key.get_ref() == NAME);
    fields.get(NAME);
    let mut mistake = |diagnostic: Diagnostic| problems.push(diagnostic.help(REMEDY));
    let (Some(first), Some((key, value))) = (first, own) else {
        mistake(Diagnostic::new("a policy has no `edition`", 0..0, "missing here"));
        return None;
    };
    if first.get_ref() != NAME {
        let label = format!("`{}` comes before it", first.get_ref());
        mistake(Diagnostic::new("`edition` must be the first key of a policy", key.span(), label));
    }
    let DeValue::Integer(digits) = value.get_ref() else {
        mistake(wrong_type(value.span(), NAME, "a whole number", value.get_ref()));
        return None;
    };
    let edition = u32::from_str_radix(digits.as_str(), digits.radix()).ok().filter(|edition| *edition == EDITION);
    if edition.is_none() {
        let label = format!("the only edition is {EDITION}");
        mistake(Diagnostic::new("a policy can't be of this edition", value.span(), label));
    }
    edition
}
