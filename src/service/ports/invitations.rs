//! Invitations and suppressed addresses, as a store is asked for them.

use rollcall_engine::{Grant, Invitation, InvitationStatus, ResourceRef, Revision, SubjectRef, Timestamp};

/// An invitation as the store has it.
#[derive(Clone, Debug)]
pub struct InvitationRecord {
    /// The invitation.
    pub invitation: Invitation,
    /// The revision that last changed it.
    pub changed_at: Revision,
    /// While it is open, what its invited member is called.
    pub display_name: String,
    /// While it is open, what its invited member holds, in the order of resource type, resource id and role.
    pub held: Vec<Grant>,
}

/// Which invitations to list.
#[derive(Clone, Debug)]
pub struct InvitationQuery<'a> {
    /// The tenant's id.
    pub tenant: &'a str,
    /// The statuses wanted; none named: all.
    pub statuses: Vec<InvitationStatus>,
    /// Only those to this normalised email.
    pub email: Option<&'a str>,
    /// Only those by this inviter.
    pub inviter: Option<SubjectRef<'a>>,
    /// Only open ones whose invited member holds a role at this very resource.
    pub resource: Option<ResourceRef<'a>>,
    /// What the email, or the name of the invited member, must contain, in lower case; empty: anything.
    pub text: String,
    /// The order.
    pub order: InvitationOrder,
    /// Start after this place.
    pub after: Option<InvitationCursor>,
    /// The most invitations to return.
    pub limit: u32,
}

/// The orders in which invitations can be listed; ties go by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationOrder {
    /// By when they were first issued, the newest first.
    Created,
    /// By email.
    Email,
    /// By expiry, the soonest first.
    Expiry,
}

/// A place in a list of invitations: the sort value and id of the invitation before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationCursor {
    /// In the order of [`InvitationOrder::Created`] and [`InvitationOrder::Expiry`].
    At(Timestamp, String),
    /// In the order of [`InvitationOrder::Email`].
    Email(String, String),
}
