//! One type under two policies, whose roles go by name.

use rollcall_engine::{Mask, Policy, ResourceType, Role, RoleId, Term, WriteKind, listed, writes};

use crate::table::cell::held_relations;

/// Among the roles that a write may take: whoever holds none.
const NO_ROLE: &str = "anyone";

/// A type under the old and the new policy.
pub(crate) struct Sides<'p> {
    pub(crate) of: String,
    pub(crate) old: Side<'p>,
    pub(crate) new: Side<'p>,
    /// The roles of the type and of those above it under either policy, with their types.
    pub(crate) roles: Vec<String>,
    /// The places of those that imply something else under one policy than under the other.
    shifted: Vec<usize>,
}

/// A type under one policy.
pub(crate) struct Side<'p> {
    pub(crate) policy: &'p Policy,
    /// None when the policy has no such type.
    pub(crate) of: Option<&'p ResourceType>,
    /// The places of [`Sides::roles`] under this policy; none for a role that counts for nothing at the type.
    roles: Vec<Option<RoleId>>,
}

/// What somebody holds: roles by their place in [`Sides::roles`], and relations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) roles: Vec<usize>,
    pub(crate) relations: Mask,
}

/// What somebody holds, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Roles, with their types.
    pub roles: Vec<String>,
    /// Relations.
    pub relations: Vec<&'static str>,
    /// In words, roles in backticks: `anyone` for whoever holds nothing.
    pub words: String,
}

impl<'p> Sides<'p> {
    pub(crate) fn new(old: &'p Policy, new: &'p Policy, of: &str) -> Self {
        let types = [old, new].map(|policy| policy.find_type(of).ok());
        let mut roles: Vec<String> = Vec::new();
        for (policy, of) in [old, new].into_iter().zip(types) {
            for role in on_the_way(policy, of) {
                let name = policy.qualified(role);
                if !roles.contains(&name) {
                    roles.push(name);
                }
            }
        }
        let side = |policy: &'p Policy, of: Option<&'p ResourceType>| {
            let known = on_the_way(policy, of);
            let find = |name: &String| known.iter().find(|role| policy.qualified(role) == *name).map(|role| role.id());
            Side { policy, of, roles: roles.iter().map(find).collect() }
        };
        let [before, after] = types;
        let (old, new) = (side(old, before), side(new, after));
        let shifted = (0..roles.len()).filter(|role| old.implied_by(*role) != new.implied_by(*role)).collect();
        Self { of: of.to_owned(), old, new, roles, shifted }
    }

    /// The least holdings that have these bits on one side; empty when only an operator, or nobody, has them.
    ///
    /// A role that implies a bit on both sides alike is no better than the bit's own role. One that does not may be
    /// worth more or less on the other side, so it is a holder of its own.
    pub(crate) fn holders(&self, side: &Side<'_>, bits: Mask, most: usize) -> Vec<Held> {
        if bits.contains(Mask::OPERATOR) {
            return Vec::new();
        }
        let mut holders = vec![Held { roles: Vec::new(), relations: held_relations(bits) }];
        for role in side.policy.roles_in(bits) {
            let own = side.roles.iter().position(|known| *known == Some(role.id()));
            let has = |place: &usize| own.is_some_and(|own| side.implied_by(*place).get(own) == Some(&true));
            let places: Vec<usize> = own
                .into_iter()
                .chain(self.shifted.iter().copied().filter(has).filter(|place| Some(*place) != own))
                .collect();
            let with = |held: &Held, place: usize| held.and(&Held { roles: vec![place], relations: Mask::EMPTY });
            holders =
                holders.iter().flat_map(|held| places.iter().map(move |place| with(held, *place))).take(most).collect();
        }
        holders
    }

    /// What may stand on one side of a kind of writes under either policy, by name; the empty name where the kind has
    /// no such side.
    pub(crate) fn choices(&self, verb: WriteKind, choices: fn(WriteKind, &ResourceType) -> Vec<Mask>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for side in [&self.old, &self.new] {
            for choice in side.of.map_or(Vec::new(), |of| choices(verb, of)) {
                let name = match side.policy.roles_in(choice).next() {
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

    /// What somebody holds, for the outside.
    pub(crate) fn named(&self, held: &Held) -> Holding {
        let roles: Vec<String> = held.roles.iter().filter_map(|role| self.roles.get(*role)).cloned().collect();
        let relations = Mask::RELATIONS.iter().filter(|(_, relation)| held.relations.contains(*relation));
        let relations: Vec<&'static str> = relations.map(|(word, _)| *word).collect();
        let own = format!("{}.", self.of);
        let quoted: Vec<String> =
            roles.iter().map(|role| format!("`{}`", role.strip_prefix(&own).unwrap_or(role))).collect();
        let with = match quoted.as_slice() {
            [] => String::new(),
            [only] => only.clone(),
            [first, rest @ ..] => format!("{first} with {}", listed(rest, "and")),
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

impl Side<'_> {
    /// The roles of the type itself.
    pub(crate) fn own_roles(&self) -> impl Iterator<Item = &Role> {
        self.of.into_iter().flat_map(ResourceType::roles).map(|id| self.policy.role(*id))
    }

    /// The bits of one who holds this.
    pub(crate) fn bits(&self, held: &Held) -> Mask {
        let roles = held.roles.iter().filter_map(|role| self.roles.get(*role).copied().flatten());
        self.policy.bits(roles.map(RoleId::mask).collect::<Mask>() | held.relations)
    }

    /// For each of [`Sides::roles`], whether this one is or implies it.
    fn implied_by(&self, role: usize) -> Vec<bool> {
        let bits = self.bits(&Held { roles: vec![role], relations: Mask::EMPTY });
        self.roles.iter().map(|id| id.is_some_and(|id| bits.contains(id.mask()))).collect()
    }

    /// The terms of the rules about one write, its roles by name.
    pub(crate) fn write_terms(&self, verb: WriteKind, from: &str, to: &str) -> Vec<Term> {
        let Some(of) = self.of else { return Vec::new() };
        let mask = |name: &str| match name {
            "" => Some(Mask::EMPTY),
            NO_ROLE => Some(Mask::ANYONE),
            name => self.own_roles().find(|role| role.name() == name).map(Role::mask),
        };
        let (Some(from), Some(to)) = (mask(from), mask(to)) else { return Vec::new() };
        writes::terms(verb, of, from, to)
    }
}

impl Held {
    /// Everything that is this but for one thing.
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

    /// Both, without saying anything twice.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut roles = self.roles.clone();
        roles.extend(&other.roles);
        roles.sort_unstable();
        roles.dedup();
        Self { roles, relations: self.relations | other.relations }
    }
}

/// One of [`Sides::choices`] in words.
pub(crate) fn shown_choice(name: &str) -> String {
    if name == NO_ROLE { "somebody without a role".to_owned() } else { format!("`{name}`") }
}

/// The roles of a type and of those above it, from the root down.
fn on_the_way<'p>(policy: &'p Policy, of: Option<&'p ResourceType>) -> Vec<&'p Role> {
    let way = of.map_or(Vec::new(), |of| policy.ancestors(of));
    way.into_iter().rev().flat_map(ResourceType::roles).map(|id| policy.role(*id)).collect()
}
