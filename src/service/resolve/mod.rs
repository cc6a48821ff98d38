//! Looks names of a request up in the policy and the facts; an unknown one is an error that names the nearest.

pub(crate) mod ends;
pub(crate) mod givers;
pub(crate) mod not_found;
pub(crate) mod offer;
pub(crate) mod offers;
pub(crate) mod resources;
pub(crate) mod rules;
pub(crate) mod subjects;
pub(crate) mod teams;
pub(crate) mod types;
