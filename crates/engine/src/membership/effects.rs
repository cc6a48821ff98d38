//! What another policy changes for the members of a tenant: who gains and loses which actions and membership writes.
//! Both policies decide over the same facts; nothing is concluded from how they are written.

use crate::{
    decision::{
        list::actions,
        target::{StatedFacts, Target, locate},
    },
    domain::{MemberStatus, ResourceKey, Subject, SubjectRef},
    facts::Facts,
    membership::{
        effect_scope::{EffectScope, add_assigned_resources, effect_scopes, owned_resources},
        possible_writes::PossibleWrites,
    },
    model::{Action, TypeSet},
};

/// What another policy changes for one member at one resource, or at all of one type below a resource: at least one
/// action or membership write is gained or lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The member: an active person, never a team or everybody of a type.
    pub member: Subject,
    /// The resource. With an empty id: every resource of the type that is below `below` and at which, and between which
    /// and `below`, the member neither holds a role nor owns anything; for a type of member records, those of all
    /// others.
    pub resource: ResourceKey,
    /// The resource that those of a `resource` with an empty id are below; none where `resource` has an id.
    pub below: Option<ResourceKey>,
    /// The names of the actions that the member may do afterwards and not before, in the order of the policy
    /// afterwards.
    pub gained: Vec<String>,
    /// The names of the actions that the member may do before and not afterwards, in the order of the policy before.
    pub lost: Vec<String>,
    /// The membership writes that the member may make afterwards and not before, in words such as
    /// `change viewer to editor` and in the order of the policy afterwards. ` (self)` follows where they may make it to
    /// nobody but themselves.
    pub gained_writes: Vec<String>,
    /// The membership writes that the member may make before and not afterwards, worded likewise, in the order of the
    /// policy before.
    pub lost_writes: Vec<String>,
}

/// The effects of another policy on one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The first effects, as many as were asked for. Those of a member stand together; members are ordered by their
    /// type, then by their id, byte by byte.
    pub first: Vec<Effect>,
    /// How many effects there are, with those that `first` leaves out.
    pub total: u64,
}

/// Compares what every active person may do, and which memberships they may write: at the root, at each resource where
/// they hold a role or which they own, on their own record, and at what is below these resources. `before` and `after`
/// are the same facts under either policy. At most `limit` effects are kept, and all are counted. `goes_on` is asked before
/// each member: none when it says no.
pub fn effects(
    before: &dyn Facts,
    after: &dyn Facts,
    limit: usize,
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Effects> {
    let owned_resources = owned_resources(after);
    let [old, new] = [before, after].map(PolicyFacts::new);
    let mut effects = Effects::default();
    for member in active_people(after) {
        if !goes_on() {
            return None;
        }
        let mut resources = owned_resources.get(&member).cloned().unwrap_or_default();
        add_assigned_resources(before, member, &mut resources);
        add_assigned_resources(after, member, &mut resources);
        for scope in effect_scopes(before, after, member, resources) {
            let (old_access, new_access) = (old.access(&scope, member), new.access(&scope, member));
            let Some(effect) = effect(member, scope, &old_access, &new_access) else { continue };
            effects.total += 1;
            if effects.first.len() < limit {
                effects.first.push(effect);
            }
        }
    }
    Some(effects)
}

/// The members to compare, in order. What a team gains and loses is an effect on each of its members.
fn active_people(facts: &dyn Facts) -> Vec<SubjectRef<'_>> {
    let mut people = Vec::new();
    facts.each_member(&mut |subject, state| {
        if facts.policy().is_person(subject) && state.status == MemberStatus::Active {
            people.push(subject);
        }
    });
    people.sort_unstable_by_key(|subject| (subject.kind, subject.id));
    people
}

/// What changes for a member in a scope; none where nothing is gained or lost.
fn effect(member: SubjectRef<'_>, scope: EffectScope, old: &Access<'_>, new: &Access<'_>) -> Option<Effect> {
    if old == new {
        return None;
    }
    let effect = Effect {
        member: member.to_subject(),
        resource: scope.resource,
        below: scope.below,
        gained: only_in(&new.actions, &old.actions),
        lost: only_in(&old.actions, &new.actions),
        gained_writes: only_in(&new.writes, &old.writes),
        lost_writes: only_in(&old.writes, &new.writes),
    };
    let changes = [&effect.gained, &effect.lost, &effect.gained_writes, &effect.lost_writes];
    let is_changed = changes.iter().any(|names| !names.is_empty());
    is_changed.then_some(effect)
}

/// The names that are not among `others`.
fn only_in(names: &[&str], others: &[&str]) -> Vec<String> {
    names.iter().filter(|name| !others.contains(name)).map(|name| (*name).to_owned()).collect()
}

/// What a member may do in a scope: actions by name, membership writes in words.
#[derive(Default, PartialEq)]
struct Access<'f> {
    actions: Vec<&'f str>,
    writes: Vec<&'f str>,
}

/// The facts under one of the two policies.
struct PolicyFacts<'f> {
    facts: &'f dyn Facts,
    possible_writes: PossibleWrites<'f>,
}

impl<'f> PolicyFacts<'f> {
    fn new(facts: &'f dyn Facts) -> Self {
        Self { facts, possible_writes: PossibleWrites::of(facts.policy()) }
    }

    /// What a member may do in a scope; nothing where the policy has no such type.
    fn access(&self, scope: &EffectScope, member: SubjectRef<'_>) -> Access<'_> {
        let (facts, policy) = (self.facts, self.facts.policy());
        let Some(resource_type) = policy.type_named(&scope.resource.kind) else { return Access::default() };
        let target = match &scope.below {
            None => locate(facts, resource_type, &scope.resource.id, StatedFacts::default()),
            // Nobody's id is empty, so this is somebody else's record.
            Some(_) if resource_type.has_member_records() => Target::Record(""),
            Some(below) => {
                let parent = policy.type_named(&below.kind).and_then(|parent| facts.find(parent.id(), &below.id));
                let types_below = TypeSet::EMPTY.with(resource_type.id());
                let stated = |parent| Target::Stated { types_below, parent, owner: None };
                parent.map_or(Target::Absent, stated)
            }
        };
        Access {
            actions: actions(facts, member, resource_type, target).into_iter().map(Action::name).collect(),
            writes: self.possible_writes.permitted(facts, member, resource_type, target),
        }
    }
}
