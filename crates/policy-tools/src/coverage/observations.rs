//! What was asked under a policy, and how its rules decided.

use std::collections::HashSet;

use rollcall_engine::{
    Action, Decision, Facts, Mask, MembershipWrite, Node, Permission, Policy, Reason, Refusal, ResourceType, Role,
    RoleId, SubjectRef, Target, TypeId, WriteKind, assigned_roles_of, is_archived, target_bits, writes,
};

use crate::table::cell::allowed;

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
        /// Which of the choices whom it is made to, counted from 0.
        whom: usize,
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
        let request = AskedWrite {
            assigned_roles: assigned_roles_of(facts, actor, Target::Registered(node)) | self_relation,
            target_bits: target_bits(facts, node, target),
            resource_type: self.policy.resource_type(facts.resource(node).resource_type),
            is_allowed: outcome.is_ok(),
        };
        let mut record = |write: MembershipWrite, from: Option<RoleId>| {
            let rows = request.rows(self.policy, write, from).into_iter();
            self.observations.extend(rows.map(|row| (request.resource_type.id(), row, request.observation())));
        };
        match outcome {
            Ok(permission) => {
                let member = facts.member_state(target).filter(|_| !operation.kind.removes_roles());
                let assigned_roles =
                    member.map_or(permission.removed_roles, |state| facts.assigned_roles(state.member, node));
                let roles: Vec<RoleId> = self.policy.roles_in(assigned_roles).map(Role::id).collect();
                if roles.is_empty() {
                    record(operation, None);
                }
                for role in roles {
                    record(operation, Some(role));
                }
            }
            Err(Refusal::NotPermitted { write, .. }) => record(*write, write.from),
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

/// A membership write that was asked about.
struct AskedWrite<'p> {
    assigned_roles: Mask,
    target_bits: Mask,
    resource_type: &'p ResourceType,
    is_allowed: bool,
}

impl AskedWrite<'_> {
    /// The rows of the table that it is a question of: those of the target's role, and of whom the rules are about, which
    /// decide as it was decided.
    fn rows(&self, policy: &Policy, write: MembershipWrite, from: Option<RoleId>) -> Vec<CoveredOperation> {
        let (resource_type, kind) = (self.resource_type, write.kind);
        let says_from = kind.removes_roles() || resource_type.members().says_from(kind);
        let from = if says_from { from.map_or(Mask::ANYONE, RoleId::mask) } else { Mask::EMPTY };
        let to = write.to.map_or(Mask::EMPTY, RoleId::mask);
        let choices = writes::whom_choices(kind, resource_type, from, to);
        let decides = |whom: &str| {
            allowed(&writes::terms_to(kind, resource_type, from, to, whom), policy.bits(self.assigned_roles))
        };
        let is_asked = |whom: &str| {
            writes::is_to(resource_type, kind, (from, to), whom, self.target_bits) && decides(whom) == self.is_allowed
        };
        let rows = choices.iter().enumerate().filter(|(_, whom)| is_asked(whom));
        rows.map(|(whom, _)| CoveredOperation::Write { kind, from, to, whom }).collect()
    }

    fn observation(&self) -> Observation {
        Observation { assigned_roles: self.assigned_roles, allowed: self.is_allowed, locked: false, archived: false }
    }
}
