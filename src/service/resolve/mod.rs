//! From names to things, and the errors of names that there are not.

pub(crate) mod not_found;
pub(crate) mod resources;
pub(crate) mod teams;
pub(crate) mod types;
