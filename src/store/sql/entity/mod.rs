//! The tables as SeaORM knows them. What a row means is said where it is read.

#![expect(unreachable_pub, reason = "the derives need `pub`, and the tables are nobody else's business")]

pub(in crate::store) mod address;
pub(in crate::store) mod binding;
pub(in crate::store) mod invitation;
pub(in crate::store) mod invitation_link;
pub(in crate::store) mod log_change;
pub(in crate::store) mod log_commit;
pub(in crate::store) mod member;
pub(in crate::store) mod owner;
pub(in crate::store) mod profile;
pub(in crate::store) mod reason;
pub(in crate::store) mod request;
pub(in crate::store) mod resource;
pub(in crate::store) mod tenant;
pub(in crate::store) mod tombstone;
