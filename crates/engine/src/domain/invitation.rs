//! An invitation to a tenant, and the states that it passes through.

use crate::domain::{Subject, Timestamp};

/// An offer of membership, bound to an email address. The roles that it gives are bound to the invited member already,
/// and count once it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// A random id, unique in the tenant. It is no secret.
    pub id: String,
    /// Its invited member, of type [`kind::INVITED`](super::kind::INVITED), who is removed when it is closed.
    pub member: Subject,
    /// The email address that it is bound to, normalised as [`Profile::email`](super::Profile::email).
    pub email: String,
    /// SHA-256 of the secret that accepts it, as 64 lower-case hexadecimal digits.
    pub token_hash: String,
    /// The subject that invited. To resend the invitation does not change it; to invite anew does.
    pub inviter: Subject,
    /// Whether it is open, or how it was closed.
    pub status: InvitationStatus,
    /// The first instant at which it can no longer be accepted.
    pub expires_at: Timestamp,
    /// When its next reminder is due; none if there is no further one.
    pub remind_at: Option<Timestamp>,
    /// When it was last issued, and its present secret made.
    pub issued_at: Timestamp,
    /// When it was first issued.
    pub created_at: Timestamp,
    /// Who accepted it, and when; none unless it is accepted.
    pub acceptance: Option<Acceptance>,
}

/// The acceptance of an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The subject that accepted it, which may be of any type but `invited` and `operator`.
    pub subject: Subject,
    /// The instant of the acceptance, by the server's clock.
    pub at: Timestamp,
}

/// Whether an invitation is open, or how it was closed. The numbers are what the store keeps, and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvitationStatus {
    /// Open; whether it can still be accepted depends on its expiry.
    Pending = 1,
    /// Accepted: its invited member is an active one.
    Accepted = 2,
    /// Revoked, by a request or because the invited member was removed.
    Revoked = 3,
    /// Declined by its recipient.
    Declined = 4,
    /// Past its expiry. The invited member stays, and it may be issued again.
    Expired = 5,
}

impl Invitation {
    /// When the next thing is due that happens without a request: a reminder or the expiry. None unless it is pending.
    pub fn due_at(&self) -> Option<Timestamp> {
        let pending = self.status == InvitationStatus::Pending;
        pending.then(|| self.remind_at.map_or(self.expires_at, |remind_at| remind_at.min(self.expires_at)))
    }
}

impl InvitationStatus {
    /// Every status, in the order of its number.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Accepted, Self::Revoked, Self::Declined, Self::Expired];

    /// The number that the store keeps for this status.
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The status that the store keeps as `code`; none if no status has that number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether its member is still invited, so that it may be issued again or revoked.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Expired)
    }
}
