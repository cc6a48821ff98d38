//! The rules of a policy: who may do an action, and who may make a membership write.

use crate::model::{
    mask::{Mask, Term},
    write_kind::WriteKind,
};

/// A compiled action of one resource type.
#[derive(Debug)]
pub struct Action {
    pub(crate) name: String,
    pub(crate) rule: Rule,
    pub(crate) when_locked: bool,
    pub(crate) when_archived: bool,
}

/// A compiled rule, and where it was written.
#[derive(Debug)]
pub struct Rule {
    pub(crate) terms: Vec<Term>,
    pub(crate) text: String,
    pub(crate) line: u32,
}

/// The rules about who may write memberships at a resource of a type.
#[derive(Debug, Default)]
pub struct MemberRules {
    pub(crate) rules: Vec<(WriteKind, MemberRule)>,
}

/// One rule about who may make one kind of membership write: from which roles, to which roles.
#[derive(Debug)]
pub struct MemberRule {
    pub(crate) by: Rule,
    /// The roles that it may take away or, of a kind that takes none, that the target may hold; with [`Mask::ANYONE`] for
    /// any role or none.
    pub(crate) from: Mask,
    /// The roles that it may give; empty if the kind of write gives none.
    pub(crate) to: Mask,
    /// To whom the write may be made; none for anybody.
    pub(crate) whom: Option<Rule>,
    /// Whether what it gives may outlast the right of who gives it.
    pub(crate) may_outlast: bool,
}

impl Action {
    /// The action's name, a [`NameForm::Action`](crate::NameForm::Action). No other action of its type has it, in
    /// whatever case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rule about who may do it.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Whether a locked member may do it as well.
    pub fn is_allowed_when_locked(&self) -> bool {
        self.when_locked
    }

    /// Whether it may be done on an archived resource as well.
    pub fn is_allowed_when_archived(&self) -> bool {
        self.when_archived
    }
}

impl Rule {
    /// Whether these bits satisfy it.
    pub fn allows(&self, bits: Mask) -> bool {
        self.terms.iter().any(|term| term.satisfied_by(bits))
    }

    /// The ways to satisfy it, any of which suffices; empty if nobody does.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The rule as the file has it, up to 4096 bytes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line of the rule in the file, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl MemberRules {
    /// The rules of one kind of write, in the order of the file.
    pub fn of_kind(&self, kind: WriteKind) -> impl Iterator<Item = &MemberRule> {
        self.rules.iter().filter(move |(rule_kind, _)| *rule_kind == kind).map(|(_, rule)| rule)
    }

    /// Whether some rule of a kind of write says which roles it takes, or which the target may hold.
    pub fn says_from(&self, kind: WriteKind) -> bool {
        self.of_kind(kind).any(|rule| !rule.from.contains(Mask::ANYONE))
    }
}

impl MemberRule {
    /// The roles that it may take away or, of a kind that takes none, that the target may hold at the resource; with
    /// [`Mask::ANYONE`] for any role or none.
    pub fn from(&self) -> Mask {
        self.from
    }

    /// The roles that it may give; empty if the kind of write gives none.
    pub fn to(&self) -> Mask {
        self.to
    }

    /// The rule about who may make the write.
    pub fn by(&self) -> &Rule {
        &self.by
    }

    /// The rule about what the target holds or owns, to whom the write may be made; none where that is anybody.
    pub fn whom(&self) -> Option<&Rule> {
        self.whom.as_ref()
    }

    /// Whether what it gives may last longer than whoever gives it may do so.
    pub fn may_outlast(&self) -> bool {
        self.may_outlast
    }

    /// Whether the write may be made to whoever has these bits.
    pub fn is_about(&self, bits: Mask) -> bool {
        self.whom.as_ref().is_none_or(|whom| whom.allows(bits))
    }
}
