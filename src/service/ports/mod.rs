//! What the service needs from outside, as traits with their contracts; nothing here knows who implements them.

mod ambient;
mod batch;
mod error;
mod invitations;
mod log;
mod members;
mod reservation;
mod resources;
mod snapshot;
mod store;
mod views;

pub use crate::service::hidden::Hidden;
pub use ambient::{Clock, Random, Reading};
pub use batch::{AllowedChange, Batch, Committed, Gate, StoredResponse};
pub use error::{StoreError, StoreResult};
pub use invitations::{InvitationCursor, InvitationOrder, InvitationQuery, InvitationRecord};
pub use log::{LogFilter, LogQuery};
pub use members::{Giver, MemberBy, MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope, StoredGrant};
pub use reservation::Reservation;
pub use resources::ResourceRecord;
pub use snapshot::Snapshot;
pub use store::{Feed, Glance, Store, StoreIdentity};
pub use views::{Recall, TenantView, ViewError, Views};
