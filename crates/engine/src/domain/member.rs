//! A member of a tenant, their profile, and the states of a membership.

use crate::domain::{Subject, Timestamp};

/// A subject that belongs to a tenant, is invited to it, or belonged to it and may come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's type and id. Of type [`kind::INVITED`](super::kind::INVITED) until an invitation is accepted.
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

/// What of a member decides whether they may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberAccess {
    /// Whether they may act at all; only an active member may.
    pub status: MemberStatus,
    /// Whether they may do only what is allowed when locked.
    pub locked: bool,
}

/// A part of a profile that a change can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProfileField {
    /// The name that people read: [`Profile::display_name`].
    DisplayName,
    /// The email address in its normal form: [`Profile::email`].
    Email,
    /// The username in its normal form: [`Profile::username`].
    Username,
    /// The phone number as `+` and digits: [`Profile::phone`].
    Phone,
}

/// What a member is called and found by. Each identifier is unique in the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MemberStatus {
    /// Invited, and has not accepted yet: no role counts.
    Invited = 1,
    /// Belongs to the tenant: their roles count.
    Active = 2,
    /// Belonged to the tenant, and may be reactivated: no role counts.
    Deactivated = 3,
}

impl Member {
    /// What decides whether they may act.
    pub fn access(&self) -> MemberAccess {
        MemberAccess { status: self.status, locked: self.locked }
    }
}

impl Profile {
    /// What is different in another profile, each field once, in the order of [`ProfileField`].
    pub fn changed_fields(&self, other: &Self) -> Vec<ProfileField> {
        let changed = [
            (ProfileField::DisplayName, self.display_name != other.display_name),
            (ProfileField::Email, self.email != other.email),
            (ProfileField::Username, self.username != other.username),
            (ProfileField::Phone, self.phone != other.phone),
        ];
        changed.into_iter().filter_map(|(field, is_changed)| is_changed.then_some(field)).collect()
    }
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
