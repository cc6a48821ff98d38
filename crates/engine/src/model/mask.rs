//! Rules as bit masks: a decision is a few ANDs.

use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

/// A set of roles and relations, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mask(u128);

/// The rule that no term satisfies.
pub const NOBODY: &str = "nobody";

/// One way to satisfy a rule: every bit of `need`, and none of `forbid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// All of these must be held.
    pub need: Mask,
    /// None of these may be held.
    pub forbid: Mask,
}

impl Mask {
    /// Nothing.
    pub const EMPTY: Self = Self(0);
    /// The subject owns the resource.
    pub const OWNER: Self = Self(1);
    /// The resource is the subject's own record, or the member written to is the actor.
    pub const SELF: Self = Self(1 << 1);
    /// The subject is the platform's own staff.
    pub const OPERATOR: Self = Self(1 << 2);
    /// The subject is an active member.
    pub const ANYONE: Self = Self(1 << 3);
    /// The relations, each with its word in a rule.
    pub const RELATIONS: [(&'static str, Self); 4] =
        [("owner", Self::OWNER), ("self", Self::SELF), ("operator", Self::OPERATOR), ("anyone", Self::ANYONE)];
    /// The most roles that a policy may have.
    pub const MAX_ROLES: usize = 128 - Self::RELATIONS.len();

    /// The bit of the `index`th role of a policy.
    pub fn role(index: usize) -> Self {
        debug_assert!(index < Self::MAX_ROLES);
        Self(1 << (Self::RELATIONS.len() + index))
    }

    /// Whether every bit of `other` is in here.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the two have a bit in common.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no bit.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits of this one that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The indices of the roles in here, in order.
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
    /// Always satisfied.
    pub(crate) const ALWAYS: Self = Self { need: Mask::EMPTY, forbid: Mask::EMPTY };

    /// Whether these bits satisfy it.
    pub fn satisfied_by(&self, bits: Mask) -> bool {
        bits.contains(self.need) && !bits.intersects(self.forbid)
    }

    fn contradicts_itself(&self) -> bool {
        self.need.intersects(self.forbid)
    }

    /// Whether whoever satisfies `other` satisfies this one. One that says `operator` lets through whom no other
    /// does, see [`of_members`].
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let says_as_much = self.need.contains(Mask::OPERATOR) || !other.need.contains(Mask::OPERATOR);
        says_as_much && other.need.contains(self.need) && other.forbid.contains(self.forbid)
    }
}

/// A rule's terms, any of which lets through.
pub(crate) type Terms = Vec<Term>;

/// A rule may come to this many terms.
pub(crate) const MAX_TERMS: usize = 256;

/// On the way to its terms, a rule may come to this many, those that fall away included.
pub(crate) const MAX_WRITTEN: usize = 4096;

/// The terms that let through whom any of these does; none when there are too many.
pub(crate) fn any(terms: impl IntoIterator<Item = Term>) -> Option<Terms> {
    simplified(terms.into_iter())
}

/// The terms of `left & right`; none when there are too many.
pub(crate) fn all(left: &[Term], right: &[Term]) -> Option<Terms> {
    simplified(
        left.iter()
            .flat_map(|a| right.iter().map(move |b| Term { need: a.need | b.need, forbid: a.forbid | b.forbid })),
    )
}

/// The terms of a whole rule. INVARIANT (operators): an operator is let through only by a rule that says `operator`,
/// never by what they are not; so a term that does not say it needs an active member.
pub(crate) fn of_members(terms: Terms) -> Terms {
    let said_of_members = |term: Term| {
        if term.need.contains(Mask::OPERATOR) { term } else { Term { need: term.need | Mask::ANYONE, ..term } }
    };
    terms.into_iter().map(said_of_members).filter(|term| !term.contradicts_itself()).collect()
}

/// Gives up as soon as there are too many, for the work grows with the square of what is kept.
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
        let rule = of_members(vec![not_a, operator]);
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
