//! When the roles of members expire.

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use crate::{domain::Timestamp, facts::Node, model::RoleId};

/// A role that is bound at a node. The member that has it goes by their row beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Assignment {
    pub(crate) node: Node,
    pub(crate) role: RoleId,
}

/// When assignments expire, for the few that do. One that has expired is kept until the log says so too, for the store
/// has it until then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expirations {
    /// The expiry of each assignment, by the member's row.
    by_assignment: HashMap<(u32, Assignment), Timestamp, FxBuildHasher>,
    /// Those that have not expired yet, the next one first.
    pending: BTreeSet<(Timestamp, u32, Assignment)>,
}

impl Expirations {
    /// Notes that a member's assignment expires at `end`.
    pub(crate) fn set(&mut self, row: u32, assignment: Assignment, end: Timestamp) {
        self.remove(row, assignment);
        self.by_assignment.insert((row, assignment), end);
        self.pending.insert((end, row, assignment));
    }

    /// Forgets the expiry of an assignment, which may have passed. Returns whether there was one.
    pub(crate) fn remove(&mut self, row: u32, assignment: Assignment) -> bool {
        let Some(end) = self.by_assignment.remove(&(row, assignment)) else { return false };
        self.pending.remove(&(end, row, assignment));
        true
    }

    /// When an assignment expires, or has expired; none if it is permanent.
    pub(crate) fn expiry_of(&self, row: u32, assignment: Assignment) -> Option<Timestamp> {
        if self.by_assignment.is_empty() { None } else { self.by_assignment.get(&(row, assignment)).copied() }
    }

    /// When the next assignment expires; none if no further one does.
    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        self.pending.first().map(|(end, ..)| *end)
    }

    /// Takes the next assignment that has expired by `now` from those that are pending, with its expiry.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, u32, Assignment)> {
        let (end, row, assignment) = *self.pending.first()?;
        if end > now {
            return None;
        }
        self.pending.remove(&(end, row, assignment));
        Some((end, row, assignment))
    }
}
