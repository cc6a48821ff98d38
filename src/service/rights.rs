//! What a caller may ask of the server, and of which tenants: the server's own rights, which no policy knows.

/// A right that a method needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Questions, lists and records.
    Read,
    /// Writes of members, invitations and resources.
    Write,
    /// The stream of a tenant's changes.
    Watch,
    /// The log of a tenant's changes.
    Audit,
    /// What operators do: tenants, their policies, suppressed addresses; and to speak for operators.
    Operate,
    /// To bring in a whole tenant.
    Import,
}

impl Right {
    /// Every right, in the order in which they are listed.
    pub const ALL: [Self; 6] = [Self::Read, Self::Write, Self::Watch, Self::Audit, Self::Operate, Self::Import];

    /// How settings and logs call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Watch => "watch",
            Self::Audit => "audit",
            Self::Operate => "operate",
            Self::Import => "import",
        }
    }

    /// The right of a name; none if there is no such.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// All rights there are.
    pub fn all() -> Self {
        Right::ALL.into_iter().collect()
    }

    /// Whether a right is among them.
    pub fn contains(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// The same without one.
    #[must_use]
    pub fn without(self, right: Right) -> Self {
        Self(self.0 & !right.bit())
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |bits, right| bits | right.bit()))
    }
}

/// Tenants by name: one, or all whose id begins alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantPattern {
    /// The tenant of this id.
    Exact(String),
    /// The tenants whose ids begin with this; with nothing, every tenant.
    Prefix(String),
}

impl TenantPattern {
    /// Reads a pattern: a tenant's id, or what ids begin with and `*`.
    ///
    /// # Errors
    /// What is wrong with it, for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (start, is_prefix) = text.strip_suffix('*').map_or((text, false), |start| (start, true));
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
        let begins_well = start.is_empty() || start.starts_with(|first: char| first.is_ascii_alphanumeric());
        if start.is_empty() && !is_prefix || start.len() > 64 || !start.chars().all(fits) || !begins_well {
            return Err("expected a tenant's id, or the beginning of ids and `*`: `acme`, `eu-*`, `*`".to_owned());
        }
        let start = start.to_owned();
        Ok(if is_prefix { Self::Prefix(start) } else { Self::Exact(start) })
    }

    /// Whether a tenant is one of them.
    pub fn matches(&self, tenant: &str) -> bool {
        match self {
            Self::Exact(id) => tenant == id,
            Self::Prefix(start) => tenant.starts_with(start.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_has_a_name_and_a_bit_of_its_own() {
        for right in Right::ALL {
            assert_eq!(Right::named(right.name()), Some(right));
            let others = Rights::all().without(right);
            let has = Right::ALL.into_iter().filter(|other| others.contains(*other)).collect::<Vec<_>>();
            assert!(has.len() == 5 && !has.contains(&right), "{right:?} alone is missing: {has:?}");
        }
        assert!(Right::ALL.iter().all(|right| !Rights::default().contains(*right)));
    }

    #[test]
    fn a_pattern_is_an_id_or_what_ids_begin_with() {
        let matches = |pattern: &str, tenant: &str| TenantPattern::parse(pattern).unwrap().matches(tenant);
        assert!(matches("acme", "acme") && !matches("acme", "acme-2") && !matches("acme", "acm"));
        assert!(matches("eu-*", "eu-shop") && matches("eu-*", "eu-") && !matches("eu-*", "eu"));
        assert!(matches("*", "acme"));
        for wrong in ["", "*acme", "a*b", "Acme", "ac me", "**", "-a", &"a".repeat(65)] {
            assert!(TenantPattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
