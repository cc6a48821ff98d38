//! Invitations after they were issued, over gRPC: who may send them again, take them back or turn them down, how they
//! are listed, and what keeps them from being issued.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

#[path = "../support/mod.rs"]
mod support;

mod answering;
mod limits;
mod listing;
mod lumi;
mod profiles;
mod renewing;
mod resending;
mod revoking;

use rollcall::proto::Invitation;
use support::World;

/// Invites somebody new, and returns the invitation and its secret.
async fn invited(world: &World, actor: &str, email: &str, place: &str, role: &str) -> (Invitation, String) {
    let answer = world.allowed(world.invite(actor, email, place, role)).await.invite();
    let [result] = answer.results.try_into().expect("one result an invitee");
    (result.invitation.expect("is told"), result.invitation_token)
}
