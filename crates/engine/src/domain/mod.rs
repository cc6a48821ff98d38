//! The service's domain as plain types: no async, no I/O, no wire format, no tables.

mod change;
mod invitation;
mod member;
pub(crate) mod name;
mod resource;
mod revision;
mod subject;
mod suppressed;
mod tenant;
mod time;

pub use change::{Change, LogPosition, LoggedChange};
pub use invitation::{Acceptance, Invitation, InvitationStatus};
pub use member::{Member, MemberStatus, Profile};
pub use name::NameForm;
pub use resource::{Grant, Resource, ResourceKey, ResourceRef};
pub use revision::{Revision, Token, TokenError};
pub use subject::{EVERYBODY, Subject, SubjectRef, kind};
pub use suppressed::SuppressedAddress;
pub use tenant::Tenant;
pub use time::Timestamp;
