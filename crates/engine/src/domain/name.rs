//! What names may be made of: those of policies, of types and roles, and of actions.

/// The most bytes that a name may have.
pub(crate) const MAX_NAME_BYTES: usize = 64;

/// What stands between the parts of an action's name.
pub(crate) const PART_SIGNS: [char; 2] = ['.', ':'];

/// The forms of names. Each has 1 to 64 bytes and a letter first, and is compared byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameForm {
    /// The name of a policy: lower-case ASCII letters, digits and `_`.
    Policy,
    /// The name of a resource type, of a subject type or of a role: ASCII letters of either case, digits, `_` and `-`.
    TypeOrRole,
    /// The name of an action: as [`NameForm::TypeOrRole`], in one part or in several that are joined by `.` or `:`, none
    /// of which is empty.
    Action,
}

impl NameForm {
    /// Whether a text is a name of this form.
    pub fn fits(self, text: &str) -> bool {
        let begins_well = text.starts_with(|first: char| first.is_ascii_alphabetic());
        begins_well && text.len() <= MAX_NAME_BYTES && text.chars().all(|sign| self.has(sign)) && !has_empty_part(text)
    }

    /// Whether a name of this form may have a letter or sign in it.
    pub(crate) fn has(self, sign: char) -> bool {
        match self {
            Self::Policy => sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_',
            Self::TypeOrRole => sign.is_ascii_alphanumeric() || sign == '_' || sign == '-',
            Self::Action => Self::TypeOrRole.has(sign) || PART_SIGNS.contains(&sign),
        }
    }
}

/// Whether there is nothing before, between or after the signs that join the parts of an action's name.
pub(crate) fn has_empty_part(text: &str) -> bool {
    text.split(PART_SIGNS).any(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_letters_of_its_form() {
        let longest = "x".repeat(64);
        let too_long = "x".repeat(65);
        for (text, fits) in [
            // A policy, a type or role, an action.
            ("shop", [true, true, true]),
            ("lumi_2", [true, true, true]),
            ("GET", [false, true, true]),
            ("viewReservation", [false, true, true]),
            ("asset-category", [false, true, true]),
            ("a-", [false, true, true]),
            ("documents:read", [false, false, true]),
            ("site.data.view", [false, false, true]),
            ("s3:Object.2fa", [false, false, true]),
            (longest.as_str(), [true, true, true]),
            (too_long.as_str(), [false, false, false]),
            ("", [false, false, false]),
            ("2fa", [false, false, false]),
            ("_a", [false, false, false]),
            ("-a", [false, false, false]),
            (".a", [false, false, false]),
            ("a..b", [false, false, false]),
            ("a.:b", [false, false, false]),
            ("a.", [false, false, false]),
            ("a:", [false, false, false]),
            ("a b", [false, false, false]),
            ("a/b", [false, false, false]),
            ("ä", [false, false, false]),
        ] {
            let found = [NameForm::Policy, NameForm::TypeOrRole, NameForm::Action].map(|form| form.fits(text));
            assert_eq!(found, fits, "{text}");
        }
    }
}
