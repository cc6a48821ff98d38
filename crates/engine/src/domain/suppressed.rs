use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// An email to which nothing may be sent: what was sent there came back, or its owner complained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressedAddress {
    /// The normalised email.
    pub email: String,
    /// Why, in the words of whoever suppressed it; may be empty.
    pub detail: String,
    /// When it was suppressed.
    pub created_at: Timestamp,
}
