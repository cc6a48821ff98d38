//! What was asked under a policy, and how its rules decided.

use std::collections::HashSet;

use rollcall_engine::{
    Action, Decision, Facts, Mask, MembershipWrite, Node, Permission, Policy, Reason, Refusal, ResourceType, RoleId,
    SubjectRef, Target, TypeId, WriteKind, assigned_roles_of, is_archived,
};

/// The questions that were asked under one policy, as far as its rules answered them.
#[derive(Debug)]
pub struct Coverage<'p> {
    pub(crate) policy: &'p Policy,
    observations: HashSet<(TypeId, CoveredOperation, Observation)>,
}

/// A row of the table; membership writes have a row for each pair of roles that they remove and grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CoveredOperation {
    /// The action with this index among those of its type.
    Action(usize),
    /// A membership write.
    Write {
        kind: WriteKind,
        /// The role that it removes, [`Mask::ANYONE`] where the target holds none; empty for a kind that removes none.
        from: Mask,
        /// The role that it grants; empty for a kind that grants none.
        to: Mask,
    },
}

/// Who asked, in which state, and whether they were allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Observation {
    /// The roles that they hold at the resource or above it by bindings, without what those imply, and their relations.
    pub(crate) assigned_roles: Mask,
    pub(crate) allowed: bool,
    /// Whether the subject was locked; always false for a write.
    pub(crate) locked: bool,
    /// Whether the resource or one above it was archived; always false for a write.
    pub(crate) archived: bool,
}

impl<'p> Coverage<'p> {
    /// Coverage of a policy that nothing has been asked about.
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, observations: HashSet::new() }
    }

    /// Records the decision about an action of the type. One that no rule made, as when the subject is no member, is
    /// left out.
    pub fn record_check<F: Facts + ?Sized>(
        &mut self,
        facts: &F,
        subject: SubjectRef<'_>,
        (resource_type, action): (&ResourceType, &Action),
        target: Target<'_>,
        decision: &Decision,
    ) {
        let decided_by_rule = decision.allowed() || matches!(decision.reason, Reason::NotGranted | Reason::Excluded);
        let Some(at) =
            resource_type.actions().iter().position(|known| known.name() == action.name()).filter(|_| decided_by_rule)
        else {
            return;
        };
        let observation = Observation {
            assigned_roles: assigned_roles_of(facts, subject, target),
            allowed: decision.allowed(),
            locked: facts.member_state(subject).is_some_and(|state| state.locked),
            archived: is_archived(facts, target),
        };
        self.observations.insert((resource_type.id(), CoveredOperation::Action(at), observation));
    }

    /// Records whether a membership write was permitted. An outcome that no rule decided, as when the target is
    /// protected or the state forbids what the rules allow, is left out.
    pub fn record_write<F: Facts + ?Sized>(
        &mut self,
        facts: &F,
        actor: SubjectRef<'_>,
        node: Node,
        target: SubjectRef<'_>,
        operation: MembershipWrite,
        outcome: &Result<Permission<'_>, Refusal>,
    ) {
        let self_relation = if actor == target { Mask::SELF } else { Mask::EMPTY };
        let assigned_roles = assigned_roles_of(facts, actor, Target::Registered(node)) | self_relation;
        let resource_type = facts.resource(node).resource_type;
        let mut record = |write: MembershipWrite, removed_roles: Mask| {
            let row = CoveredOperation::Write {
                kind: write.kind,
                from: if write.kind.removes_roles() && removed_roles.is_empty() { Mask::ANYONE } else { removed_roles },
                to: write.to.map_or(Mask::EMPTY, RoleId::mask),
            };
            let observation = Observation { assigned_roles, allowed: outcome.is_ok(), locked: false, archived: false };
            self.observations.insert((resource_type, row, observation));
        };
        match outcome {
            Ok(permission) if permission.removed_roles.is_empty() => record(operation, Mask::EMPTY),
            Ok(permission) => permission.removed_roles.roles().for_each(|role| record(operation, Mask::role(role))),
            Err(Refusal::NotPermitted { write, .. }) => {
                record(*write, write.from.map_or(Mask::EMPTY, RoleId::mask));
            }
            Err(_) => {}
        }
    }

    /// The outcomes that were recorded for one row of the table.
    pub(crate) fn observations(&self, resource_type: &ResourceType, operation: CoveredOperation) -> Vec<Observation> {
        let row = (resource_type.id(), operation);
        let recorded =
            self.observations.iter().filter(|(recorded_type, recorded, _)| (*recorded_type, *recorded) == row);
        recorded.map(|(_, _, observation)| *observation).collect()
    }
}
