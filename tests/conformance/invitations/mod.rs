//! Invitations as they are found and listed, the addresses that nothing may be sent to, and how often was invited.

pub mod addresses;
pub mod filters;
pub mod look_ups;
pub mod order;
pub mod quota;

use rollcall::service::ports::{InvitationCursor, InvitationOrder, InvitationQuery, InvitationRecord};

use crate::harness::Harness;

const ORDERS: [InvitationOrder; 3] = [InvitationOrder::Created, InvitationOrder::Email, InvitationOrder::Expiry];

/// Every invitation, the newest first.
fn all() -> InvitationQuery<'static> {
    InvitationQuery {
        statuses: vec![],
        email: None,
        inviter: None,
        resource: None,
        text: String::new(),
        order: InvitationOrder::Created,
        after: None,
        limit: 100,
    }
}

async fn list(harness: &Harness, query: &InvitationQuery<'_>) -> Vec<InvitationRecord> {
    harness.snapshot().await.list_invitations(query).await.unwrap()
}

async fn ids(harness: &Harness, query: &InvitationQuery<'_>) -> Vec<String> {
    list(harness, query).await.into_iter().map(|record| record.invitation.id).collect()
}

/// The position after an invitation, as a caller makes it.
fn cursor(order: InvitationOrder, last: &InvitationRecord) -> InvitationCursor {
    let id = last.invitation.id.clone();
    match order {
        InvitationOrder::Created => InvitationCursor::At(last.invitation.created_at, id),
        InvitationOrder::Expiry => InvitationCursor::At(last.invitation.expires_at, id),
        InvitationOrder::Email => InvitationCursor::Email(last.address_id.clone(), id),
    }
}
