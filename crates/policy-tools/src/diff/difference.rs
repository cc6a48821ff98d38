//! What differs between two policies: settings, parts that were added or removed, and decisions with those for whom
//! they change.

use rollcall_engine::WriteKind;

use crate::diff::holding::Holding;

/// The difference between two policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// Name and version of the old policy.
    pub old: (String, u32),
    /// Name and version of the new policy.
    pub new: (String, u32),
    /// Settings of the whole policy that differ; empty when none does.
    pub settings: Vec<Setting>,
    /// Bounds (`never`) that are in one of the two files only, in words. They decide nothing: they say what the rules
    /// may become.
    pub bounds: Vec<(Sign, String)>,
    /// The types at which something changed, each once: in the order of the old file, then those of the new file alone.
    pub types: Vec<TypeDiff>,
}

/// What changed at one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDiff {
    /// The name of the resource type.
    pub resource_type: String,
    /// What is in one of the two files only: the type itself, its roles and its actions, in words with names in
    /// backticks.
    pub parts: Vec<(Sign, String)>,
    /// Settings of the type, its roles and its actions that differ; empty when none does.
    pub settings: Vec<Setting>,
    /// Actions and membership writes that somebody may make now, or no longer; empty when there are none.
    pub decisions: Vec<DecisionDiff>,
}

/// Whether something was added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is only in the new policy.
    Added,
    /// It is only in the old policy.
    Removed,
}

/// A setting whose value differs between the two policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What is set, in words with names in backticks: `root type`, or "reaches down" of a role by name. Not empty.
    pub about: String,
    /// The value in the old policy, or its default where the old policy has no such thing.
    pub old: String,
    /// The value in the new policy; never the same as `old`.
    pub new: String,
}

/// One action, or membership writes of one kind, that the two policies decide differently for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionDiff {
    /// The action, or the kind of write with the roles that it removes and grants.
    pub operation: DiffOperation,
    /// The same in words, with names in backticks.
    pub words: String,
    /// Who is allowed now and was not. Whoever holds one role alone, or nothing, is always listed; a holding of more is
    /// left out where one thing less has the same effect.
    pub gains: Vec<Holding>,
    /// Who was allowed and no longer is; listed as in `gains`. One of the two is not empty.
    pub losses: Vec<Holding>,
}

/// What a decision is about, by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffOperation {
    /// The action of this name.
    Action(String),
    /// Every write of this kind that removes one of these roles and grants one of these, except exchanging a role for
    /// itself, to somebody who is `whom`. `anyone` among the removed stands for a target without a role.
    Write {
        /// The kind of write, the same for all of them.
        kind: WriteKind,
        /// The removed roles, by short name; empty for a kind that removes none.
        from: Vec<String>,
        /// The granted roles, by short name; empty for a kind that grants none.
        to: Vec<String>,
        /// Whom it is made to, as an expression; empty for anybody, or for whoever no `whom` is about.
        whom: String,
    },
}

impl Diff {
    /// Whether the two policies decide and set everything alike.
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.bounds.is_empty() && self.types.is_empty()
    }
}
