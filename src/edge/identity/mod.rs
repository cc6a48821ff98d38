//! Who calls: found from a request's headers before its body is read, for every protocol alike.

mod callers;
mod layer;

pub use callers::Callers;
pub use layer::{Answer, Identity, IdentityLayer};
