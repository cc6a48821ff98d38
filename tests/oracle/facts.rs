//! A tenant's facts as plain maps.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    policy::{PolicyFile, RuleName},
    tokens::{IssuedInvitation, token_hash},
};

/// A type and an id, of a subject or a resource.
pub type Key = (String, String);

/// A tenant's facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFacts {
    pub members: BTreeMap<Key, Member>,
    /// By holder and resource: a member has at most one role of a resource.
    pub bindings: BTreeMap<(Key, Key), AssignedRole>,
    /// When the pending ones, by holder and resource, can be accepted no more that end before their invitation.
    pub own_ends: BTreeMap<(Key, Key), i64>,
    pub resources: BTreeMap<Key, Resource>,
    /// By id; a new one by its email until a response has its id.
    pub invitations: BTreeMap<String, Invitation>,
    /// Emails to which nothing may be sent.
    pub suppressed: BTreeSet<String>,
    /// The version of the policy that the tenant runs.
    pub version: u32,
    /// The instant at which these facts hold; none where the clock is not the test's, and then no end of an invitation is
    /// known.
    pub now: Option<i64>,
}

/// The end of what does not end, and of what ends at an unknown instant.
pub const NEVER: i64 = i64::MAX;

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
    /// Who gave it.
    pub by: Key,
    /// The rule of the resource's type by which it was given; `None` where it came without one.
    pub rule: Option<RuleName>,
    /// Whether it is a change of what was offered before, by somebody who might not offer it themselves.
    pub changed: bool,
    /// What was offered before that, the first one first; the tables don't have it.
    pub before: Earlier,
}

/// What a role was while it was offered, which is no part of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Earlier(pub Vec<AssignedRole>);

impl PartialEq for Earlier {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl AssignedRole {
    /// A role that is no change of an offer.
    pub fn new(role: &str, end: Option<i64>, by: &Key, rule: Option<RuleName>) -> Self {
        let (role, by) = (role.to_owned(), by.clone());
        Self { role, end, by, rule, changed: false, before: Earlier::default() }
    }
}

impl ModelFacts {
    /// Takes over what roles were while they were offered from facts in which they are the same.
    pub fn remember(&mut self, earlier: &Self) {
        for (binding, assigned) in &mut self.bindings {
            if let Some(same) = earlier.bindings.get(binding).filter(|other| *other == assigned) {
                assigned.before = same.before.clone();
            }
        }
    }
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
    /// SHA-256 of the newest token in lower-case hexadecimal; empty until a response has the token.
    pub token_hash: String,
    pub inviter: Key,
    /// Of one that nobody has answered: `PENDING`, or `EXPIRED`.
    pub status: String,
    pub expires_at: i64,
}

impl Invitation {
    /// Whether nobody has answered it, so that it can be issued again.
    pub fn is_open(&self) -> bool {
        ["PENDING", "EXPIRED"].contains(&self.status.as_str())
    }
}

impl ModelFacts {
    /// The same facts without what people are called and reached by.
    #[must_use]
    pub fn without_profiles(mut self) -> Self {
        self.members.values_mut().for_each(|member| member.profile = Profile::default());
        self
    }

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

    /// The open invitation of an email, and its id.
    pub fn open_invitation(&self, email: &str) -> Option<(&String, &Invitation)> {
        self.invitations.iter().find(|(_, invitation)| invitation.email == email && invitation.is_open())
    }

    /// The teams that somebody belongs to, by roles at the very team, be it through other teams.
    pub fn teams(&self, policy: &PolicyFile, member: &Key) -> Vec<Key> {
        let mut found = vec![member.clone()];
        let mut next = 0;
        while let Some(holder) = found.get(next).cloned() {
            next += 1;
            let at_teams = self.bindings.keys().filter(|(other, at)| *other == holder && policy.is_team(&at.0));
            for (_, team) in at_teams {
                if !found.contains(team) {
                    found.push(team.clone());
                }
            }
        }
        found.split_off(1)
    }

    /// Whether a pending role can be accepted no more: its own time is over, or its invitation's.
    pub fn is_lapsed(&self, invited: &Key, at: &Key) -> bool {
        let open = self.open_invitation(&invited.1).map_or(NEVER, |(_, open)| open.expires_at);
        let own = self.own_ends.get(&(invited.clone(), at.clone())).copied().unwrap_or(NEVER);
        self.now.is_some_and(|now| open.min(own) <= now)
    }

    /// The id of the invitation that a token opens, whatever its status: a newer token of the same invitation makes
    /// this one worthless.
    pub fn invitation_of_token(&self, token: &str) -> Option<&String> {
        let hash = token_hash(token);
        let mut invitations = self.invitations.iter();
        invitations.find(|(_, invitation)| invitation.token_hash == hash).map(|(id, _)| id)
    }

    /// Takes what only the server knows from its response to a write: the ids of new invitations, and all tokens.
    pub fn learn(&mut self, issued: &[IssuedInvitation]) {
        for IssuedInvitation { email, id, token } in issued {
            if let Some(invitation) = self.invitations.remove(email) {
                self.invitations.insert(id.clone(), invitation);
            }
            if let Some(invitation) = self.invitations.get_mut(id) {
                invitation.token_hash = token_hash(token);
            }
        }
    }
}
