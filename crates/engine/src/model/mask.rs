//! Rules as bit masks: a decision is a few ANDs.

use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

/// A set of roles and relations of one policy, a bit each: the relations first, then the roles in the order of the
/// file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mask(u128);

/// The rule that no term satisfies.
pub const NOBODY: &str = "nobody";

/// The word for whoever owns the resource, in rules of types that are `owned`. At other types a role may be called that.
pub const OWNER: &str = "owner";

/// One way to satisfy a rule: every bit of `need`, and none of `forbid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The bits that must all be set; an empty mask asks for nothing.
    pub need: Mask,
    /// The bits of which none may be set; an empty mask forbids nothing.
    pub forbid: Mask,
}

impl Mask {
    /// The set without any role or relation.
    pub const EMPTY: Self = Self(0);
    /// The subject owns the resource.
    pub const OWNER: Self = Self(1);
    /// The resource is the subject's own record, or the member written to is the actor.
    pub const SELF: Self = Self(1 << 1);
    /// The subject is one of the platform's own staff.
    pub const OPERATOR: Self = Self(1 << 2);
    /// The subject is an active member.
    pub const ANYONE: Self = Self(1 << 3);
    /// The relations, each with its word in a rule, in the order of their bits.
    pub const RELATIONS: [(&'static str, Self); 4] =
        [(OWNER, Self::OWNER), ("self", Self::SELF), ("operator", Self::OPERATOR), ("anyone", Self::ANYONE)];
    /// The most roles that a policy may have: 124.
    pub const MAX_ROLES: usize = 128 - Self::RELATIONS.len();

    /// The bit of the `index`th role of a policy, counted from 0; less than [`Mask::MAX_ROLES`].
    ///
    /// # Panics
    /// In builds that check for overflow, when `index` is not less than that.
    pub fn role(index: usize) -> Self {
        debug_assert!(index < Self::MAX_ROLES);
        Self(1 << (Self::RELATIONS.len() + index))
    }

    /// Whether every bit of `other` is set here.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the two have a bit in common.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether no bit is set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits of this set that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is a role in here, and not only relations.
    pub fn has_roles(self) -> bool {
        self.0 >> Self::RELATIONS.len() != 0
    }

    /// How many roles there are in here, 0 to [`Mask::MAX_ROLES`].
    pub fn role_count(self) -> u32 {
        (self.0 >> Self::RELATIONS.len()).count_ones()
    }

    /// The indices of the roles in this set, in ascending order. Relations are left out.
    pub fn roles(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0 >> Self::RELATIONS.len();
        std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (index < 128).then_some(index)
        })
    }
}

impl Term {
    /// The term that every set of bits satisfies.
    pub(crate) const ALWAYS: Self = Self { need: Mask::EMPTY, forbid: Mask::EMPTY };

    /// Whether a subject who has these bits satisfies this term.
    pub fn satisfied_by(&self, bits: Mask) -> bool {
        bits.contains(self.need) && !bits.intersects(self.forbid)
    }

    fn contradicts_itself(&self) -> bool {
        self.need.intersects(self.forbid)
    }

    /// Whether every subject who satisfies `other` satisfies this one. One that says `operator` lets through subjects
    /// whom no other does, see [`restricted_to_members`].
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let fits_operators = self.need.contains(Mask::OPERATOR) || !other.need.contains(Mask::OPERATOR);
        fits_operators && other.need.contains(self.need) && other.forbid.contains(self.forbid)
    }
}

/// A rule's terms: it is satisfied by whoever satisfies any of them.
pub(crate) type Terms = Vec<Term>;

/// The most terms that a rule may come to.
pub(crate) const MAX_TERMS: usize = 256;

/// The most terms that may be written out while a rule is simplified, those that fall away included.
pub(crate) const MAX_ALTERNATIVES: usize = 4096;

