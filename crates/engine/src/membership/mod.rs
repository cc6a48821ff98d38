//! Decisions about membership writes: who may do what to whom, what a write comes to, and what another policy changes.

pub(crate) mod effects;
pub(crate) mod permit;
pub(crate) mod refusal;
pub(crate) mod rules;
mod until;
mod writable;
pub(crate) mod write;
pub mod writes;
