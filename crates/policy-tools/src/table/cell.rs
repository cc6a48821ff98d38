//! Computes one cell from the terms of the rules: whether whoever holds something may do something, and on what
//! conditions.

use std::collections::HashSet;

use rollcall_engine::{Mask, Policy, ResourceType, Role, Term};

/// How many combinations are tried in search of exceptions.
const MAX_STEPS: usize = 2_000;

/// Whether whoever holds what a column says may do what a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// They may, whatever else they hold.
    Yes,
    /// They may not, whatever else they hold; or they may for something else alone, to which what they hold adds
    /// nothing.
    No,
    /// They may under any one of these conditions; never empty, the least first.
    If(Vec<Condition>),
}

/// A condition under which somebody may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The roles and relations that they must hold besides, all of them; empty where nothing is missing.
    pub with: Mask,
    /// Exceptions: whoever holds all of any one of these may not all the same. Empty where there is none.
    pub unless: Vec<Mask>,
}

/// The cell of those who hold `who`, for an operation that is allowed by any of `terms`.
///
/// A role that would be enough without `who` is no condition: it has a column of its own.
pub fn cell(policy: &Policy, terms: &[Term], who: Mask) -> Cell {
    let who_adds = |condition: &Condition| {
        let alone = policy.bits(condition.with);
        let overcomes = |unless: Mask| allowed(terms, policy.bits(who | condition.with | unless));
        !allowed(terms, alone) || exceptions(policy, terms, alone).into_iter().any(overcomes)
    };
    let conditions: Vec<Condition> = conditions(policy, terms, who)
        .into_iter()
        .filter(|condition| condition.with.roles().next().is_none() || who_adds(condition))
        .collect();
    match conditions.as_slice() {
        [] => Cell::No,
        [condition] if condition.with.is_empty() && condition.unless.is_empty() => Cell::Yes,
        _ => Cell::If(conditions),
    }
}

/// What those who hold `who` must hold besides to be allowed, the least first; empty where nothing would do. Every
/// holding that is enough contains one of these.
pub fn conditions(policy: &Policy, terms: &[Term], who: Mask) -> Vec<Condition> {
    let start = policy.bits(who);
    // Nobody becomes an operator by something that they hold, and an operator holds nothing besides.
    let within_reach = |missing: &Mask| {
        if start.contains(Mask::OPERATOR) { missing.is_empty() } else { !missing.intersects(Mask::OPERATOR) }
    };
    let mut missing: Vec<Mask> =
        terms.iter().map(|term| term.need.without(start)).filter(|missing| within_reach(missing)).collect();
    missing.sort_by_key(|missing| singles(*missing).count());
    let mut conditions: Vec<Condition> = Vec::new();
    for with in missing {
        let bits = policy.closure(start | with);
        if !allowed(terms, bits) {
            continue;
        }
        // A condition that asks for more than another counts only where it overcomes an exception of that one.
        let overcomes =
            |other: &Condition| other.unless.iter().any(|unless| allowed(terms, policy.closure(bits | *unless)));
        if conditions.iter().all(|other| !with.contains(other.with) || (with != other.with && overcomes(other))) {
            conditions.push(Condition { with, unless: exceptions(policy, terms, bits) });
        }
    }
    conditions
}

/// What would deny it to whoever has these bits and would be allowed, the least first.
///
/// As long as a term allows it, something that the term forbids must be added: every combination of these is tried.
fn exceptions(policy: &Policy, terms: &[Term], bits: Mask) -> Vec<Mask> {
    if bits.contains(Mask::OPERATOR) {
        return Vec::new();
    }
    let (mut added, mut known) = (vec![Mask::EMPTY], HashSet::from([Mask::EMPTY]));
    let mut found: Vec<Mask> = Vec::new();
    let mut next = 0;
    while let Some(mask) = added.get(next).copied().filter(|_| next < MAX_STEPS) {
        next += 1;
        let with = policy.closure(bits | mask);
        // A smaller exception is found already.
        if found.iter().any(|enough| policy.closure(mask).contains(*enough)) {
            continue;
        }
        let Some(term) = terms.iter().find(|term| term.satisfied_by(with)) else {
            found.push(mask);
            continue;
        };
        for forbidden in singles(term.forbid.without(Mask::OPERATOR)) {
            let more = mask | forbidden;
            if added.len() < MAX_STEPS && known.insert(more) {
                added.push(more);
            }
        }
    }
    let is_implied = |mask: &Mask| {
        let bits = policy.closure(*mask);
        found.iter().any(|other| other != mask && bits.contains(*other) && !policy.closure(*other).contains(*mask))
    };
    found.iter().copied().filter(|mask| !is_implied(mask)).collect()
}

