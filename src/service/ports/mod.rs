//! What the service needs from outside, as traits with their contracts; nothing here knows who implements them.

mod ambient;
mod error;
mod invitations;
mod log;
mod members;
mod resources;
mod store;
mod views;
mod write_tx;

pub use ambient::{Clock, Random};
pub use error::{StoreError, StoreResult};
pub use invitations::{InvitationCursor, InvitationOrder, InvitationQuery, InvitationRecord};
pub use log::{LogEntry, LogFilter, LogQuery};
pub use members::{MemberBy, MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope};
pub use resources::ResourceRecord;
pub use store::Store;
pub use views::{TenantView, ViewError, Views};
pub use write_tx::{StoredResponse, WriteTx};
