//! Tenants' views in memory: loaded from the store on first use, kept current by its log, and rebuilt for earlier
//! moments.

mod fixed_view;
mod history;
mod registry;
mod shared_view;
mod shown;

pub use history::HistoryLimits;
pub use registry::Registry;
