//! What all writes share: the request's context, the steps in order, decisions and their refusals, and answers.

pub(crate) mod answers;
mod checks;
mod commit;
pub(crate) mod computation;
pub(crate) mod context;
pub(crate) mod plan;
mod planned;
pub(crate) mod queue;
mod recorded;
mod records;
pub(crate) mod refuse;
pub(crate) mod request_context;
mod run;
mod sealed;
pub(crate) mod secret;
mod ticket;
