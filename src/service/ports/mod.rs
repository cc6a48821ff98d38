//! What the service needs from outside, as traits: others implement them, and nothing here knows how.

mod ambient;
mod invitations;
mod log;
mod store;
mod views;

pub use ambient::{Clock, Random};
pub use invitations::{InvitationCursor, InvitationOrder, InvitationQuery, InvitationRecord};
pub use log::{LogEntry, LogFilter, LogQuery};
pub use store::{
    MemberBy, MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope, ResourceRecord, Store, StoreError,
    StoreResult, StoredResponse, WriteTx,
};
pub use views::{TenantView, ViewError, Views};
