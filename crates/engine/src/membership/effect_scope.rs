//! Where two policies are compared for a member: the scopes of an [`Effect`](super::effects::Effect).

use std::collections::{BTreeSet, HashMap};

use crate::{
    domain::{ResourceKey, SubjectRef, kind},
    facts::{Facts, Principals, name_of},
    model::{Policy, ResourceType, TypeId},
};

/// One resource, or with an empty id all of its type below another.
pub(super) struct EffectScope {
    pub(super) resource: ResourceKey,
    pub(super) below: Option<ResourceKey>,
}

impl EffectScope {
    fn resource(resource: ResourceKey) -> Self {
        Self { resource, below: None }
    }
}

/// The scopes of one member, in the order of their effects: the root, `resources`, the member's own records, and what
/// is below the root and `resources`.
pub(super) fn effect_scopes(
    before: &dyn Facts,
    after: &dyn Facts,
    member: SubjectRef<'_>,
    mut resources: BTreeSet<ResourceKey>,
) -> Vec<EffectScope> {
    let root = name_of(after, after.root()).to_key();
    resources.remove(&root);
    let resources: Vec<ResourceKey> = std::iter::once(root).chain(resources).collect();
    let mut scopes: Vec<EffectScope> = resources.iter().cloned().map(EffectScope::resource).collect();
    if member.kind == kind::USER {
        let record_types = type_names(before, after, ResourceType::has_member_records);
        scopes.extend(record_types.into_iter().map(|name| EffectScope::resource(ResourceKey::new(name, member.id))));
    }
    for resource in resources {
        for type_name in type_names_below(before, after, &resource.kind) {
            scopes.push(EffectScope { resource: ResourceKey::new(type_name, ""), below: Some(resource.clone()) });
        }
    }
    scopes
}

/// The names of the types of either policy that are to be included: those of the policy afterwards in its order, then
/// those that only the policy before has.
fn type_names<'f>(
    before: &'f dyn Facts,
    after: &'f dyn Facts,
    is_included: impl Fn(&ResourceType) -> bool,
) -> Vec<&'f str> {
    let mut names: Vec<&str> = Vec::new();
    for resource_type in after.policy().types().iter().chain(before.policy().types()) {
        if is_included(resource_type) && !names.contains(&resource_type.name()) {
            names.push(resource_type.name());
        }
    }
    names
}

/// The names of the types that are below the type `above` in at least one of the policies.
fn type_names_below<'f>(before: &'f dyn Facts, after: &'f dyn Facts, above: &str) -> Vec<&'f str> {
    let is_below = |policy: &Policy, resource_type: &ResourceType| {
        let parent = |id: &TypeId| policy.resource_type(*id).parent();
        let is_nested = resource_type.is_nested() && resource_type.name() == above;
        is_nested
            || std::iter::successors(resource_type.parent(), parent).any(|id| policy.resource_type(id).name() == above)
    };
    let policies = [before.policy(), after.policy()];
    let is_below_in =
        |policy: &Policy, name: &str| policy.type_named(name).is_some_and(|found| is_below(policy, found));
    type_names(before, after, |resource_type| {
        policies.into_iter().any(|policy| is_below_in(policy, resource_type.name()))
    })
}

/// Adds the resources at which roles are assigned to a member, to their teams or to everybody of their type.
pub(super) fn add_assigned_resources(facts: &dyn Facts, member: SubjectRef<'_>, resources: &mut BTreeSet<ResourceKey>) {
    let principals = facts.member_state(member).map(|state| Principals::of_member(facts, member, state.member));
    for principal in principals.into_iter().flat_map(Principals::members) {
        facts.each_assignment(principal, &mut |node, _| {
            resources.insert(name_of(facts, node).to_key());
        });
    }
}

/// The registered resources that have an owner, by their owner.
pub(super) fn owned_resources(facts: &dyn Facts) -> HashMap<SubjectRef<'_>, BTreeSet<ResourceKey>> {
    let mut owned_resources: HashMap<SubjectRef<'_>, BTreeSet<ResourceKey>> = HashMap::new();
    for node in facts.policy().types().iter().flat_map(|resource_type| facts.resources_of_type(resource_type.id())) {
        if let Some(owner) = facts.resource(*node).owner {
            owned_resources.entry(owner).or_default().insert(name_of(facts, *node).to_key());
        }
    }
    owned_resources
}
