//! The service's domain as plain types: no async, no I/O, no wire format, no tables.

mod change;
mod commit;
mod etag;
mod failed_grant;
mod fingerprint;
mod granted_by;
mod invitation;
mod member;
mod member_id;
pub(crate) mod name;
mod resource;
mod revision;
mod subject;
mod suppressed;
mod tenant;
mod time;
mod token;

pub use change::Change;
pub use commit::{Commit, Head, LogPosition, LoggedChange, WriteId};
pub use etag::etag;
pub use failed_grant::FailedGrant;
pub use granted_by::GrantedBy;
pub use invitation::{Acceptance, Invitation, InvitationStatus};
pub use member::{Member, MemberAccess, MemberStatus, Profile, ProfileField};
pub use member_id::{is_random_id, random_id};
pub use name::NameForm;
pub use resource::{Grant, Resource, ResourceKey, ResourceRef};
pub use revision::Revision;
pub use subject::{EVERYBODY, Subject, SubjectRef, kind};
pub use suppressed::SuppressedAddress;
pub use tenant::Tenant;
pub use time::Timestamp;
pub use token::{Moment, TokenError, Tokens};
