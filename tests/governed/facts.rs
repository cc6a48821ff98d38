//! A tenant's facts as plain maps.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    policy::Policy,
    support::{
        Answer,
        replay::{Key, State},
    },
};

/// A tenant's facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub members: BTreeMap<Key, Member>,
    /// By holder and resource: a member holds one role a resource.
    pub bindings: BTreeMap<(Key, Key), Held>,
    pub resources: BTreeMap<Key, Resource>,
    /// By id; a new one goes by its email until the server has named it.
    pub invitations: BTreeMap<String, Invitation>,
    /// Emails to which nothing may be sent.
    pub suppressed: BTreeSet<String>,
}

/// A member, but for who it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub status: String,
    pub locked: bool,
    pub profile: Profile,
}

/// What a member is called and found by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    pub display_name: String,
    pub email: Option<String>,
    pub username: Option<String>,
    pub phone: Option<String>,
}

/// A bound role, and when it ends, if it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub role: String,
    pub end: Option<i64>,
}

/// A resource, but for its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub parent: Option<Key>,
    pub owner: Option<Key>,
    pub archived: bool,
}

/// An invitation, but for its id.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    pub email: String,
    pub inviter: Key,
    pub status: String,
}

impl From<&State> for Facts {
    fn from(state: &State) -> Self {
        let mut facts = Self { suppressed: state.suppressed.keys().cloned().collect(), ..Self::default() };
        for (subject, row) in state.members.clone() {
            let (display_name, email, username, phone) = (row.display_name, row.email, row.username, row.phone);
            let profile = Profile { display_name, email, username, phone };
            facts.members.insert(subject, Member { status: row.status, locked: row.locked, profile });
        }
        for ((holder, resource, role), end) in state.bindings.clone() {
            let before = facts.bindings.insert((holder, resource), Held { role, end });
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

impl Facts {
    /// A resource and those above it; ends at what is not there.
    pub fn way_up(&self, from: &Key) -> Vec<Key> {
        let up = std::iter::successors(Some(from.clone()), |at| self.resources.get(at)?.parent.clone());
        // No tree here is this deep: a circle is cut, for `check` to find.
        up.take(50).collect()
    }

    /// The role that is bound to a member at a resource.
    pub fn held(&self, holder: &Key, at: &Key) -> Option<&Held> {
        self.bindings.get(&(holder.clone(), at.clone()))
    }

    /// Whether a role above a resource protects a member there.
    pub fn protected(&self, policy: &Policy, member: &Key, at: &Key) -> bool {
        self.way_up(at).iter().skip(1).any(|above| {
            self.held(member, above).is_some_and(|held| policy.of(&above.0).roles[&held.role].protected_below)
        })
    }

    /// How many active members hold a role at a resource for good.
    pub fn holders(&self, at: &Key, role: &str) -> usize {
        let counts = |((holder, place), held): &(&(Key, Key), &Held)| {
            place == at && held.role == role && held.end.is_none() && self.members[holder].status == "ACTIVE"
        };
        self.bindings.iter().filter(counts).count()
    }

    /// The role, if any, that has fewer holders at a resource than it must keep, and had enough.
    pub fn lacks(&self, policy: &Policy, before: &Self) -> Option<(Key, String)> {
        for at in self.resources.keys().filter(|at| before.resources.contains_key(*at)) {
            for (name, role) in &policy.of(&at.0).roles {
                let (had, has) = (before.holders(at, name), self.holders(at, name));
                if has < had && has < role.at_least {
                    return Some((at.clone(), name.clone()));
                }
            }
        }
        None
    }

    /// The open invitation of an email, and its id.
    pub fn open(&self, email: &str) -> Option<(&String, &Invitation)> {
        self.invitations.iter().find(|(_, invitation)| invitation.email == email && invitation.status == "PENDING")
    }

    /// Takes over what only the server knows: the ids of new invitations.
    pub fn learn(&mut self, answer: &Answer) {
        let Answer::Invite(answer) = answer else { return };
        for offer in answer.results.iter().filter_map(|result| result.invitation.as_ref()) {
            if let Some(invitation) = self.invitations.remove(&offer.email) {
                self.invitations.insert(offer.id.clone(), invitation);
            }
        }
    }

    /// What must hold after every write, whatever it was.
    pub fn check(&self, policy: &Policy, before: &Self) {
        assert_eq!(self.lacks(policy, before), None, "a role keeps its last holders");
        for ((holder, at), held) in &before.bindings {
            let stays = self.members.get(holder).is_some_and(|member| member.status == "ACTIVE");
            if stays && self.resources.contains_key(at) && before.protected(policy, holder, at) {
                assert_eq!(self.held(holder, at), Some(held), "{holder:?} is protected at {at:?}");
            }
        }
        for (key, resource) in &self.resources {
            let top = self.way_up(key).pop().expect("itself at least");
            assert_eq!(top.0, policy.root, "{key:?} hangs from the root");
            let owner = resource.owner.as_ref();
            assert!(owner.is_none_or(|owner| self.members.contains_key(owner)), "{key:?} is owned by a member");
            assert!(owner.is_none() || policy.of(&key.0).owned, "{key:?} has no owner");
        }
        for (subject, member) in &self.members {
            let invited = member.status == "INVITED";
            assert_eq!(invited, subject.0 == "email", "only an email is invited: {subject:?}");
            assert!(!invited || self.open(&subject.1).is_some(), "{subject:?} has an open invitation");
        }
        let open = self.invitations.values().filter(|invitation| invitation.status == "PENDING");
        for invitation in open {
            let invited = ("email".to_owned(), invitation.email.clone());
            assert!(self.members.contains_key(&invited), "{invited:?} is invited");
        }
    }
}
