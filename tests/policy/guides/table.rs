//! A guide's table as it is typed here: columns, rows of cells, and what in the policy a row stands for.

use rollcall_engine::WriteKind;

/// What a guide has in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// No, or no tick.
    No,
    /// Yes, or a tick: where the column has its role, or anywhere for a column that stands above all.
    Yes,
    /// Yes, but only for what is one's own.
    IfOwner,
    /// Nothing is printed.
    Empty,
}

/// A column of a guide: somebody who holds these roles, each at the resource of its type that is called `here`.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    /// Each as `TYPE.ROLE`.
    pub roles: &'static [&'static str],
    /// Whether what they may do `here` they may do at every other resource, too.
    pub everywhere: bool,
}

/// Whose resources a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Any,
    Own,
    Others,
}

/// Whom a write is made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Somebody who is no member.
    New,
    /// An active member without roles.
    NoRoles,
    /// A locked member.
    Locked,
    /// A deactivated member.
    Deactivated,
    /// Whoever acts.
    Oneself,
    /// An active member who holds this role everywhere, or whoever is of this column.
    Holder(&'static str),
    /// An invited member who holds this role everywhere.
    Invited(&'static str),
}

/// What stands for a row in the policy.
#[derive(Clone, Copy, Debug)]
pub enum GuideOperation {
    /// An action of a type.
    Act(&'static str, &'static str),
    /// A write at resources of a type, and the role that it grants; a change without one is to another role.
    Write(&'static str, WriteKind, Option<&'static str>, Whom),
}

/// A row of a guide, in a few words of our own.
#[derive(Clone, Debug)]
pub struct Row<const N: usize> {
    pub says: &'static str,
    pub cells: [Cell; N],
    pub whose: Whose,
    pub operations: Vec<GuideOperation>,
}

/// A cell that does not mean what it prints, by a reading that the policy has at its line.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub row: &'static str,
    pub column: &'static str,
    /// The one action or kind of write that is read so; all of the row when empty.
    pub only: &'static str,
    /// What the cell means.
    pub cell: Cell,
}

/// A row about everybody's resources.
pub fn row<const N: usize>(says: &'static str, cells: [Cell; N], operations: &[GuideOperation]) -> Row<N> {
    Row { says, cells, whose: Whose::Any, operations: operations.to_vec() }
}

impl<const N: usize> Row<N> {
    pub fn of(mut self, whose: Whose) -> Self {
        self.whose = whose;
        self
    }
}

impl GuideOperation {
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::Act(resource_type, _) | Self::Write(resource_type, ..) => resource_type,
        }
    }

    /// The action, or the kind of write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Act(_, action) => action,
            Self::Write(_, kind, ..) => kind.name(),
        }
    }
}

impl Reading {
    pub fn applies(&self, row: &str, column: &Column, operation: GuideOperation) -> bool {
        self.row == row && self.column == column.name && (self.only.is_empty() || self.only == operation.name())
    }
}
