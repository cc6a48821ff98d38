//! What a policy says of a deed in a state, found in the plainest way: by walking trees and maps.

use std::collections::BTreeSet;

use super::{
    deeds::{Deed, Op},
    facts::{Facts, Held, Resource},
    policy::Policy,
    support::replay::Key,
};

/// What the policy says of a deed in a state.
#[derive(Debug)]
pub enum Verdict {
    /// It is allowed, and this is the state after it.
    Allowed(Facts),
    /// It is refused, for one of these reasons.
    Refused(BTreeSet<&'static str>),
}

/// What a membership write would do to a member.
pub struct Wanted<'a> {
    pub verb: &'a str,
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    /// Whether what it gives is new to the member, and when that ends.
    pub gives: bool,
    pub end: Option<i64>,
}

impl<'a> Wanted<'a> {
    /// A write that is about no role.
    pub fn plain(verb: &'a str) -> Self {
        Self { verb, from: None, to: None, gives: false, end: None }
    }
}

/// A deed that is looked at.
pub struct Case<'a> {
    pub policy: &'a Policy,
    pub facts: &'a Facts,
    pub actor: &'a Key,
    pub against: BTreeSet<&'static str>,
    pub after: Facts,
}

/// What the policy says of a deed.
pub fn decide(policy: &Policy, facts: &Facts, deed: &Deed) -> Verdict {
    let (against, after) = (BTreeSet::new(), facts.clone());
    let mut case = Case { policy, facts, actor: &deed.actor, against, after };
    case.look_at(&deed.op);
    if case.against.is_empty() && case.after.lacks(policy, facts).is_some() {
        case.against.insert("LAST_HOLDER");
    }
    if case.against.is_empty() { Verdict::Allowed(case.after) } else { Verdict::Refused(case.against) }
}

impl Case<'_> {
    fn look_at(&mut self, op: &Op) {
        match op {
            Op::Create { resource, parent } => self.create(resource, parent.as_ref()),
            Op::Archive { resource } => self.archive(resource, true),
            Op::Restore { resource } => self.archive(resource, false),
            Op::Delete { resource } => self.delete(resource),
            Op::Move { resource, parent } => self.hang(resource, parent),
            Op::Transfer { resource, owner } => self.transfer(resource, owner),
            Op::Invite { invitees, grants } => self.invite(invitees, grants),
            Op::Accept { invitation, profile, .. } => self.accept(invitation.as_ref(), profile),
            Op::Decline { invitation, email, .. } => self.decline(invitation.as_ref(), email),
            Op::Resend { invitation } => self.resend(invitation),
            Op::Revoke { invitation } => self.revoke(invitation),
            Op::Suppress { email } => self.suppress(email, true),
            Op::Clear { email } => self.suppress(email, false),
            Op::Change(change) => self.change(change),
            Op::Changes(changes) => self.changes(changes),
            Op::Remove { member, resource, role } => self.remove(member, resource, role.as_deref()),
            Op::Lock { member } => self.lock(member, true),
            Op::Unlock { member } => self.lock(member, false),
            Op::Deactivate { member } => self.activate(member, false),
            Op::Reactivate { member } => self.activate(member, true),
            Op::Update { member, profile } => self.update(member, profile),
        }
    }

    fn create(&mut self, resource: &Key, parent: Option<&Key>) {
        let Some(parent) = self.parent_of(&resource.0, parent) else { return };
        self.may_create(&resource.0, &parent);
        self.refuse_if(self.facts.resources.contains_key(resource), "RESOURCE_EXISTS");
        let (of, maker) = (self.policy.of(&resource.0), self.actor.clone());
        let is_member = self.facts.members.contains_key(&maker);
        let owner = (of.owned && is_member).then(|| maker.clone());
        self.after.resources.insert(resource.clone(), Resource { parent: Some(parent), owner, archived: false });
        if let (Some(role), true) = (&of.creator_role, is_member) {
            self.after.bindings.insert((maker, resource.clone()), Held { role: role.clone(), end: None });
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
        let goes = |key: &Key| facts.way_up(key).contains(resource);
        self.after.resources.retain(|key, _| !goes(key));
        self.after.bindings.retain(|(_, at), _| !goes(at));
    }

    fn hang(&mut self, resource: &Key, parent: &Key) {
        if !self.below_the_root(resource) {
            return;
        }
        self.may_do(resource, &["move"]);
        let Some(parent) = self.parent_of(&resource.0, Some(parent)) else { return };
        self.may_create(&resource.0, &parent);
        self.refuse_if(self.facts.way_up(&parent).contains(resource), "RESOURCE_CYCLE");
        self.refuse_if(self.facts.resources[resource].parent.as_ref() == Some(&parent), "PARENT_UNCHANGED");
        self.after.resources.entry(resource.clone()).and_modify(|row| row.parent = Some(parent));
    }

    fn transfer(&mut self, resource: &Key, owner: &Key) {
        if !self.exists(resource) {
            return;
        }
        self.judge(resource, owner, &Wanted::plain("transfer"));
        self.refuse_if(self.member(owner).is_some_and(|member| member.status != "ACTIVE"), "NOT_ACTIVE");
        self.refuse_if(self.facts.resources[resource].owner.as_ref() == Some(owner), "OWNER_UNCHANGED");
        self.after.resources.entry(resource.clone()).and_modify(|row| row.owner = Some(owner.clone()));
    }
}
