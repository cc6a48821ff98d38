//! Invitations after they were issued, over gRPC: who may send them again, take them back or turn them down, how they
//! are listed, and what keeps them from being issued.

mod answering;
mod limits;
mod listing;
mod profiles;
mod renewing;
mod resend_rules;
mod resending;
mod revoking;

use crate::support::WireTenant;
use rollcall::proto::Invitation;

/// Invites somebody new, and returns the invitation and its secret.
async fn invited(world: &WireTenant, actor: &str, email: &str, resource: &str, role: &str) -> (Invitation, String) {
    let answer = world.allowed(world.invite(actor, email, resource, role)).await.invite();
    let [result] = answer.results.try_into().expect("one result an invitee");
    (result.invitation.expect("is in the response"), result.invitation_token)
}
