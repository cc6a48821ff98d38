//! Who gains and loses what when a tenant goes from one policy to another. Both decide, over the same facts: nothing
//! is concluded from how the policies are written.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::{
    decision::{
        decide::{Stated, Target, locate},
        list::actions,
    },
    domain::{MemberStatus, ResourceKey, Subject, SubjectRef, kind},
    facts::{Facts, Principals, name_of},
    membership::writable::Writable,
    model::{Action, Policy, ResourceType, TypeId},
};

/// What changes for a member at a place: at least one action or membership write is gained or lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Whose.
    pub member: Subject,
    /// Where. Without an id: at every resource of the type that is below `below` and at which, and between which and
    /// `below`, the member neither holds a role nor owns anything.
    pub resource: ResourceKey,
    /// Where a resource without an id is.
    pub below: Option<ResourceKey>,
    /// Actions that the member may do afterwards and not before, in the order of the policy afterwards.
    pub gained: Vec<String>,
    /// Actions that the member may do before and not afterwards, in the order of the policy before.
    pub lost: Vec<String>,
    /// Membership writes that the member may make afterwards and not before, in words and in the order of the policy
    /// afterwards; with `(self)` those to nobody but themselves.
    pub gained_writes: Vec<String>,
    /// Membership writes that the member may make before and not afterwards, in the order of the policy before.
    pub lost_writes: Vec<String>,
}

/// The effects of another policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The first of them, in the order of the members.
    pub first: Vec<Effect>,
    /// How many there are.
    pub total: u64,
}

/// Compares what every active member may do, and which memberships they may write: at the root, at each resource where they hold a role or which they own,
/// on their own record, and at what is below these places. `most` effects are kept.
pub fn effects(before: &dyn Facts, after: &dyn Facts, most: usize) -> Effects {
    let mut members = Vec::new();
    after.each_member(&mut |subject, standing| {
        // A team's gains and losses are told of each of its members.
        if after.policy().is_person(subject) && standing.status == MemberStatus::Active {
            members.push(subject);
        }
    });
    members.sort_unstable_by_key(|subject| (subject.kind, subject.id));
    let owned = owned(after);
    let sides = [before, after].map(|facts| Side { facts, writable: Writable::of(facts.policy()) });
    let [was, is] = &sides;
    let mut effects = Effects::default();
    for member in members {
        let mut places = owned.get(&member).cloned().unwrap_or_default();
        bound(before, member, &mut places);
        bound(after, member, &mut places);
        for spot in spots(before, after, member, places) {
            let (had, has) = (was.allowed(&spot, member), is.allowed(&spot, member));
            if had == has {
                continue;
            }
            let only = |of: &[&str], not: &[&str]| -> Vec<String> {
                of.iter().filter(|one| !not.contains(one)).map(|one| (*one).to_owned()).collect()
            };
            let (gained, lost) = (only(&has.actions, &had.actions), only(&had.actions, &has.actions));
            let (gained_writes, lost_writes) = (only(&has.writes, &had.writes), only(&had.writes, &has.writes));
            if [&gained, &lost, &gained_writes, &lost_writes].iter().all(|changed| changed.is_empty()) {
                continue;
            }
            effects.total += 1;
            if effects.first.len() < most {
                let Spot { resource, below } = spot;
                let member = member.to_subject();
                effects.first.push(Effect { member, resource, below, gained, lost, gained_writes, lost_writes });
            }
        }
    }
    effects
}

/// A place to compare at, as an [`Effect`] names it.
struct Spot {
    resource: ResourceKey,
    below: Option<ResourceKey>,
}

/// What a member may do at a place: actions by name, membership writes in words.
#[derive(Default, PartialEq)]
struct Allowed<'f> {
    actions: Vec<&'f str>,
    writes: Vec<&'f str>,
}

/// The facts under one of the policies.
struct Side<'f> {
    facts: &'f dyn Facts,
    writable: Writable<'f>,
}

