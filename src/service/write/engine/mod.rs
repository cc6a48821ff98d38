//! How every write is made: its context, its turn, its transaction, its answer.

pub(crate) mod answers;
pub(crate) mod context;
pub(crate) mod refuse;
pub(crate) mod request_context;
pub(crate) mod run;
pub(crate) mod secret;
