//! The membership writes of a resource type: every one of a kind, those about which the same is decided as one group,
//! and how a group is worded.

use crate::model::{
    MemberRule, Policy, ResourceType, RoleId,
    mask::{Mask, Term},
    rules_about::rules_about,
    write_kind::WriteKind,
};

/// Writes of one kind at one resource type about which the same is decided: every one that takes a role of `from` and
/// gives one of `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteGroup {
    /// The kind of every write in the group.
    pub kind: WriteKind,
    /// The roles that may be taken, with [`Mask::ANYONE`] for a target who holds none; empty where the kind takes no
    /// role.
    pub from: Mask,
    /// The roles that may be given; empty where the kind gives no role.
    pub to: Mask,
}

impl WriteGroup {
    /// The group in words, as [`describe`] has it, with the short names of roles in backticks:
    /// ``change `editor` to `viewer` ``. A target who holds any role, or none, is `anybody`. Both arguments must be
    /// those that the masks are of.
    pub fn description(&self, policy: &Policy, resource_type: &ResourceType) -> String {
        describe(self.kind, &role_names(policy, resource_type, self.from), &role_names(policy, resource_type, self.to))
    }

    /// [`WriteGroup::description`] without backticks.
    pub(crate) fn plain_description(&self, policy: &Policy, resource_type: &ResourceType) -> String {
        self.description(policy, resource_type).replace('`', "")
    }
}

/// What a write of a kind can take at a type, each alone: every role in the order of the file, and where a rule is
/// about anybody, [`Mask::ANYONE`] for a target who holds none. Only [`Mask::EMPTY`] where the kind takes no role.
pub fn removable_roles(kind: WriteKind, resource_type: &ResourceType) -> Vec<Mask> {
    if !kind.removes_roles() {
        return vec![Mask::EMPTY];
    }
    let anybody = resource_type.members().of_kind(kind).any(|rule| rule.from().contains(Mask::ANYONE));
    resource_type.roles().iter().map(|role| role.mask()).chain(anybody.then_some(Mask::ANYONE)).collect()
}

/// What a write of a kind can give at a type, each alone: every role in the order of the file. Only [`Mask::EMPTY`]
/// where the kind gives no role.
pub fn grantable_roles(kind: WriteKind, resource_type: &ResourceType) -> Vec<Mask> {
    if kind.grants_roles() { resource_type.roles().iter().map(|role| role.mask()).collect() } else { vec![Mask::EMPTY] }
}

/// Each single write of a kind, as the role that it takes and the one that it gives. To exchange a role for itself is
/// no write.
pub(crate) fn role_pairs(kind: WriteKind, resource_type: &ResourceType) -> impl Iterator<Item = (Mask, Mask)> {
    let grantable_roles = grantable_roles(kind, resource_type);
    let pairs = removable_roles(kind, resource_type)
        .into_iter()
        .flat_map(move |from| grantable_roles.clone().into_iter().map(move |to| (from, to)));
    pairs.filter(move |(from, to)| !(kind.removes_roles() && kind.grants_roles()) || from != to)
}

/// The terms of every rule about one write, in the order of the file: whoever satisfies any of them may make it. Takes
/// what [`removable_roles`] and [`grantable_roles`] return; empty where there is no rule.
pub fn terms_about(kind: WriteKind, resource_type: &ResourceType, from: Mask, to: Mask) -> Vec<Term> {
    rules_about(resource_type, kind, from, to).flat_map(|rule| rule.by().terms()).copied().collect()
}

