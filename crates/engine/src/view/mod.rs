//! A tenant's facts in memory: loaded from a snapshot of a store, and changed by the tenant's log.

mod apply;
mod assignments;
mod expirations;
mod facts;
mod index;
mod load;
mod members;
mod nodes;
mod replay;
mod snapshot;
mod teams;

pub use apply::Diverged;
pub use facts::View;
pub use load::{UnknownPolicy, ViewBuilder};
pub use snapshot::SnapshotSink;
