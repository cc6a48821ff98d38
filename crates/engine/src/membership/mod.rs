//! Decisions about membership writes: who may do what to whom, what a write comes to, and what another policy changes.

pub(crate) mod actor;
mod effect_scope;
pub(crate) mod effects;
pub(crate) mod expiry;
pub(crate) mod holders;
pub(crate) mod nesting;
pub(crate) mod permit;
mod possible_writes;
pub(crate) mod protection;
pub(crate) mod refusal;
mod request;
pub(crate) mod right_end;
pub(crate) mod rules;
mod state;
pub(crate) mod words;
pub(crate) mod write;
mod write_words;
pub mod writes;
