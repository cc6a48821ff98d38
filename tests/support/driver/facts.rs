//! What the oracle learns from a real server: facts from its tables or its log, and invitations from its responses.

use rollcall::proto;

use crate::{
    oracle::{AssignedRole, Invitation, IssuedInvitation, Member, ModelFacts, NEVER, PolicyFile, Profile, Resource},
    support::{
        Answer,
        replay::{InvitationRow, State},
    },
};

impl ModelFacts {
    /// The facts of a state, whose rules are those of a policy, where the clock is not the test's.
    pub fn of(state: &State, policy: &PolicyFile) -> Self {
        let mut facts = Self::read(state, std::slice::from_ref(policy));
        facts.own_ends.values_mut().for_each(|end| *end = NEVER);
        facts.invitations.values_mut().for_each(|invitation| invitation.expires_at = NEVER);
        facts
    }

    /// The facts of a state, whatever has ended, whose rules are those of one of these versions of a policy.
    pub fn read(state: &State, policies: &[PolicyFile]) -> Self {
        let suppressed = state.suppressed.keys().cloned().collect();
        let version = u32::try_from(state.policy_version).expect("a version is small");
        let mut facts = Self { suppressed, version, ..Self::default() };
        for (subject, row) in state.members.clone() {
            let (display_name, email, username, phone) = (row.display_name, row.email, row.username, row.phone);
            let profile = Profile { display_name, email, username, phone };
            facts.members.insert(subject, Member { status: row.status, locked: row.locked, profile });
        }
        for (binding, end) in state.bindings.clone() {
            let (by, rule) = state.givers[&binding].clone();
            let offer_end = state.offer_ends.get(&binding);
            facts.own_ends.extend(offer_end.map(|end| ((binding.0.clone(), binding.1.clone()), *end)));
            let (holder, resource, role) = binding;
            let changed = rule.split(' ').any(|word| word == "changed");
            let rule = policies.iter().find_map(|policy| policy.find_rule(&resource.0, &rule));
            let assigned = AssignedRole { changed, ..AssignedRole::new(&role, end, &by, rule) };
            let before = facts.bindings.insert((holder, resource), assigned);
            assert_eq!(before, None, "one role a member and resource");
        }
        for (key, row) in state.resources.clone() {
            facts.resources.insert(key, Resource { parent: row.parent, owner: row.owner, archived: row.archived });
        }
        for (id, row) in state.invitations.clone() {
            let InvitationRow { email, token_hash, inviter, status, expires_at, .. } = row;
            facts.invitations.insert(id, Invitation { email, token_hash, inviter, status, expires_at });
        }
        facts
    }
}

/// The invitations that a write issued, by its response.
pub fn issued_invitations(answer: &Answer) -> Vec<IssuedInvitation> {
    match answer {
        Answer::Invite(answer) => {
            let results = answer.results.iter();
            results.filter_map(|result| issued(result.invitation.as_ref(), &result.invitation_token)).collect()
        }
        Answer::ResendInvitation(answer) => {
            issued(answer.invitation.as_ref(), &answer.invitation_token).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn issued(invitation: Option<&proto::Invitation>, token: &str) -> Option<IssuedInvitation> {
    let invitation = invitation?;
    let (email, id) = (invitation.email.clone(), invitation.id.clone());
    Some(IssuedInvitation { email, id, token: token.to_owned() })
}
