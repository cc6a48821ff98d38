//! Tenants' views: loaded on first use, kept, followed, and looked back into.

mod history;
mod registry;

pub use history::HistoryLimits;
pub use registry::Registry;
