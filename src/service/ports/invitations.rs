//! Invitations as the store port has them, and queries for pages of them.

use rollcall_engine::{Head, Invitation, InvitationStatus, ResourceRef, SubjectRef, Timestamp};

use crate::service::ports::members::StoredGrant;

/// An invitation as the store has it, with what its invited member is called and holds.
#[derive(Clone, Debug)]
pub struct InvitationRecord {
    /// The invitation, open or closed.
    pub invitation: Invitation,
    /// The random id of its address, which a position in a list is told by.
    pub address_id: String,
    /// The commit that last changed it.
    pub changed_at: Head,
    /// The display name of its invited member while it is open, which may be empty; empty afterwards.
    pub display_name: String,
    /// The grants of its invited member while it is open, by resource type, resource id and role; empty afterwards. One
    /// that has ended is among them until the log has its `role_expired`.
    pub grants: Vec<StoredGrant>,
}

/// Which invitations to list; those that meet every condition.
#[derive(Clone, Debug)]
pub struct InvitationQuery<'a> {
    /// Only those with one of these statuses. Empty: all.
    pub statuses: Vec<InvitationStatus>,
    /// Only those to this normalised email; none: to any.
    pub email: Option<&'a str>,
    /// Only those by this inviter; none: by any.
    pub inviter: Option<SubjectRef<'a>>,
    /// Only open ones whose invited member holds a role at this very resource, and not above or below it. None: all.
    pub resource: Option<ResourceRef<'a>>,
    /// Only those whose email, or while they are open the display name of whose invited member, contains this, which is
    /// in lower case. Empty: all.
    pub text: String,
    /// What to sort by; ties go by id.
    pub order: InvitationOrder,
    /// Only invitations after this position in the order, whose kind must be that of the order. None: from the first.
    pub after: Option<InvitationCursor>,
    /// The most invitations to return; 0 returns none.
    pub limit: u32,
}

/// The orders in which invitations can be listed; ties go by id, bytewise, and backwards in [`Self::Created`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationOrder {
    /// By when they were first issued, the newest first.
    Created,
    /// By normalised email, bytewise.
    Email,
    /// By expiry, the soonest first.
    Expiry,
}

/// A position in a list of invitations: the sort value and the id of the invitation before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationCursor {
    /// In the order of [`InvitationOrder::Created`] and [`InvitationOrder::Expiry`].
    At(Timestamp, String),
    /// In the order of [`InvitationOrder::Email`]: the id of the address, and the invitation's.
    Email(String, String),
}
