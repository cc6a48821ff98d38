//! Commits: what is kept of them, which are missed, and which are refused.

pub mod alone;
pub mod conflicts;
pub mod gates;
pub mod kept;
pub mod missed;
pub mod refused;
