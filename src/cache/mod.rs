//! Tenants' views in memory: loaded from the store on first use, kept current by its log, and rebuilt for earlier
//! revisions.

mod history;
mod registry;

pub use history::HistoryLimits;
pub use registry::Registry;
