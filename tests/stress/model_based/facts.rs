//! A tenant's facts as plain maps, and the invariants that every write must keep.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::PolicyFile;
use crate::support::{
    Answer,
    replay::{Key, State},
};

/// A tenant's facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFacts {
    pub members: BTreeMap<Key, Member>,
    /// By holder and resource: a member has at most one role of a resource.
    pub bindings: BTreeMap<(Key, Key), AssignedRole>,
    pub resources: BTreeMap<Key, Resource>,
    /// By id; a new one by its email until a response has its id.
    pub invitations: BTreeMap<String, Invitation>,
    /// Emails to which nothing may be sent.
    pub suppressed: BTreeSet<String>,
}

/// A member without its subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub status: String,
    pub locked: bool,
    pub profile: Profile,
}

/// A member's name and identifiers; `None` is an identifier that they do not have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    pub display_name: String,
    pub email: Option<String>,
    pub username: Option<String>,
    pub phone: Option<String>,
}

/// An assigned role, and when it ends, in microseconds since 1970; `None` is never.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignedRole {
    pub role: String,
    pub end: Option<i64>,
}

/// A resource without its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub parent: Option<Key>,
    pub owner: Option<Key>,
    pub archived: bool,
}

/// An invitation without its id.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    pub email: String,
    pub inviter: Key,
    pub status: String,
}

impl From<&State> for ModelFacts {
    fn from(state: &State) -> Self {
        let mut facts = Self { suppressed: state.suppressed.keys().cloned().collect(), ..Self::default() };
        for (subject, row) in state.members.clone() {
            let (display_name, email, username, phone) = (row.display_name, row.email, row.username, row.phone);
            let profile = Profile { display_name, email, username, phone };
            facts.members.insert(subject, Member { status: row.status, locked: row.locked, profile });
        }
        for ((holder, resource, role), end) in state.bindings.clone() {
            let before = facts.bindings.insert((holder, resource), AssignedRole { role, end });
            assert_eq!(before, None, "one role a member and resource");
        }
        for (key, row) in state.resources.clone() {
            facts.resources.insert(key, Resource { parent: row.parent, owner: row.owner, archived: row.archived });
        }
        for (id, row) in state.invitations.clone() {
            let (email, inviter, status) = (row.email, row.inviter, row.status);
            facts.invitations.insert(id, Invitation { email, inviter, status });
        }
        facts
    }
}

impl ModelFacts {
    /// A resource and those above it; ends at one that is not registered.
    pub fn ancestors(&self, from: &Key) -> Vec<Key> {
        let up = std::iter::successors(Some(from.clone()), |at| self.resources.get(at)?.parent.clone());
        // No tree here is this deep: a circle is cut, for `assert_invariants` to find.
        up.take(50).collect()
    }

    /// The role that is assigned to a member at a resource.
    pub fn assigned_role(&self, holder: &Key, at: &Key) -> Option<&AssignedRole> {
        self.bindings.get(&(holder.clone(), at.clone()))
    }

    /// Whether a role above a resource protects a member there.
    pub fn protected(&self, policy: &PolicyFile, member: &Key, at: &Key) -> bool {
        self.ancestors(at).iter().skip(1).any(|above| {
            self.assigned_role(member, above)
                .is_some_and(|assigned| policy.resource_type(&above.0).roles[&assigned.role].protected_below)
        })
    }

    /// How many active members have a role at a resource without an end.
    pub fn count_permanent_holders(&self, at: &Key, role: &str) -> usize {
        let counts = |((holder, resource), assigned): &(&(Key, Key), &AssignedRole)| {
            resource == at && assigned.role == role && assigned.end.is_none() && self.members[holder].status == "ACTIVE"
        };
        self.bindings.iter().filter(counts).count()
    }

    /// The role, if any, that has fewer holders at a resource than it must keep, and had enough.
    pub fn role_short_of_holders(&self, policy: &PolicyFile, before: &Self) -> Option<(Key, String)> {
        for at in self.resources.keys().filter(|at| before.resources.contains_key(*at)) {
            for (name, role) in &policy.resource_type(&at.0).roles {
                let (had, has) = (before.count_permanent_holders(at, name), self.count_permanent_holders(at, name));
                if has < had && has < role.at_least {
                    return Some((at.clone(), name.clone()));
                }
            }
        }
        None
    }

    /// The open invitation of an email, and its id.
    pub fn pending_invitation(&self, email: &str) -> Option<(&String, &Invitation)> {
        self.invitations.iter().find(|(_, invitation)| invitation.email == email && invitation.status == "PENDING")
    }

    /// Takes what only the server knows from a response: the ids of new invitations.
    pub fn learn(&mut self, answer: &Answer) {
        let Answer::Invite(answer) = answer else { return };
        for issued in answer.results.iter().filter_map(|result| result.invitation.as_ref()) {
            if let Some(invitation) = self.invitations.remove(&issued.email) {
                self.invitations.insert(issued.id.clone(), invitation);
            }
        }
    }

    /// Asserts what must hold after every write, whatever it was.
    pub fn assert_invariants(&self, policy: &PolicyFile, before: &Self) {
        assert_eq!(self.role_short_of_holders(policy, before), None, "a role keeps its last holders");
        for ((holder, at), assigned) in &before.bindings {
            let stays = self.members.get(holder).is_some_and(|member| member.status == "ACTIVE");
            if stays && self.resources.contains_key(at) && before.protected(policy, holder, at) {
                assert_eq!(self.assigned_role(holder, at), Some(assigned), "{holder:?} is protected at {at:?}");
            }
        }
        for (key, resource) in &self.resources {
            let top = self.ancestors(key).pop().expect("itself at least");
            assert_eq!(top.0, policy.root, "{key:?} hangs from the root");
            let owner = resource.owner.as_ref();
            assert!(owner.is_none_or(|owner| self.members.contains_key(owner)), "{key:?} is owned by a member");
            assert!(owner.is_none() || policy.resource_type(&key.0).owned, "{key:?} has no owner");
        }
        for (subject, member) in &self.members {
            let invited = member.status == "INVITED";
            assert_eq!(invited, subject.0 == "email", "only an email is invited: {subject:?}");
            assert!(!invited || self.pending_invitation(&subject.1).is_some(), "{subject:?} has an open invitation");
        }
        let open = self.invitations.values().filter(|invitation| invitation.status == "PENDING");
        for invitation in open {
            let invited = ("email".to_owned(), invitation.email.clone());
            assert!(self.members.contains_key(&invited), "{invited:?} is invited");
        }
    }
}
