//! One resource type under two policies. Roles have other numbers in each, so they are matched by name.

use rollcall_engine::{Mask, MemberRule, OWNER, Policy, ResourceType, WriteKind, join_words};

use crate::{
    diff::{
        holding::{Holding, IndexedHolding},
        type_version::{NO_ROLE, TypeVersion, ancestor_roles},
    },
    table::cell::member_relations,
};

/// A type under the old and the new policy.
pub(crate) struct TypePair<'p> {
    pub(crate) resource_type: String,
    pub(crate) old: TypeVersion<'p>,
    pub(crate) new: TypeVersion<'p>,
    /// The roles of the type and of those above it under either policy, each once, as `TYPE.ROLE`.
    pub(crate) roles: Vec<String>,
    /// The indices of those roles that imply something else under one policy than under the other.
    shifted: Vec<usize>,
}

impl<'p> TypePair<'p> {
    pub(crate) fn new(old: &'p Policy, new: &'p Policy, resource_type: &str) -> Self {
        let types = [old, new].map(|policy| policy.find_type(resource_type).ok());
        let mut roles: Vec<String> = Vec::new();
        for (policy, resource_type) in [old, new].into_iter().zip(types) {
            for role in ancestor_roles(policy, resource_type) {
                let name = policy.qualified(role);
                if !roles.contains(&name) {
                    roles.push(name);
                }
            }
        }
        let version = |policy: &'p Policy, resource_type: Option<&'p ResourceType>| {
            let known = ancestor_roles(policy, resource_type);
            let find = |name: &String| known.iter().find(|role| policy.qualified(role) == *name).map(|role| role.id());
            TypeVersion { policy, resource_type, roles: roles.iter().map(find).collect() }
        };
        let [before, after] = types;
        let (old, new) = (version(old, before), version(new, after));
        let shifted = (0..roles.len()).filter(|role| old.implied_by(*role) != new.implied_by(*role)).collect();
        Self { resource_type: resource_type.to_owned(), old, new, roles, shifted }
    }

    /// The smallest holdings, at most `most`, that have these bits under one policy; empty when only an operator, or
    /// nobody, has them.
    ///
    /// A role that implies a bit under both policies alike is no better than the bit's own role. One that does not may
    /// have another effect under the other policy, so it is a holding of its own.
    pub(crate) fn holders(&self, version: &TypeVersion<'_>, bits: Mask, most: usize) -> Vec<IndexedHolding> {
        if bits.contains(Mask::OPERATOR) {
            return Vec::new();
        }
        let mut holders = vec![IndexedHolding { roles: Vec::new(), relations: member_relations(bits) }];
        for role in version.policy.roles_in(bits) {
            let own_index = version.roles.iter().position(|known| *known == Some(role.id()));
            let has = |index: &usize| own_index.is_some_and(|own| version.implied_by(*index).get(own) == Some(&true));
            let indices: Vec<usize> = own_index
                .into_iter()
                .chain(self.shifted.iter().copied().filter(has).filter(|index| Some(*index) != own_index))
                .collect();
            let with = |holding: &IndexedHolding, index: usize| {
                holding.and(&IndexedHolding { roles: vec![index], relations: Mask::EMPTY })
            };
            holders = holders
                .iter()
                .flat_map(|holding| indices.iter().map(move |index| with(holding, *index)))
                .take(most)
                .collect();
        }
        holders
    }

    /// The short names of the roles that writes of a kind may remove, or grant, under either policy; one empty name for
    /// a kind that removes, or grants, none.
    pub(crate) fn choices(&self, kind: WriteKind, choices: fn(WriteKind, &ResourceType) -> Vec<Mask>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for version in [&self.old, &self.new] {
            for choice in version.resource_type.map_or(Vec::new(), |resource_type| choices(kind, resource_type)) {
                let name = match version.policy.roles_in(choice).next() {
                    Some(role) => role.name().to_owned(),
                    None if choice.is_empty() => String::new(),
                    None => NO_ROLE.to_owned(),
                };
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// Whom the rules about one write are about under either policy, each once as an expression, after an empty one for
    /// whoever none of them is about.
    pub(crate) fn whom_choices(&self, kind: WriteKind, from: &str, to: &str) -> Vec<String> {
        let mut choices = vec![String::new()];
        for version in [&self.old, &self.new] {
            let of_version = version.rules(kind, from, to).filter_map(MemberRule::whom);
            for whom in of_version.map(|whom| version.expression(whom)) {
                if !choices.contains(&whom) {
                    choices.push(whom);
                }
            }
        }
        choices
    }

    /// What somebody holds, by name and in words.
    pub(crate) fn named(&self, holding: &IndexedHolding) -> Holding {
        let roles: Vec<String> = holding.roles.iter().filter_map(|role| self.roles.get(*role)).cloned().collect();
        let relations = Mask::RELATIONS.iter().filter(|(_, relation)| holding.relations.contains(*relation));
        let relations: Vec<&'static str> = relations.map(|(word, _)| *word).collect();
        let prefix = format!("{}.", self.resource_type);
        // Under the other policy, the word may be whoever owns the resource.
        let is_owned = [&self.old, &self.new].iter().any(|version| version.is_owned());
        let quoted = |role: &String| match role.strip_prefix(&prefix) {
            Some(short) if !(is_owned && short == OWNER) => format!("`{short}`"),
            _ => format!("`{role}`"),
        };
        let quoted: Vec<String> = roles.iter().map(quoted).collect();
        let with = match quoted.as_slice() {
            [] => String::new(),
            [only] => only.clone(),
            [first, rest @ ..] => format!("{first} with {}", join_words(rest, "and")),
        };
        let words = match (with.is_empty(), relations.is_empty()) {
            (true, true) => "anyone".to_owned(),
            (true, false) => relations.join(" and "),
            (false, true) => with,
            (false, false) => format!("{with} if {}", relations.join(" and ")),
        };
        Holding { roles, relations, words }
    }
}

/// One of [`TypePair::choices`] in words.
pub(crate) fn shown_choice(name: &str) -> String {
    if name == NO_ROLE { "somebody without a role".to_owned() } else { format!("`{name}`") }
}
