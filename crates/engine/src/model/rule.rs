use crate::model::{
    mask::{Mask, Term},
    write_kind::WriteKind,
};

/// A compiled action.
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

/// Who may write memberships at a resource of a type.
#[derive(Debug, Default)]
pub struct MemberRules {
    pub(crate) rules: Vec<(WriteKind, MemberRule)>,
}

/// One line of who may take whom from which role to which.
#[derive(Debug)]
pub struct MemberRule {
    pub(crate) by: Rule,
    /// The roles that it may take away, with [`Mask::ANYONE`] for whatever is held; empty where nothing is taken.
    pub(crate) from: Mask,
    /// The roles that it may give; empty where the operation gives none.
    pub(crate) to: Mask,
}

impl Action {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who may do it.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Whether a locked member may do it all the same.
    pub fn survives_a_lock(&self) -> bool {
        self.when_locked
    }

    /// Whether it can be done on what is archived.
    pub fn survives_an_archive(&self) -> bool {
        self.when_archived
    }
}

impl Rule {
    /// Whether these bits satisfy it.
    pub fn satisfied_by(&self, bits: Mask) -> bool {
        self.terms.iter().any(|term| term.satisfied_by(bits))
    }

    /// The ways to satisfy it.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// As the file has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its line in the file, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl MemberRules {
    /// The rules of one kind of write, in the order of the file.
    pub fn of(&self, verb: WriteKind) -> impl Iterator<Item = &MemberRule> {
        self.rules.iter().filter(move |(of, _)| *of == verb).map(|(_, rule)| rule)
    }
}

impl MemberRule {
    /// The roles that it may take away, with [`Mask::ANYONE`] for whatever is held.
    pub fn from(&self) -> Mask {
        self.from
    }

    /// The roles that it may give.
    pub fn to(&self) -> Mask {
        self.to
    }

    /// Who may.
    pub fn by(&self) -> &Rule {
        &self.by
    }
}
