//! The membership writes of a type: which of them come to the same.

use crate::model::{
    MemberRule, Policy, ResourceType, RoleId,
    mask::{Mask, Term},
    rules_about::rules_about,
    write_kind::WriteKind,
};

/// Writes of one kind about which the same is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteGroup {
    /// Their kind.
    pub verb: WriteKind,
    /// The roles that they take, and [`Mask::ANYONE`] for whoever holds none; empty where the kind takes none.
    pub from: Mask,
    /// The roles that they give; empty where the kind gives none.
    pub to: Mask,
}

impl WriteGroup {
    /// In words, roles in backticks: ``change `editor` to `viewer` ``.
    pub fn words(&self, policy: &Policy, of: &ResourceType) -> String {
        words(self.verb, &names(policy, of, self.from), &names(policy, of, self.to))
    }

    /// The same without backticks.
    pub(crate) fn plain_words(&self, policy: &Policy, of: &ResourceType) -> String {
        self.words(policy, of).replace('`', "")
    }
}

/// What may stand on the side of the roles taken: each role, and for a rule about anybody also no role.
pub fn taken(verb: WriteKind, of: &ResourceType) -> Vec<Mask> {
    if !verb.removes_roles() {
        return vec![Mask::EMPTY];
    }
    let anybody = of.members().of(verb).any(|rule| rule.from().contains(Mask::ANYONE));
    of.roles().iter().map(|role| role.mask()).chain(anybody.then_some(Mask::ANYONE)).collect()
}

/// What may stand on the side of the roles given.
pub fn given(verb: WriteKind, of: &ResourceType) -> Vec<Mask> {
    if verb.grants_roles() { of.roles().iter().map(|role| role.mask()).collect() } else { vec![Mask::EMPTY] }
}

/// Each single write of a kind: the role that it takes and the one that it gives. What exchanges a role for itself is
/// none.
pub(crate) fn pairs(verb: WriteKind, of: &ResourceType) -> impl Iterator<Item = (Mask, Mask)> {
    let given = given(verb, of);
    let pairs = taken(verb, of).into_iter().flat_map(move |from| given.clone().into_iter().map(move |to| (from, to)));
    pairs.filter(move |(from, to)| !(verb.removes_roles() && verb.grants_roles()) || from != to)
}

/// The terms of every rule about one write.
pub fn terms(verb: WriteKind, of: &ResourceType, from: Mask, to: Mask) -> Vec<Term> {
    rules_about(of, verb, from, to).flat_map(|rule| rule.by().terms()).copied().collect()
}

/// Every write of one kind at a type, those to which the same rules apply together; with only this role taken, and only
/// this one given, where that is said. Empty where there is none.
pub fn write_groups(of: &ResourceType, verb: WriteKind, from: Option<RoleId>, to: Option<RoleId>) -> Vec<WriteGroup> {
    let side = |only: Option<RoleId>, all: Vec<Mask>| only.map_or(all, |role| vec![role.mask()]);
    let (taken, given) = (side(from, taken(verb, of)), side(to, given(verb, of)));
    let rules = |from: &Mask, to: &Mask| -> Vec<*const MemberRule> {
        rules_about(of, verb, *from, *to).map(std::ptr::from_ref).collect()
    };
    let joined = joined(verb, (&taken, &given), rules).into_iter();
    joined
        .map(|(from, to, _)| WriteGroup { verb, from: from.into_iter().collect(), to: to.into_iter().collect() })
        .collect()
}

/// The writes of one kind, joined where `outcome` says the same of them. What exchanges a role for itself is left out.
pub fn joined<S: Clone + PartialEq, T: Clone + PartialEq>(
    verb: WriteKind,
    (taken, given): (&[S], &[S]),
    outcome: impl Fn(&S, &S) -> T,
) -> Vec<(Vec<S>, Vec<S>, T)> {
    let mut rows: Vec<(Vec<S>, Vec<T>)> = Vec::new();
    for from in taken {
        let outcomes: Vec<T> = given.iter().map(|to| outcome(from, to)).collect();
        match rows.iter_mut().find(|(_, known)| *known == outcomes) {
            Some((froms, _)) => froms.push(from.clone()),
            None => rows.push((vec![from.clone()], outcomes)),
        }
    }
    let mut joined = Vec::new();
    for (froms, outcomes) in rows {
        let mut columns: Vec<(Vec<S>, T)> = Vec::new();
        for (to, outcome) in given.iter().zip(outcomes) {
            match columns.iter_mut().find(|(_, known)| *known == outcome) {
                Some((tos, _)) => tos.push(to.clone()),
                None => columns.push((vec![to.clone()], outcome)),
            }
        }
        for (mut tos, outcome) in columns {
            if let ([from], true) = (froms.as_slice(), verb.removes_roles() && verb.grants_roles()) {
                tos.retain(|to| to != from);
            }
            if !tos.is_empty() {
                joined.push((froms.clone(), tos, outcome));
            }
        }
    }
    joined
}

/// A write in words, with the roles by the names given.
pub fn words(verb: WriteKind, from: &[String], to: &[String]) -> String {
    let name = verb.name();
    match (verb.removes_roles(), verb.grants_roles()) {
        (true, true) if from == to => format!("{name} between {}", listed(from, "and")),
        (true, true) => format!("{name} {} to {}", listed(from, "or"), listed(to, "or")),
        (true, false) => format!("{name} {}", listed(from, "or")),
        (false, true) => format!("{name} as {}", listed(to, "or")),
        (false, false) => name.to_owned(),
    }
}

/// The roles of one side in backticks.
fn names(policy: &Policy, of: &ResourceType, side: Mask) -> Vec<String> {
    let roles: Vec<String> = policy.roles_in(side).map(|role| format!("`{}`", role.name())).collect();
    match side.contains(Mask::ANYONE) {
        true if roles.len() == of.roles().len() => vec!["anybody".to_owned()],
        true => roles.into_iter().chain(["somebody without a role".to_owned()]).collect(),
        false => roles,
    }
}

/// Parts one after another, as a sentence has them: `a`, `a and b`, `a, b and c`, where `last` is `and`.
pub fn listed<S: AsRef<str>>(parts: &[S], last: &str) -> String {
    match parts {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., end] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", first.join(", "), end.as_ref())
        }
    }
}
