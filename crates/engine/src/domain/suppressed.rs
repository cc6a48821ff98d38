//! The email addresses to which a tenant sends nothing.

use crate::domain::Timestamp;

/// An email address to which nothing may be sent: a message bounced, or the recipient complained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressedAddress {
    /// The email address, normalised as [`Profile::email`](super::Profile::email).
    pub email: String,
    /// Why it was suppressed, in the words of whoever did; may be empty.
    pub detail: String,
    /// When it was suppressed.
    pub created_at: Timestamp,
}
