//! The policy engine of Rollcall: a role model as a TOML file, compiled to bit masks, a tenant's facts in memory, and every
//! decision made from the two. It knows no async, no I/O and no clock, so any program can embed it.
//!
//! Text becomes a tree (`language`), the tree a [`Policy`] (`model`), and the policy with a tenant's [`Facts`] a decision
//! (`decision` for actions, `membership` for membership writes). A [`View`] is a tenant's facts, loaded from a
//! [`Snapshot`] and changed by the tenant's log of [`Change`]s.

mod decision;
mod domain;
mod facts;
mod language;
mod membership;
mod model;
mod view;

pub use decision::{
    decide::{Decision, Reason, Stated, Target, assigned_roles_of, decide, is_archived, locate},
    explain::{Explanation, HeldRole, WayIn, explain},
    list::{Search, actions},
};
pub use domain::*;
pub use facts::{Facts, MemberKey, MemberState, Node, ResourceState, ancestor_nodes, ancestors_with_mask, name_of};
pub use language::{
    compile::{compile, compile_with_warnings},
    diagnostic::{Diagnostic, Diagnostics, Severity},
    reader,
};
pub use membership::{
    effects::{Effect, Effects, effects},
    permit::{Permitted, may_renew, permit},
    refusal::{Refusal, RuleLine},
    rules::{active_actor, counted_roles, find_rule, is_protected},
    write::MembershipWrite,
    writes::{self, listed},
};
pub use model::{
    Action, MemberRule, MemberRules, Policy, ResourceType, Role, RoleId, Rule, TypeId, Unknown,
    mask::{Mask, NOBODY, Term},
    policy_set::PolicySet,
    policy_store::PolicyStore,
    reach::{Deed, Reach, Step},
    rules_about::{givers, rules_about},
    write_kind::{WriteKind, WriteScope},
};
pub use view::{Diverged, Loading, Snapshot, UnknownPolicy, View};
