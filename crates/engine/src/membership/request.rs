//! The steps of the decision about a membership write that look at the target and at the rules.

use crate::{
    domain::{MemberStatus, SubjectRef, kind},
    facts::{Facts, MemberState, Node},
    membership::{
        actor::active_actor, protection::check_protection, refusal::Refusal, rules::find_rule_beside,
        write::MembershipWrite,
    },
    model::{MemberRule, RoleId, mask::Mask, write_kind::WriteKind},
};

/// Subject types of which there is no everybody.
const WITHOUT_EVERYBODY: [&str; 4] = [kind::OPERATOR, kind::EMAIL, kind::INVITED, kind::ERASED];

/// A write to decide about, and what the steps look at.
pub(super) struct Request<'f, 'a, F: ?Sized> {
    pub(super) facts: &'f F,
    pub(super) actor: SubjectRef<'a>,
    pub(super) node: Node,
    pub(super) target: SubjectRef<'a>,
    pub(super) write: MembershipWrite,
    /// What else the target is given.
    pub(super) beside: &'a [(Node, RoleId)],
    /// None for a target who is no member.
    pub(super) target_state: Option<MemberState>,
    /// What the target holds at the resource itself, without what that implies.
    pub(super) assigned_roles: Mask,
    /// Whether the target is somebody who can act: neither a team nor everybody.
    is_person: bool,
}

impl<'f, 'a, F: Facts + ?Sized> Request<'f, 'a, F> {
    pub(super) fn new(
        facts: &'f F,
        actor: SubjectRef<'a>,
        node: Node,
        target: SubjectRef<'a>,
        write: MembershipWrite,
        beside: &'a [(Node, RoleId)],
    ) -> Self {
        let target_state = facts.member_state(target);
        let assigned_roles = target_state.map_or(Mask::EMPTY, |state| facts.assigned_roles(state.member, node));
        // To invite everybody is to publish.
        let publishes = write.kind == WriteKind::Invite && target.is_everybody();
        let kind = if publishes { WriteKind::Publish } else { write.kind };
        let is_person = facts.policy().is_person(target);
        let write = MembershipWrite { kind, ..write };
        Self { facts, actor, node, target, write, beside, target_state, assigned_roles, is_person }
    }

    pub(super) fn target_status(&self) -> Option<MemberStatus> {
        self.target_state.map(|state| state.status)
    }

    /// Whether the target has the role already that the write gives.
    pub(super) fn has_new_role(&self) -> bool {
        self.write.to.is_some_and(|to| self.assigned_roles.contains(to.mask()))
    }

    /// Step 1.
    pub(super) fn target_exists(&self) -> Result<(), Refusal> {
        let becomes_member = match self.write.kind {
            WriteKind::Invite => self.is_person,
            WriteKind::Publish => self.target.is_everybody(),
            _ => false,
        };
        if self.target_state.is_some() || becomes_member { Ok(()) } else { Err(Refusal::NoMember) }
    }

    /// Step 2.
    pub(super) fn removed_roles(&self) -> Result<Mask, Refusal> {
        let (write, assigned_roles) = (self.write, self.assigned_roles);
        if !write.kind.removes_roles() {
            return Ok(Mask::EMPTY);
        }
        let leaves_tenant = || write.kind == WriteKind::Remove && self.is_person && self.node == self.facts.root();
        match write.from {
            Some(role) if assigned_roles.contains(role.mask()) => Ok(role.mask()),
            Some(_) => Err(Refusal::RoleNotBound),
            // Whoever holds nothing in the tenant itself can still be taken out of it.
            None if assigned_roles.is_empty() && leaves_tenant() => Ok(Mask::EMPTY),
            None if assigned_roles.is_empty() => Err(Refusal::RoleNotBound),
            None if write.kind == WriteKind::Change && assigned_roles.role_count() > 1 => Err(Refusal::RoleAmbiguous),
            None => Ok(assigned_roles),
        }
    }

    /// Step 3: a team and everybody hold roles, and can't do or be more.
    pub(super) fn target_eligible(&self) -> Result<(), Refusal> {
        let (policy, target) = (self.facts.policy(), self.target);
        let is_eligible = match self.write.kind {
            WriteKind::Publish => {
                target.is_everybody() && !policy.is_team(target) && !WITHOUT_EVERYBODY.contains(&target.kind)
            }
            WriteKind::Remove => true,
            _ if self.is_person => true,
            WriteKind::Invite | WriteKind::Change => {
                !target.is_everybody() && self.write.to.is_some_and(|to| policy.role(to).is_for_teams())
            }
            _ => false,
        };
        if is_eligible { Ok(()) } else { Err(Refusal::SubjectNotEligible) }
    }

    /// Step 4: the rule for the first role taken, each other role having one too; of a kind that takes none, each that the
    /// target holds.
    pub(super) fn permitting_rule(&self, removed_roles: Mask) -> Result<&'f MemberRule, Refusal> {
        let Self { facts, actor, node, target, write, beside, .. } = *self;
        let rule_for = |from: Option<RoleId>| find_rule_beside(facts, actor, node, target, write.taking(from), beside);
        let mut roles = self.facts.policy().roles_in(removed_roles).map(|role| Some(role.id()));
        let rule = rule_for(roles.next().flatten())?;
        for role in roles {
            rule_for(role)?;
        }
        Ok(rule)
    }

    /// The refusal, unless the actor may not act at all or the target is protected.
    pub(super) fn unless_barred(&self, refusal: Refusal) -> Refusal {
        let actor = active_actor(self.facts, self.actor).map(|_| ()).map_err(Refusal::Actor);
        let barred = actor.and_then(|()| check_protection(self.facts, self.node, self.target));
        barred.err().unwrap_or(refusal)
    }
}
