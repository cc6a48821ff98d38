//! How every write is made: its context, its turn, its transaction, its answer.

pub(crate) mod answers;
pub(crate) mod call;
pub(crate) mod refuse;
pub(crate) mod run;
pub(crate) mod secret;
pub(crate) mod session;
