use serde::{Deserialize, Serialize};

use crate::domain::{Subject, Timestamp};

/// An offer of membership, bound to an email. The roles that it gives are bound to the invited member already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Random, and no secret.
    pub id: String,
    /// The normalised email that it is bound to.
    pub email: String,
    /// SHA-256 of the secret that accepts it, in lower-case hexadecimal.
    pub token_hash: String,
    /// Who invited.
    pub inviter: Subject,
    /// Where it stands.
    pub status: InvitationStatus,
    /// From this instant on it can't be accepted.
    pub expires_at: Timestamp,
    /// When its next reminder is due; none: no further one.
    pub remind_at: Option<Timestamp>,
    /// When its present secret was made.
    pub issued_at: Timestamp,
    /// When it was first issued.
    pub created_at: Timestamp,
}

/// Where an invitation stands. The numbers are what the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvitationStatus {
    /// Open; whether it can still be accepted depends on its expiry.
    Pending = 1,
    /// Became a membership.
    Accepted = 2,
    /// Taken back, by hand or because the invited member was removed.
    Revoked = 3,
    /// Turned down by whoever was invited.
    Declined = 4,
    /// Its time is over. The invited member stays, and it may be issued again.
    Expired = 5,
}

impl Invitation {
    /// When something happens to it by itself: its next reminder or its expiry. Nothing does when it is not pending.
    pub fn due_at(&self) -> Option<Timestamp> {
        let pending = self.status == InvitationStatus::Pending;
        pending.then(|| self.remind_at.map_or(self.expires_at, |remind_at| remind_at.min(self.expires_at)))
    }
}

impl InvitationStatus {
    /// Every status, in the order of its number.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Accepted, Self::Revoked, Self::Declined, Self::Expired];

    /// The number that the store keeps.
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The status that the store keeps as `code`; none for a number that means nothing.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether its member is still invited, so that it may be issued again or taken back.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Expired)
    }
}
