//! The tables, and how a row becomes a word of the domain and back.

#![expect(unreachable_pub, reason = "the derives need `pub`, and the tables are nobody else's business")]

pub(super) mod binding;
pub(super) mod change;
pub(super) mod invitation;
pub(super) mod member;
pub(super) mod request;
pub(super) mod resource;
pub(super) mod store_key;
pub(super) mod suppressed_address;
pub(super) mod tenant;
