//! Writes to invitations.

pub(crate) mod accept;
pub(crate) mod decline;
pub(crate) mod invitation;
pub(crate) mod invite;
pub(crate) mod renewal;
pub(crate) mod resend;
pub(crate) mod revoke;
pub(crate) mod suppress;