/// The relations of a mask that a member may have or not: owner and self.
pub(crate) fn member_relations(mask: Mask) -> Mask {
    mask & (Mask::OWNER | Mask::SELF)
}

/// Whether any of the terms allows these bits.
pub(crate) fn allowed(terms: &[Term], bits: Mask) -> bool {
    terms.iter().any(|term| term.satisfied_by(bits))
}

/// Each role and relation of a mask by itself, relations first.
pub(crate) fn singles(mask: Mask) -> impl Iterator<Item = Mask> {
    let relations = Mask::RELATIONS.into_iter().map(|(_, relation)| relation);
    relations.filter(move |relation| mask.contains(*relation)).chain(mask.roles().map(Mask::role))
}

impl Cell {
    /// In words for a table of a type, roles in backticks: `if owner`, ``with `editor` ``, ``unless also `viewer` ``.
    pub fn words(&self, policy: &Policy, resource_type: &ResourceType) -> String {
        match self {
            Self::Yes => "yes".to_owned(),
            Self::No => "no".to_owned(),
            Self::If(conditions) => conditions
                .iter()
                .map(|condition| condition.words(policy, resource_type))
                .collect::<Vec<_>>()
                .join("; or "),
        }
    }
}

impl Condition {
    /// In words, as in [`Cell::words`]; empty where nothing is missing and there is no exception.
    pub fn words(&self, policy: &Policy, resource_type: &ResourceType) -> String {
        let mut parts = Vec::new();
        let missing = relations(self.with);
        if !missing.is_empty() {
            parts.push(format!("if {}", missing.join(" and ")));
        }
        if self.with.roles().next().is_some() {
            parts.push(format!("with {}", roles(policy, resource_type, self.with).join(" and ")));
        }
        if !self.unless.is_empty() {
            let names = |mask: &Mask| {
                let relations = relations(*mask).into_iter().map(str::to_owned);
                relations.chain(roles(policy, resource_type, *mask)).collect::<Vec<_>>().join(" and ")
            };
            let unless: Vec<String> = self.unless.iter().map(names).collect();
            let also = if self.unless.iter().any(|mask| mask.roles().next().is_some()) { "also " } else { "" };
            let comma = if parts.is_empty() { "" } else { ", " };
            let words = format!("{comma}unless {also}{}", unless.join(" or "));
            match parts.last_mut() {
                Some(last) => last.push_str(&words),
                None => parts.push(words),
            }
        }
        parts.join(" ")
    }
}

/// The words of the relations of a mask.
fn relations(mask: Mask) -> Vec<&'static str> {
    Mask::RELATIONS.iter().filter(|(_, relation)| mask.contains(*relation)).map(|(word, _)| *word).collect()
}

/// The roles of a mask in backticks, without those that others of them imply.
fn roles(policy: &Policy, resource_type: &ResourceType, mask: Mask) -> Vec<String> {
    let is_implied = |role: &Role| {
        let mut others = policy.roles_in(mask).filter(|other| other.id() != role.id());
        others.any(|other| other.closure().contains(role.mask()) && !role.closure().contains(other.mask()))
    };
    let needed = policy.roles_in(mask).filter(|role| !is_implied(role));
    needed.map(|role| format!("`{}`", policy.name_at(resource_type, role))).collect()
}
