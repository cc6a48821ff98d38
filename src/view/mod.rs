//! Tenants' facts in memory: loaded on first use, changed by the same log that the store keeps.

mod apply;
mod ends;
mod facts;
mod index;
mod load;
mod past;
mod registry;
mod replay;
mod teams;

pub use facts::View;
pub use load::Loading;
pub use past::PastLimits;
pub use registry::Registry;
