//! The one place where the service's errors get their form on the wire.

mod bounds;
mod status;

pub(crate) use bounds::cut;
