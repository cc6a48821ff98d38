//! The policy engine of Rollcall: a role model as a TOML file, compiled to bit masks, a tenant's facts in memory, and
//! every decision made from the two. It knows no async, no I/O and no clock, so any program can embed it.
//!
//! Text becomes a tree (`language`), the tree a [`Policy`] (`model`), and the policy with a tenant's [`Facts`] a
//! decision (`decision` for actions, `membership` for membership writes). A [`View`] is a tenant's facts, loaded from a
//! [`SnapshotSink`] and changed by the tenant's log of [`Change`]s.

mod decision;
mod domain;
mod facts;
mod language;
mod membership;
mod model;
mod view;

pub use decision::{
    decide::{Context, Decision, Outcome, Question, decide},
    explain::explain,
    explanation::{Explanation, HeldRole, WayIn},
    list::{Search, actions},
    reason::Reason,
    roles::assigned_roles_of,
    target::{StatedFacts, Target, is_archived, locate},
};
pub use domain::*;
pub use facts::{
    Facts, MAX_SUBJECT_TYPES, MemberKey, MemberState, Node, ResourceState, ancestor_nodes, ancestors_with_inheritance,
    name_of,
};
pub use language::{
    compile::{compile, compile_with_warnings},
    diagnostic::{Diagnostic, Diagnostics, Severity},
    reader,
};
pub use membership::{
    actor::active_actor,
    effects::{Effect, Effects, effects},
    expiry::{may_be_given, may_renew, may_still_give},
    holders::{HolderCounts, LackingRole},
    nesting::{MAX_TEAM_DEPTH, Nesting, nesting_refusals},
    permit::{Permission, permit, permit_beside},
    protection::is_protected,
    refusal::{Refusal, RuleLine},
    right_end::action_end,
    rules::{find_rule, target_bits},
    words::{describe_inactive_actor, describe_last_holder, describe_refusal},
    write::MembershipWrite,
    writes::{self, join_words},
};
pub use model::{
    Action, Inheritance, MemberRule, MemberRules, Policy, Registration, ResourceType, Role, RoleId, Rule, TypeId,
    TypeSet, UnknownName,
    mask::{Mask, NOBODY, OWNER, Term},
    policy_set::PolicySet,
    policy_source::PolicySource,
    policy_store::PolicyStore,
    reach::{GrantKind, GrantStep, Reachability},
    rules_about::{granting_rules, rules_about},
    write_kind::{WriteKind, WriteScope},
};
pub use view::{Diverged, SnapshotSink, UnknownPolicy, View, ViewBuilder};
