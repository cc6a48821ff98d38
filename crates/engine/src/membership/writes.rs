//! The membership writes of a resource type: every one of a kind, those about which the same is decided as one group.

pub use crate::membership::write_words::{describe, join_words};

use crate::{
    membership::write_words::role_names,
    model::{
        MemberRule, Policy, ResourceType, RoleId, Rule,
        mask::{Mask, Term},
        rules_about::rules_about,
        write_kind::WriteKind,
    },
};

/// Writes of one kind at one resource type about which the same is decided: every one that takes a role of `from`, gives one
/// of `to`, and is made to somebody who is `whom`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteGroup {
    /// The kind of every write in the group.
    pub kind: WriteKind,
    /// The roles that may be taken or, of a kind that takes none, held by the target, with [`Mask::ANYONE`] for a target who
    /// holds none; empty where no rule of the kind says so.
    pub from: Mask,
    /// The roles that may be given; empty where the kind gives no role.
    pub to: Mask,
    /// Whom the writes are made to, as a rule has it in its `whom`; empty for anybody, or for whoever no `whom` is about.
    pub whom: String,
}

impl WriteGroup {
    /// The group in words, as [`describe`] has it, with the short names of roles in backticks:
    /// ``change `editor` to `viewer` ``. A target who holds any role, or none, is `anybody`. Both arguments must be
    /// those that the masks are of.
    pub fn description(&self, policy: &Policy, resource_type: &ResourceType) -> String {
        let [from, to] = [self.from, self.to].map(|roles| role_names(policy, resource_type, roles));
        describe(self.kind, &from, &to, &self.whom)
    }

    /// [`WriteGroup::description`] without backticks.
    pub(crate) fn plain_description(&self, policy: &Policy, resource_type: &ResourceType) -> String {
        self.description(policy, resource_type).replace('`', "")
    }
}

/// What a write of a kind can take at a type, each alone, or what a rule of the kind asks that the target holds: every role in
/// the order of the file, and where a rule is about anybody, [`Mask::ANYONE`] for a target who holds none. Only
/// [`Mask::EMPTY`] where no rule of the kind says so.
pub fn removable_roles(kind: WriteKind, resource_type: &ResourceType) -> Vec<Mask> {
    if !kind.removes_roles() && !resource_type.members().says_from(kind) {
        return vec![Mask::EMPTY];
    }
    let anybody =
        !kind.removes_roles() || resource_type.members().of_kind(kind).any(|rule| rule.from().contains(Mask::ANYONE));
    resource_type.roles().iter().map(|role| role.mask()).chain(anybody.then_some(Mask::ANYONE)).collect()
}

/// What a write of a kind can give at a type, each alone: every role in the order of the file. Only [`Mask::EMPTY`]
/// where the kind gives no role.
pub fn grantable_roles(kind: WriteKind, resource_type: &ResourceType) -> Vec<Mask> {
    if kind.grants_roles() { resource_type.roles().iter().map(|role| role.mask()).collect() } else { vec![Mask::EMPTY] }
}

/// Each single write of a kind, as the role that it takes and the one that it gives. To exchange a role for itself is
/// no write.
pub fn role_pairs(kind: WriteKind, resource_type: &ResourceType) -> impl Iterator<Item = (Mask, Mask)> {
    let grantable_roles = grantable_roles(kind, resource_type);
    let pairs = removable_roles(kind, resource_type)
        .into_iter()
        .flat_map(move |from| grantable_roles.clone().into_iter().map(move |to| (from, to)));
    pairs.filter(move |(from, to)| !(kind.removes_roles() && kind.grants_roles()) || from != to)
}

/// Whom the rules about one write are about, as they have it: each `whom` once, in the order of the file, after an empty one
/// for whoever none of them is about. That is left out where every rule has a `whom`: nobody makes the write to them.
pub fn whom_choices(kind: WriteKind, resource_type: &ResourceType, from: Mask, to: Mask) -> Vec<String> {
    let mut choices: Vec<String> = Vec::new();
    for rule in rules_about(resource_type, kind, from, to) {
        let whom = rule.whom().map_or("", Rule::text);
        if !choices.iter().any(|known| known == whom) {
            choices.push(whom.to_owned());
        }
    }
    if choices.is_empty() {
        choices.push(String::new());
    }
    choices.sort_by_key(|whom| !whom.is_empty());
    choices
}

/// The rules about one write that let it be made to somebody who is `whom`, one of [`whom_choices`], whatever else they are;
/// in the order of the file.
pub fn rules_to<'p>(
    resource_type: &'p ResourceType,
    kind: WriteKind,
    (from, to): (Mask, Mask),
    whom: &str,
) -> impl Iterator<Item = &'p MemberRule> {
    let is_about = move |rule: &&MemberRule| rule.whom().is_none_or(|said| said.text() == whom);
    rules_about(resource_type, kind, from, to).filter(is_about)
}

/// Whether such a write to whoever has these bits is one to somebody who is `whom`, one of [`whom_choices`]: of the empty one
/// where no rule's `whom` is about them.
pub fn is_to(resource_type: &ResourceType, kind: WriteKind, (from, to): (Mask, Mask), whom: &str, bits: Mask) -> bool {
    let is_about = |said: &Rule| said.allows(bits) && (whom.is_empty() || said.text() == whom);
    let found = rules_about(resource_type, kind, from, to).filter_map(MemberRule::whom).any(is_about);
    found != whom.is_empty()
}

/// The terms of those rules: whoever satisfies any of them may make the write. Empty where there is no rule.
pub fn terms_to(kind: WriteKind, resource_type: &ResourceType, from: Mask, to: Mask, whom: &str) -> Vec<Term> {
    rules_to(resource_type, kind, (from, to), whom).flat_map(|rule| rule.by().terms()).copied().collect()
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
    let rules = |from: &Mask, to: &Mask, whom: &str| -> Vec<*const MemberRule> {
        rules_to(resource_type, kind, (*from, *to), whom).map(std::ptr::from_ref).collect()
    };
    let groups = group_writes(resource_type, kind, (&removable_roles, &grantable_roles), rules);
    groups.into_iter().map(|(write, _)| write).collect()
}

/// The writes of one kind at a type that take one of `removable_roles` and give one of `grantable_roles`, grouped where
/// `outcome` is equal for each whom they can be made to; with that outcome.
pub fn group_writes<T: Clone + PartialEq>(
    resource_type: &ResourceType,
    kind: WriteKind,
    roles: (&[Mask], &[Mask]),
    outcome: impl Fn(&Mask, &Mask, &str) -> T,
) -> Vec<(WriteGroup, T)> {
    let outcomes = |from: &Mask, to: &Mask| -> Vec<(String, T)> {
        let choices = whom_choices(kind, resource_type, *from, *to).into_iter();
        choices.map(|whom| (whom.clone(), outcome(from, to, &whom))).collect()
    };
    let groups = grouped(kind, roles, outcomes).into_iter().flat_map(|(from, to, outcomes)| {
        let (from, to): (Mask, Mask) = (from.into_iter().collect(), to.into_iter().collect());
        outcomes.into_iter().map(move |(whom, outcome)| (WriteGroup { kind, from, to, whom }, outcome))
    });
    groups.collect()
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
