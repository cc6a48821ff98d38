//! A compiled policy: what decisions are made from.

mod id;
mod inheritance;
pub(crate) mod mask;
pub(crate) mod nearest;
mod policy;
pub(crate) mod policy_set;
pub(crate) mod policy_source;
pub(crate) mod policy_store;
pub(crate) mod reach;
mod registration;
mod resource_type;
mod role;
mod rule;
pub(crate) mod rules_about;
pub(crate) mod write_kind;

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::model::nearest::nearest;

pub use id::{RoleId, TypeId, TypeSet};
pub use inheritance::Inheritance;
pub(crate) use policy::NeverConstraint;
pub use policy::Policy;
pub use registration::Registration;
pub use resource_type::ResourceType;
pub use role::Role;
pub use rule::{Action, MemberRule, MemberRules, Rule};

/// The position of each name in a list.
pub(crate) type Index = HashMap<String, usize, FxBuildHasher>;

/// The error of a look-up: the policy has nothing of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The name that was looked up, as the caller gave it.
    pub name: String,
    /// The known names that it may have been meant for, best first: 3 at most, and none when no name is close.
    pub nearest: Vec<String>,
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> UnknownName {
    UnknownName { name: name.to_owned(), nearest: nearest(name, known) }
}
