//! What a policy says of an operation in a state, found in the plainest way: by walking trees and maps.

use std::collections::BTreeSet;

use super::{
    facts::{AssignedRole, Key, Member, ModelFacts, Profile, Resource},
    operations::{Operation, OperationKind},
    policy::PolicyFile,
};

/// What the policy says of an operation in a state.
#[derive(Debug)]
pub enum Verdict {
    /// It is allowed, and this is the state after it.
    Allowed(ModelFacts),
    /// It is refused, for one of these reasons.
    Refused(BTreeSet<&'static str>),
}

/// What a membership write would do to a member: take the role `from`, give the role `to`.
#[derive(Clone, Copy)]
pub struct MembershipWrite<'a> {
    pub verb: &'a str,
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    /// Whether the member does not have the role `to` yet.
    pub is_new_role: bool,
    /// When the role ends, in microseconds since 1970; `None` is never.
    pub end: Option<i64>,
    /// What the same write gives the member before: where, and which role.
    pub beside: &'a [(Key, String)],
}

impl<'a> MembershipWrite<'a> {
    /// A write that is about no role.
    pub fn plain(verb: &'a str) -> Self {
        Self { verb, from: None, to: None, is_new_role: false, end: None, beside: &[] }
    }
}

/// An operation while it is decided: what is found against it, and the state that it would leave.
pub struct Evaluation<'a> {
    pub policy: &'a PolicyFile,
    pub facts: &'a ModelFacts,
    pub actor: &'a Key,
    pub refusals: BTreeSet<&'static str>,
    pub after: ModelFacts,
}

/// What the policy says of an operation, with every reason for which it could be refused.
pub fn decide(policy: &PolicyFile, facts: &ModelFacts, operation: &Operation) -> Verdict {
    let (refusals, after) = (BTreeSet::new(), facts.clone());
    let operation = &operation.resolved(facts);
    let mut evaluation = Evaluation { policy, facts, actor: &operation.actor, refusals, after };
    // Everybody of a type does nothing.
    evaluation.refuse_if(operation.actor.1 == "*", "FIELD_INVALID");
    evaluation.evaluate(&operation.kind);
    let bindings = &evaluation.after.bindings;
    evaluation.after.own_ends.retain(|binding, _| bindings.contains_key(binding));
    if evaluation.refusals.is_empty() && evaluation.after.role_short_of_holders(policy, facts).is_some() {
        evaluation.refusals.insert("LAST_HOLDER");
    }
    if evaluation.refusals.is_empty() {
        Verdict::Allowed(evaluation.after)
    } else {
        Verdict::Refused(evaluation.refusals)
    }
}

