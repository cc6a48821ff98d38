//! One resource type under one of two policies.

use rollcall_engine::{
    Mask, MemberRule, NOBODY, Policy, ResourceType, Role, RoleId, Rule, Term, WriteKind, rules_about,
};

use crate::{diff::holding::IndexedHolding, table::cell::singles};

/// Among the roles that a write may remove: a target that holds none.
pub(super) const NO_ROLE: &str = "anyone";

/// A type under one policy.
pub(crate) struct TypeVersion<'p> {
    pub(crate) policy: &'p Policy,
    /// The type; none when the policy has no type of that name.
    pub(crate) resource_type: Option<&'p ResourceType>,
    /// The roles of [`TypePair::roles`](super::versions::TypePair::roles) under this policy, in that order; none for a role that has no effect at the
    /// type.
    pub(super) roles: Vec<Option<RoleId>>,
}

impl TypeVersion<'_> {
    /// Whether the resources of the type have owners.
    pub(super) fn is_owned(&self) -> bool {
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

    /// For each of [`TypePair::roles`](super::versions::TypePair::roles), whether this one is or implies it.
    pub(super) fn implied_by(&self, role: usize) -> Vec<bool> {
        let bits = self.bits(&IndexedHolding { roles: vec![role], relations: Mask::EMPTY });
        self.roles.iter().map(|id| id.is_some_and(|id| bits.contains(id.mask()))).collect()
    }

    /// The terms of the rules about one write to somebody who is `whom`; its roles are two of [`TypePair::choices`](super::versions::TypePair::choices), and
    /// `whom` is one of [`TypePair::whom_choices`](super::versions::TypePair::whom_choices). Empty where the policy has none.
    pub(crate) fn write_terms(&self, kind: WriteKind, from: &str, to: &str, whom: &str) -> Vec<Term> {
        let is_about = |rule: &&MemberRule| rule.whom().is_none_or(|said| self.expression(said) == whom);
        self.rules(kind, from, to).filter(is_about).flat_map(|rule| rule.by().terms()).copied().collect()
    }

    /// The rules about one write, to whomever it is made.
    pub(super) fn rules(&self, kind: WriteKind, from: &str, to: &str) -> impl Iterator<Item = &MemberRule> {
        let mask = |name: &str| match name {
            "" => Some(Mask::EMPTY),
            NO_ROLE => Some(Mask::ANYONE),
            name => self.own_roles().find(|role| role.name() == name).map(Role::mask),
        };
        let found = self.resource_type.zip(mask(from)).zip(mask(to));
        found.into_iter().flat_map(move |((resource_type, from), to)| rules_about(resource_type, kind, from, to))
    }

    /// A rule as an expression that is the same however the file has it, as far as it names the same roles.
    pub(super) fn expression(&self, rule: &Rule) -> String {
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

/// The roles of a type and of those above it, from the root down.
pub(super) fn ancestor_roles<'p>(policy: &'p Policy, resource_type: Option<&'p ResourceType>) -> Vec<&'p Role> {
    let ancestors = resource_type.map_or(Vec::new(), |resource_type| policy.ancestors(resource_type));
    ancestors.into_iter().rev().flat_map(ResourceType::roles).map(|id| policy.role(*id)).collect()
}