/// Every write of one kind at a type, grouped by the rules about it, whether there are any or not. `from` and `to`,
/// where given, leave only writes that take or give this very role of the type; no rule is about the one if the kind
/// takes no role, or about the other if it gives none. Empty where no write remains: to exchange a role for itself is
/// none.
pub fn write_groups(
    resource_type: &ResourceType,
    kind: WriteKind,
    from: Option<RoleId>,
    to: Option<RoleId>,
) -> Vec<WriteGroup> {
    let choices = |only: Option<RoleId>, all: Vec<Mask>| only.map_or(all, |role| vec![role.mask()]);
    let removable_roles = choices(from, removable_roles(kind, resource_type));
    let grantable_roles = choices(to, grantable_roles(kind, resource_type));
    let rules = |from: &Mask, to: &Mask| -> Vec<*const MemberRule> {
        rules_about(resource_type, kind, *from, *to).map(std::ptr::from_ref).collect()
    };
    grouped(kind, (&removable_roles, &grantable_roles), rules)
        .into_iter()
        .map(|(from, to, _)| WriteGroup { kind, from: from.into_iter().collect(), to: to.into_iter().collect() })
        .collect()
}

/// The writes of one kind that take one of `removable_roles` and give one of `grantable_roles`, grouped where `outcome`
/// is equal: the roles taken, the roles given, and that outcome. Roles taken share their groups only if the outcomes
/// are equal for every role given. Order is that of the arguments. To exchange a role for itself is no write: where one
/// role alone is taken, it is left out of those given.
pub fn grouped<S: Clone + PartialEq, T: Clone + PartialEq>(
    kind: WriteKind,
    (removable_roles, grantable_roles): (&[S], &[S]),
    outcome: impl Fn(&S, &S) -> T,
) -> Vec<(Vec<S>, Vec<S>, T)> {
    let mut rows: Vec<(Vec<S>, Vec<T>)> = Vec::new();
    for from in removable_roles {
        let outcomes: Vec<T> = grantable_roles.iter().map(|to| outcome(from, to)).collect();
        match rows.iter_mut().find(|(_, known)| *known == outcomes) {
            Some((froms, _)) => froms.push(from.clone()),
            None => rows.push((vec![from.clone()], outcomes)),
        }
    }
    let mut groups = Vec::new();
    for (froms, outcomes) in rows {
        let mut columns: Vec<(Vec<S>, T)> = Vec::new();
        for (to, outcome) in grantable_roles.iter().zip(outcomes) {
            match columns.iter_mut().find(|(_, known)| *known == outcome) {
                Some((tos, _)) => tos.push(to.clone()),
                None => columns.push((vec![to.clone()], outcome)),
            }
        }
        for (mut tos, outcome) in columns {
            if let ([from], true) = (froms.as_slice(), kind.removes_roles() && kind.grants_roles()) {
                tos.retain(|to| to != from);
            }
            if !tos.is_empty() {
                groups.push((froms.clone(), tos, outcome));
            }
        }
    }
    groups
}

/// Words for the writes of a kind that take one of the roles `from` and give one of the roles `to`, each worded as it
/// is to be shown: `change A or B to C`, `remove A`, `invite as B`, `lock`. A list of a kind without such roles is not
/// looked at; of a kind with them it should not be empty.
pub fn describe(kind: WriteKind, from: &[String], to: &[String]) -> String {
    let name = kind.name();
    match (kind.removes_roles(), kind.grants_roles()) {
        (true, true) if from == to => format!("{name} between {}", join_words(from, "and")),
        (true, true) => format!("{name} {} to {}", join_words(from, "or"), join_words(to, "or")),
        (true, false) => format!("{name} {}", join_words(from, "or")),
        (false, true) => format!("{name} as {}", join_words(to, "or")),
        (false, false) => name.to_owned(),
    }
}

/// The names of the roles that are taken or given, in backticks.
fn role_names(policy: &Policy, resource_type: &ResourceType, mask: Mask) -> Vec<String> {
    let names: Vec<String> = policy.roles_in(mask).map(|role| format!("`{}`", role.name())).collect();
    match mask.contains(Mask::ANYONE) {
        true if names.len() == resource_type.roles().len() => vec!["anybody".to_owned()],
        true => names.into_iter().chain(["somebody without a role".to_owned()]).collect(),
        false => names,
    }
}

/// Joins words as a sentence lists them: `a`, `a and b`, `a, b and c`, where `conjunction` is `and`. Without words,
/// empty.
pub fn join_words<S: AsRef<str>>(words: &[S], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {conjunction} {}", first.join(", "), last.as_ref())
        }
    }
}
