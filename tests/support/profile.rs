//! How often a test repeats what it draws at random: seldom in the quick profile, often in the full one.

use std::env::var_os;

/// The variable that chooses the profile, `quick` or `full`.
const PROFILE: &str = "TEST_PROFILE";
/// Variables that also set a number: the name of the repetitions, and the variable.
const ALIASES: [(&str, &str); 1] = [("races", "RACES")];

/// How often something is repeated: `quick`, or `full` under `TEST_PROFILE=full`, or what the variable `TEST_` with the
/// name in upper case says (`TEST_RACES=1000`). The table in tests/README.md lists every name with both numbers.
///
/// # Panics
///
/// When a variable that is set has no meaning.
pub fn repetitions(name: &'static str, quick: u64, full: u64) -> u64 {
    let alias = ALIASES.iter().find(|(aliased, _)| *aliased == name).map(|(_, variable)| (*variable).to_owned());
    for variable in [Some(format!("TEST_{}", name.to_uppercase())), alias].into_iter().flatten() {
        if let Some(given) = var_os(&variable) {
            let number = given.to_str().and_then(|text| text.parse().ok());
            return number.unwrap_or_else(|| panic!("{variable}={} is no number", given.display()));
        }
    }
    match var_os(PROFILE) {
        None => quick,
        Some(profile) if profile == "quick" => quick,
        Some(profile) if profile == "full" => full,
        Some(profile) => panic!("{PROFILE}={} is neither `quick` nor `full`", profile.display()),
    }
}
