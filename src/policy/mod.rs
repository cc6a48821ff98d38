//! The policy engine: a role model as a TOML file, compiled to bit masks, and every decision made from them.
//!
//! Text becomes a tree (`document`, `expr`), the tree a [`Policy`] (`compile`, `resolve`), and the policy with a
//! tenant's [`Facts`] a decision (`decide` for actions, `judge` and `govern` for membership writes, `explain` for both in words).
//! [`cases`] reads what a policy must and must not let happen, [`Coverage`] tells what of it they leave out, [`table`] shows all that it lets whom do, and [`diff`] what changes from one to another.

mod bounds;
pub mod cases;
mod compile;
mod coverage;
mod decide;
mod diagnostic;
pub mod diff;
mod document;
mod effects;
mod explain;
mod expr;
mod facts;
mod govern;
mod judge;
mod library;
mod lint;
mod list;
mod mask;
mod model;
mod nearest;
mod operation;
mod reach;
mod reader;
mod refusal;
mod resolve;
mod shelf;
mod span;
pub mod table;
mod until;
mod verb;
mod writable;

pub use compile::{compile, compile_with_warnings};
pub use coverage::{Coverage, Report};
pub use decide::{Decision, Reason, Stated, Target, decide, locate};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use effects::{Effect, Effects, effects};
pub use explain::{Explanation, HeldRole, WayIn, explain};
pub use facts::{Facts, MemberKey, Node, Place, Standing, counting, name_of, way_up};
pub use govern::{acting, is_protected, kept, permit};
pub use judge::{Permitted, judge, may_renew};
pub use library::Library;
pub use list::{Search, actions};
pub use mask::{Mask, Term};
pub use model::{Action, MemberRule, MemberRules, Policy, ResourceType, Role, RoleId, Rule, TypeId, Unknown};
pub use operation::Operation;
pub use reach::{Deed, Reach, Step};
pub use refusal::{Refusal, RuleLine};
pub use shelf::Shelf;
pub use verb::{Stands, Verb};
