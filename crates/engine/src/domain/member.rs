//! A member of a tenant, their profile, and the states of a membership.

use serde::{Deserialize, Serialize};

use crate::domain::{Subject, Timestamp};

/// A subject that belongs to a tenant, is invited to it, or belonged to it and may come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The member's type and id. Of type [`kind::EMAIL`](super::kind::EMAIL) until an invitation is accepted.
    pub subject: Subject,
    /// The member's names and identifiers.
    pub profile: Profile,
    /// Whether they are invited, active or deactivated.
    pub status: MemberStatus,
    /// Whether they are locked: every action is denied but those that are allowed when locked.
    pub locked: bool,
    /// When they were invited or added.
    pub created_at: Timestamp,
}

/// What a member is called and found by. Each identifier is unique in the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name that people read, at most 200 bytes without control characters; may be empty.
    pub display_name: String,
    /// The email address: in Unicode normalization form C, with A to Z in lower case and the domain in its ASCII form
    /// (UTS 46), at most 254 bytes.
    pub email: Option<String>,
    /// The user name: in Unicode normalization form C, with A to Z in lower case, without white space or invisible
    /// characters, at most 64 bytes. One that is an email or a phone number is the profile's own.
    pub username: Option<String>,
    /// The phone number in E.164 form: `+`, then 2 to 15 digits, the first of which is not 0.
    pub phone: Option<String>,
}

/// Whether a member is invited, active or deactivated. The numbers are what the store keeps, and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberStatus {
    /// Invited, and has not accepted yet: no role counts.
    Invited = 1,
    /// Belongs to the tenant: their roles count.
    Active = 2,
    /// Belonged to the tenant, and may be reactivated: no role counts.
    Deactivated = 3,
}

impl MemberStatus {
    /// The number that the store keeps for this status.
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The status that the store keeps as `code`; none if no status has that number.
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Invited, Self::Active, Self::Deactivated].into_iter().find(|status| status.code() == code)
    }
}
