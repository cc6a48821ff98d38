//! People: how members are looked up, what is known of them by now, and what stays of those who were erased.

pub mod erased;
pub mod givers;
pub mod look_ups;
pub mod names;
