use serde::{Deserialize, Serialize};

use crate::domain::{Subject, Timestamp};

/// A subject's standing in a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who. Of type [`kind::EMAIL`](super::kind::EMAIL) until an invitation is accepted.
    pub subject: Subject,
    /// Their names and identifiers.
    pub profile: Profile,
    /// Their standing.
    pub status: MemberStatus,
    /// Whether they are locked: every action is denied but those that survive a lock.
    pub locked: bool,
    /// When they were invited or added.
    pub created_at: Timestamp,
}

/// What a member is called and found by. Each identifier is unique in the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What people call them; may be empty.
    pub display_name: String,
    /// Normalised: lower case, no surrounding white space.
    pub email: Option<String>,
    /// Normalised: lower case.
    pub username: Option<String>,
    /// In E.164 form.
    pub phone: Option<String>,
}

/// Where a member stands. The numbers are what the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberStatus {
    /// Invited, and has not accepted.
    Invited = 1,
    /// Belongs to the tenant.
    Active = 2,
    /// Belonged to the tenant, and may be reactivated.
    Deactivated = 3,
}

impl MemberStatus {
    /// The number that the store keeps.
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The status that the store keeps as `code`; none for a number that means nothing.
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Invited, Self::Active, Self::Deactivated].into_iter().find(|status| status.code() == code)
    }
}