impl Evaluation<'_> {
    fn evaluate(&mut self, kind: &OperationKind) {
        match kind {
            OperationKind::Create { resource, parent } => self.create(resource, parent.as_ref()),
            OperationKind::Archive { resource } => self.archive(resource, true),
            OperationKind::Restore { resource } => self.archive(resource, false),
            OperationKind::Delete { resource } => self.delete(resource),
            OperationKind::Move { resource, parent } => self.move_below(resource, parent),
            OperationKind::Transfer { resource, owner } => self.transfer(resource, owner),
            OperationKind::Invite { invitees, grants } => self.invite(invitees, grants),
            OperationKind::Accept { token, profile } => self.accept(token, profile),
            OperationKind::Decline { token, email } => self.decline(token, email),
            OperationKind::Resend { invitation } => self.resend(invitation),
            OperationKind::Revoke { invitation } => self.revoke(invitation),
            OperationKind::Suppress { email } => self.suppress(email, true),
            OperationKind::Clear { email } => self.suppress(email, false),
            OperationKind::ChangeRole(change) => self.change(change),
            OperationKind::ChangeRoles(changes) => self.changes(changes),
            OperationKind::Remove { member, resource, role } => self.remove(member, resource, role.as_deref()),
            OperationKind::Lock { member } => self.lock(member, true),
            OperationKind::Unlock { member } => self.lock(member, false),
            OperationKind::Deactivate { member } => self.activate(member, false),
            OperationKind::Reactivate { member } => self.activate(member, true),
            OperationKind::Update { member, profile } => self.update(member, profile),
            OperationKind::SetPolicy { version } => self.set_policy(*version),
        }
    }

    fn create(&mut self, resource: &Key, parent: Option<&Key>) {
        let Some(parent) = self.parent_of(&resource.0, parent) else { return };
        self.may_create(&resource.0, &parent);
        self.refuse_if(self.facts.resources.contains_key(resource), "RESOURCE_EXISTS");
        let (resource_type, creator) = (self.policy.resource_type(&resource.0), self.actor.clone());
        let is_member = self.facts.members.contains_key(&creator);
        let owner = (resource_type.owned && is_member).then(|| creator.clone());
        self.after.resources.insert(resource.clone(), Resource { parent: Some(parent), owner, archived: false });
        if resource_type.teams {
            let (status, profile) = ("ACTIVE".to_owned(), Profile::default());
            self.after.members.insert(resource.clone(), Member { status, locked: false, profile });
        }
        if let (Some(role), true) = (&resource_type.creator_role, is_member) {
            let end =
                self.creation_ends_at(&resource.0, self.after.resources[resource].parent.as_ref().expect("it has one"));
            self.after.bindings.insert((creator, resource.clone()), AssignedRole::new(role, end, self.actor, None));
        }
    }

    fn archive(&mut self, resource: &Key, archived: bool) {
        if !self.below_the_root(resource) {
            return;
        }
        self.may_do(resource, if archived { &["archive"] } else { &["restore", "archive"] });
        let is = self.facts.resources[resource].archived;
        self.refuse_if(is == archived, if archived { "ALREADY_ARCHIVED" } else { "NOT_ARCHIVED" });
        self.after.resources.entry(resource.clone()).and_modify(|row| row.archived = archived);
    }

    fn delete(&mut self, resource: &Key) {
        if !self.below_the_root(resource) {
            return;
        }
        self.may_do(resource, &["delete"]);
        let facts = self.facts;
        let is_deleted = |key: &Key| facts.ancestors(key).contains(resource);
        self.after.resources.retain(|key, _| !is_deleted(key));
        self.after.bindings.retain(|(holder, at), _| !is_deleted(at) && !is_deleted(holder));
        self.after.members.retain(|member, _| !self.policy.is_team(&member.0) || !is_deleted(member));
    }

    fn set_policy(&mut self, version: u32) {
        self.refuse_if(!self.is_operator(), "NOT_PERMITTED");
        self.refuse_if(version == self.policy.version, "POLICY_UNCHANGED");
        let is_known = version == self.policy.version || self.policy.other_versions.contains(&version);
        self.refuse_if(!is_known, "UNKNOWN_POLICY");
        self.after.version = version;
    }

    fn move_below(&mut self, resource: &Key, parent: &Key) {
        if !self.below_the_root(resource) {
            return;
        }
        self.may_do(resource, &["move"]);
        let Some(parent) = self.parent_of(&resource.0, Some(parent)) else { return };
        self.may_create(&resource.0, &parent);
        self.refuse_if(self.facts.ancestors(&parent).contains(resource), "RESOURCE_CYCLE");
        self.refuse_if(self.facts.resources[resource].parent.as_ref() == Some(&parent), "PARENT_UNCHANGED");
        self.after.resources.entry(resource.clone()).and_modify(|row| row.parent = Some(parent));
    }

    fn transfer(&mut self, resource: &Key, owner: &Key) {
        if !self.exists(resource) {
            return;
        }
        // An owner passes on what is theirs for good.
        let is_new_role = self.facts.resources[resource].owner.as_ref() != Some(self.actor);
        self.permit(resource, owner, &MembershipWrite { is_new_role, ..MembershipWrite::plain("transfer") });
        self.refuse_if(self.member(owner).is_some_and(|member| member.status != "ACTIVE"), "NOT_ACTIVE");
        self.refuse_if(self.facts.resources[resource].owner.as_ref() == Some(owner), "OWNER_UNCHANGED");
        self.after.resources.entry(resource.clone()).and_modify(|row| row.owner = Some(owner.clone()));
    }
}
