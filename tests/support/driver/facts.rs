//! What the oracle learns from a real server: facts from its tables or its log, and invitations from its responses.

use rollcall::proto;

use crate::{
    oracle::{AssignedRole, Invitation, IssuedInvitation, Member, ModelFacts, PolicyFile, Profile, Resource},
    support::{Answer, replay::State},
};

impl ModelFacts {
    /// The facts of a state, whose rules are those of a policy.
    pub fn of(state: &State, policy: &PolicyFile) -> Self {
        let mut facts = Self { suppressed: state.suppressed.keys().cloned().collect(), ..Self::default() };
        for (subject, row) in state.members.clone() {
            let (display_name, email, username, phone) = (row.display_name, row.email, row.username, row.phone);
            let profile = Profile { display_name, email, username, phone };
            facts.members.insert(subject, Member { status: row.status, locked: row.locked, profile });
        }
        for (binding, end) in state.bindings.clone() {
            let (by, rule) = state.givers[&binding].clone();
            if state.offer_ends.contains_key(&binding) {
                facts.own_ends.insert((binding.0.clone(), binding.1.clone()));
            }
            let (holder, resource, role) = binding;
            let line = policy.line_of(&resource.0, &rule);
            let before = facts.bindings.insert((holder, resource), AssignedRole { role, end, by, line });
            assert_eq!(before, None, "one role a member and resource");
        }
        for (key, row) in state.resources.clone() {
            facts.resources.insert(key, Resource { parent: row.parent, owner: row.owner, archived: row.archived });
        }
        for (id, row) in state.invitations.clone() {
            let (email, token_hash, inviter, status) = (row.email, row.token_hash, row.inviter, row.status);
            facts.invitations.insert(id, Invitation { email, token_hash, inviter, status });
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
