//! Decisions about membership writes: who may do what to whom, what a write comes to, and what another policy changes.

pub(crate) mod effects;
pub(crate) mod govern;
pub(crate) mod judge;
pub(crate) mod operation;
pub(crate) mod refusal;
mod until;
mod writable;
pub mod writes;