/// The terms that let through whom any of these does; none when there are more than [`MAX_TERMS`].
pub(crate) fn any(terms: impl IntoIterator<Item = Term>) -> Option<Terms> {
    simplified(terms.into_iter())
}

/// The terms of `left & right`; none when there are more than [`MAX_TERMS`].
pub(crate) fn all(left: &[Term], right: &[Term]) -> Option<Terms> {
    simplified(
        left.iter()
            .flat_map(|a| right.iter().map(move |b| Term { need: a.need | b.need, forbid: a.forbid | b.forbid })),
    )
}

/// The terms of a whole rule. INVARIANT (operators): an operator is let through only by a rule that says `operator`,
/// never by what they are not; so a term that does not say it needs an active member.
pub(crate) fn restricted_to_members(terms: Terms) -> Terms {
    let restricted = |term: Term| {
        if term.need.contains(Mask::OPERATOR) { term } else { Term { need: term.need | Mask::ANYONE, ..term } }
    };
    terms.into_iter().map(restricted).filter(|term| !term.contradicts_itself()).collect()
}

/// Drops the terms that another covers. Gives up as soon as there are too many, for the work grows with the square of
/// their number.
fn simplified(terms: impl Iterator<Item = Term>) -> Option<Terms> {
    let mut kept = Terms::new();
    for term in terms {
        if term.contradicts_itself() || kept.iter().any(|other| other.covers(&term)) {
            continue;
        }
        kept.retain(|other| !term.covers(other));
        kept.push(term);
        if kept.len() > MAX_TERMS {
            return None;
        }
    }
    Some(kept)
}

impl BitOr for Mask {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Mask {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Mask {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Mask {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl FromIterator<Self> for Mask {
    fn from_iter<I: IntoIterator<Item = Self>>(masks: I) -> Self {
        masks.into_iter().fold(Self::EMPTY, BitOr::bitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(mask: Mask) -> Terms {
        vec![Term { need: mask, forbid: Mask::EMPTY }]
    }

    #[test]
    fn what_is_covered_is_dropped() {
        let (a, b) = (Mask::role(0), Mask::role(1));
        let both = all(&need(a), &need(b)).unwrap();
        assert_eq!(any([both, need(a)].concat()).unwrap(), need(a));
    }

    #[test]
    fn a_contradiction_lets_nobody_through() {
        let a = Mask::role(0);
        let not_a = vec![Term { need: Mask::EMPTY, forbid: a }];
        assert!(all(&need(a), &not_a).unwrap().is_empty());
    }

    #[test]
    fn an_operator_is_let_through_by_name_only() {
        let not_a = Term { need: Mask::EMPTY, forbid: Mask::role(0) };
        let operator = Term { need: Mask::OPERATOR, forbid: Mask::EMPTY };
        let rule = restricted_to_members(vec![not_a, operator]);
        let lets_through = |term: &Term| term.satisfied_by(Mask::OPERATOR);
        assert_eq!(rule.iter().map(lets_through).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_wider_term_without_operator_covers_none_that_says_it() {
        let anyone = Term { need: Mask::ANYONE, forbid: Mask::EMPTY };
        let operator = Term { need: Mask::ANYONE | Mask::OPERATOR, forbid: Mask::EMPTY };
        assert_eq!(any([anyone, operator]).unwrap(), [anyone, operator]);
    }

    #[test]
    fn too_many_terms_are_given_up_early() {
        let alternatives = |from: usize| (from..from + 60).flat_map(|at| need(Mask::role(at))).collect::<Terms>();
        assert!(all(&alternatives(0), &alternatives(60)).is_none());
    }

    #[test]
    fn the_last_role_has_a_bit() {
        let last = Mask::MAX_ROLES - 1;
        assert_eq!(Mask::role(last).roles().collect::<Vec<_>>(), [last]);
        assert_eq!((Mask::role(3) | Mask::OWNER | Mask::role(90)).roles().collect::<Vec<_>>(), [3, 90]);
    }
}
