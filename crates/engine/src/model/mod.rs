//! A compiled policy: what decisions are made from.

mod id;
pub(crate) mod mask;
pub(crate) mod nearest;
mod policy;
pub(crate) mod policy_set;
pub(crate) mod policy_store;
pub(crate) mod reach;
mod resource_type;
mod role;
mod rule;
pub(crate) mod rules_about;
pub(crate) mod write_kind;

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::model::nearest::nearest;

pub use id::{RoleId, TypeId};
pub(crate) use policy::Bound;
pub use policy::Policy;
pub use resource_type::ResourceType;
pub use role::Role;
pub use rule::{Action, MemberRule, MemberRules, Rule};

/// A name to its place in a list.
pub(crate) type Index = HashMap<String, usize, FxBuildHasher>;

/// A name that the policy does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The name.
    pub name: String,
    /// The known names that it may have meant, best first.
    pub nearest: Vec<String>,
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Unknown {
    Unknown { name: name.to_owned(), nearest: nearest(name, known) }
}
