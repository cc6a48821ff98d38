//! One resource type under two policies. Roles have other numbers in each, so they are matched by name.

use rollcall_engine::{
    Mask, MemberRule, NOBODY, OWNER, Policy, ResourceType, Role, RoleId, Rule, Term, WriteKind, join_words, rules_about,
};

use crate::table::cell::{member_relations, singles};

/// Among the roles that a write may remove: a target that holds none.
const NO_ROLE: &str = "anyone";

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

/// A type under one policy.
pub(crate) struct TypeVersion<'p> {
    pub(crate) policy: &'p Policy,
    /// The type; none when the policy has no type of that name.
    pub(crate) resource_type: Option<&'p ResourceType>,
    /// The roles of [`TypePair::roles`] under this policy, in that order; none for a role that has no effect at the
    /// type.
    roles: Vec<Option<RoleId>>,
}

/// What somebody holds: roles by their index in [`TypePair::roles`], and relations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexedHolding {
    pub(crate) roles: Vec<usize>,
    pub(crate) relations: Mask,
}

/// The roles and relations that somebody holds, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Roles as `TYPE.ROLE`; empty for whoever holds none.
    pub roles: Vec<String>,
    /// The words of the relations: `owner`, `self`, `operator`; empty where there is none.
    pub relations: Vec<&'static str>,
    /// The same in words, roles in backticks and without the type where it is the one compared, unless a role `owner`
    /// could be taken for the relation; `anyone` for whoever holds nothing.
    pub words: String,
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

impl TypeVersion<'_> {
    /// Whether the resources of the type have owners.
    fn is_owned(&self) -> bool {
        self.resource_type.is_some_and(ResourceType::is_owned)
    }

    /// The roles of the type itself.
    pub(crate) fn own_roles(&self) -> impl Iterator<Item = &Role> {
        self.resource_type.into_iter().flat_map(ResourceType::roles).map(|id| self.policy.role(*id))
    }

    /// The bits of one who holds this, with what their roles imply.
    pub(crate) fn bits(&self, holding: &IndexedHolding) -> Mask {
        let roles = holding.roles.iter().filter_map(|role| self.roles.get(*role).copied().flatten());
        self.policy.bits(roles.map(RoleId::mask).collect::<Mask>() | holding.relations)
    }

    /// For each of [`TypePair::roles`], whether this one is or implies it.
    fn implied_by(&self, role: usize) -> Vec<bool> {
        let bits = self.bits(&IndexedHolding { roles: vec![role], relations: Mask::EMPTY });
        self.roles.iter().map(|id| id.is_some_and(|id| bits.contains(id.mask()))).collect()
    }

    /// The terms of the rules about one write to somebody who is `whom`; its roles are two of [`TypePair::choices`], and
    /// `whom` is one of [`TypePair::whom_choices`]. Empty where the policy has none.
    pub(crate) fn write_terms(&self, kind: WriteKind, from: &str, to: &str, whom: &str) -> Vec<Term> {
        let is_about = |rule: &&MemberRule| rule.whom().is_none_or(|said| self.expression(said) == whom);
        self.rules(kind, from, to).filter(is_about).flat_map(|rule| rule.by().terms()).copied().collect()
    }

    /// The rules about one write, to whomever it is made.
    fn rules(&self, kind: WriteKind, from: &str, to: &str) -> impl Iterator<Item = &MemberRule> {
        let mask = |name: &str| match name {
            "" => Some(Mask::EMPTY),
            NO_ROLE => Some(Mask::ANYONE),
            name => self.own_roles().find(|role| role.name() == name).map(Role::mask),
        };
        let found = self.resource_type.zip(mask(from)).zip(mask(to));
        found.into_iter().flat_map(move |((resource_type, from), to)| rules_about(resource_type, kind, from, to))
    }

    /// A rule as an expression that is the same however the file has it, as far as it names the same roles.
    fn expression(&self, rule: &Rule) -> String {
        let name = |bit: Mask| match (self.policy.roles_in(bit).next(), self.resource_type) {
            (Some(role), Some(resource_type)) => self.policy.name_at(resource_type, role),
            _ => Mask::RELATIONS.iter().find(|(_, known)| *known == bit).map_or("", |(word, _)| word).to_owned(),
        };
        let words = |term: &Term| {
            let needed = singles(term.need).map(name);
            let forbidden = singles(term.forbid).map(|bit| format!("!{}", name(bit)));
            let mut words: Vec<String> = needed.chain(forbidden).collect();
            words.sort();
            words.join(" & ")
        };
        let mut terms: Vec<String> = rule.terms().iter().map(words).collect();
        terms.sort();
        if terms.is_empty() { NOBODY.to_owned() } else { terms.join(" | ") }
    }
}

impl IndexedHolding {
    /// Every holding that is this one without one of its roles or relations.
    pub(crate) fn one_less(&self) -> Vec<Self> {
        let without_role = |at: usize| {
            let mut less = self.clone();
            less.roles.remove(at);
            less
        };
        let without_relation =
            |relation: Mask| Self { roles: self.roles.clone(), relations: self.relations.without(relation) };
        let relations = Mask::RELATIONS.iter().filter(|(_, relation)| self.relations.contains(*relation));
        (0..self.roles.len()).map(without_role).chain(relations.map(|(_, one)| without_relation(*one))).collect()
    }

    /// Both together, without duplicates.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut roles = self.roles.clone();
        roles.extend(&other.roles);
        roles.sort_unstable();
        roles.dedup();
        Self { roles, relations: self.relations | other.relations }
    }
}

/// One of [`TypePair::choices`] in words.
pub(crate) fn shown_choice(name: &str) -> String {
    if name == NO_ROLE { "somebody without a role".to_owned() } else { format!("`{name}`") }
}

/// The roles of a type and of those above it, from the root down.
fn ancestor_roles<'p>(policy: &'p Policy, resource_type: Option<&'p ResourceType>) -> Vec<&'p Role> {
    let ancestors = resource_type.map_or(Vec::new(), |resource_type| policy.ancestors(resource_type));
    ancestors.into_iter().rev().flat_map(ResourceType::roles).map(|id| policy.role(*id)).collect()
}
