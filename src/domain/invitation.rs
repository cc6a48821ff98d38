use serde::{Deserialize, Serialize};

use super::{Subject, Timestamp};

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
    /// When it was issued.
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
}

impl InvitationStatus {
    /// The number that the store keeps.
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The status that the store keeps as `code`; none for a number that means nothing.
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Revoked].into_iter().find(|status| status.code() == code)
    }
}