impl Side<'_> {
    /// What a member may do at a place; nothing where the policy has no such type.
    fn allowed(&self, spot: &Spot, member: SubjectRef<'_>) -> Allowed<'_> {
        let facts = self.facts;
        let Ok(of) = facts.policy().find_type(&spot.resource.kind) else { return Allowed::default() };
        let target = match &spot.below {
            None => locate(facts, of, &spot.resource.id, Stated::default()),
            // Nobody's id is empty, so this is somebody else's record.
            Some(_) if of.has_member_records() => Target::Record(""),
            Some(below) => {
                let above = facts.policy().find_type(&below.kind).ok().and_then(|of| facts.find(of.id(), &below.id));
                above.map_or(Target::Absent, |parent| Target::Stated { of: of.id(), parent, owner: None })
            }
        };
        Allowed {
            actions: actions(facts, member, of, target).into_iter().map(Action::name).collect(),
            writes: self.writable.by(facts, member, of, target),
        }
    }
}

/// The places of one member: the root, `places`, their own record, and what is below.
fn spots(
    before: &dyn Facts,
    after: &dyn Facts,
    member: SubjectRef<'_>,
    mut places: BTreeSet<ResourceKey>,
) -> Vec<Spot> {
    let root = name_of(after, after.root()).to_key();
    places.remove(&root);
    let places: Vec<ResourceKey> = std::iter::once(root).chain(places).collect();
    let at = |resource: ResourceKey| Spot { resource, below: None };
    let mut spots: Vec<Spot> = places.iter().cloned().map(at).collect();
    if member.kind == kind::USER {
        let records = kinds(before, after, ResourceType::has_member_records);
        spots.extend(records.into_iter().map(|kind| at(ResourceKey::new(kind, member.id))));
    }
    for place in places {
        for kind in kinds_below(before, after, &place.kind) {
            spots.push(Spot { resource: ResourceKey::new(kind, ""), below: Some(place.clone()) });
        }
    }
    spots
}

/// The types of either policy that are wanted, in the order of the policy afterwards.
fn kinds<'f>(before: &'f dyn Facts, after: &'f dyn Facts, wanted: impl Fn(&ResourceType) -> bool) -> Vec<&'f str> {
    let mut kinds: Vec<&str> = Vec::new();
    for of in after.policy().types().iter().chain(before.policy().types()) {
        if wanted(of) && !kinds.contains(&of.name()) {
            kinds.push(of.name());
        }
    }
    kinds
}

fn kinds_below<'f>(before: &'f dyn Facts, after: &'f dyn Facts, above: &str) -> Vec<&'f str> {
    let is_below = |policy: &Policy, of: &ResourceType| {
        let up = |id: &TypeId| policy.resource_type(*id).parent();
        let nested = of.is_nested() && of.name() == above;
        nested || std::iter::successors(of.parent(), up).any(|id| policy.resource_type(id).name() == above)
    };
    let either = |of: &ResourceType| {
        let policies = [before.policy(), after.policy()];
        policies.into_iter().any(|policy| policy.find_type(of.name()).is_ok_and(|of| is_below(policy, of)))
    };
    kinds(before, after, either)
}

fn bound(facts: &dyn Facts, member: SubjectRef<'_>, places: &mut BTreeSet<ResourceKey>) {
    let holders = facts.member_state(member).map(|standing| Principals::of(facts, member, standing.member));
    for holder in holders.into_iter().flat_map(Principals::each) {
        facts.each_assignment(holder, &mut |node, _| {
            places.insert(name_of(facts, node).to_key());
        });
    }
}

fn owned(facts: &dyn Facts) -> HashMap<SubjectRef<'_>, BTreeSet<ResourceKey>> {
    let mut owned: HashMap<SubjectRef<'_>, BTreeSet<ResourceKey>> = HashMap::new();
    for node in facts.policy().types().iter().flat_map(|of| facts.resources_of_type(of.id())) {
        if let Some(owner) = facts.resource(*node).owner {
            owned.entry(owner).or_default().insert(name_of(facts, *node).to_key());
        }
    }
    owned
}
