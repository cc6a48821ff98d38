//! Writes to invitations: issuing, answering, revoking, and the addresses that get none.

pub(crate) mod accept;
pub(crate) mod decline;
pub(crate) mod invitation;
pub(crate) mod invite;
pub(crate) mod joining;
mod judged;
pub(crate) mod nested_teams;
pub(crate) mod offered;
pub(crate) mod pending;
pub(crate) mod renewal;
pub(crate) mod resend;
pub(crate) mod revoke;
pub(crate) mod suppress;
