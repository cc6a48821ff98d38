//! Rollcall's decisions made a second time, about actions and about membership writes: each policy file is translated to
//! Cedar from the texts of its rules, and Cedar's authorizer is asked what Rollcall is asked. Nothing here reads what
//! Rollcall's compiler made of a file. What ends with time is left out.

pub mod agree;
mod bound;
pub mod condition;
pub mod entities;
pub mod expr;
mod fields;
pub mod member_rule;
pub mod membership;
pub mod model;
pub mod random;
pub mod translate;
pub mod uid;
pub mod world;

/// The policies whose actions are compared with Cedar: name, and text of the file.
pub const POLICIES: [(&str, &str); 4] = [
    ("lumicon", include_str!("../../policies/lumicon.toml")),
    ("lumi-1", include_str!("../../policies/lumi-1.toml")),
    ("lumi-2", include_str!("../../policies/lumi-2.toml")),
    ("lume", include_str!("../../policies/lume.toml")),
];
