//! What somebody holds under one of two policies.

use rollcall_engine::Mask;

/// What somebody holds: roles by their index in [`TypePair::roles`](super::versions::TypePair::roles), and relations.
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
