use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use crate::{domain::Timestamp, facts::Node, model::RoleId};

/// A role bound to a member at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Assignment {
    pub(crate) node: Node,
    pub(crate) role: RoleId,
}

/// When bindings end, for the few that do. What has ended is known until the log says so too: until then the store has
/// it still.
#[derive(Debug, Default)]
pub(crate) struct Expirations {
    at: HashMap<(u32, Assignment), Timestamp, FxBuildHasher>,
    /// Those that have not ended yet, the next one first.
    next: BTreeSet<(Timestamp, u32, Assignment)>,
}

impl Expirations {
    /// Notes that a member's binding ends.
    pub(crate) fn set(&mut self, row: u32, bound: Assignment, end: Timestamp) {
        self.forget(row, bound);
        self.at.insert((row, bound), end);
        self.next.insert((end, row, bound));
    }

    /// Forgets that a binding ends, or has ended; whether it was known to.
    pub(crate) fn forget(&mut self, row: u32, bound: Assignment) -> bool {
        let Some(end) = self.at.remove(&(row, bound)) else { return false };
        self.next.remove(&(end, row, bound));
        true
    }

    /// When a binding ends, or has ended; none when it lasts.
    pub(crate) fn of(&self, row: u32, bound: Assignment) -> Option<Timestamp> {
        if self.at.is_empty() { None } else { self.at.get(&(row, bound)).copied() }
    }

    /// When the next one ends.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.next.first().map(|(end, ..)| *end)
    }

    /// Takes the next one that has ended by `now`.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<(u32, Assignment)> {
        let (end, row, bound) = *self.next.first()?;
        if end > now {
            return None;
        }
        self.next.remove(&(end, row, bound));
        Some((row, bound))
    }
}
