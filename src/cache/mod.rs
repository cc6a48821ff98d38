//! Tenants' views: loaded on first use, kept, followed, and looked back into.

mod past;
mod registry;

pub use past::PastLimits;
pub use registry::Registry;
