//! A state of the model: the store, the process over it, and the calls.

use super::call::{Call, Head, Stage};

/// The tenants that a history may write. A role that ends is in the first one, which another process may write too.
pub(super) const TENANTS: usize = 2;
/// The most calls in a history.
pub(super) const CALLS: usize = 3;

/// A commit in the log of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Commit {
    pub(super) head: Head,
    /// The head that it was planned at.
    pub(super) follows: Head,
    /// Whether a role that it relied on had ended when its transaction began.
    pub(super) is_outdated: bool,
}

/// How often each thing may still happen in a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Chances {
    /// The role ends.
    pub(super) ends: u8,
    /// The clock jumps ahead.
    pub(super) clocks: u8,
    /// A caller leaves, or has waited too long.
    pub(super) departures: u8,
    /// Another process commits a write.
    pub(super) foreign: u8,
    /// A statement fails.
    pub(super) statements: u8,
    /// A `COMMIT` fails.
    pub(super) commits: u8,
    /// A barrier fails.
    pub(super) barriers: u8,
    /// A view can't follow.
    pub(super) views: u8,
    /// The process is killed.
    pub(super) kills: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) calls: [Call; CALLS],
    /// What every connection sees.
    pub(super) logs: [Vec<Commit>; TENANTS],
    /// The commits whose frames are whole behind the end of the write-ahead log, each with its tenant.
    pub(super) tail: Vec<(usize, Commit)>,
    /// How much of each log is on the disk; none where all of it is.
    pub(super) durable: Option<[usize; TENANTS]>,
    pub(super) queues: [Vec<usize>; TENANTS],
    /// How many commits the view of each tenant shows, where it is loaded.
    pub(super) views: [Option<usize>; TENANTS],
    /// The newest revision of each tenant that was acknowledged.
    pub(super) acknowledged: [u8; TENANTS],
    /// Whether a write was acknowledged after one of a later revision.
    pub(super) is_out_of_order: bool,
    pub(super) has_ended: bool,
    pub(super) chances: Chances,
}

impl State {
    pub(super) fn head(&self, tenant: usize) -> Head {
        self.logs[tenant].last().map_or_else(Head::default, |commit| commit.head)
    }

    /// The head of a tenant as its view shows it, if that is loaded.
    pub(super) fn shown(&self, tenant: usize) -> Option<Head> {
        let newest = self.views[tenant]?.checked_sub(1);
        Some(newest.map_or_else(Head::default, |newest| self.logs[tenant][newest].head))
    }

    /// The calls that have come so far and no further.
    pub(super) fn at(&self, stage: Stage) -> Vec<usize> {
        (0..CALLS).filter(|call| self.calls[*call].stage == stage).collect()
    }

    /// Whether a call has come so far and no further.
    pub(super) fn has(&self, stage: Stage) -> bool {
        self.calls.iter().any(|call| call.stage == stage)
    }

    /// Whether no call is under way.
    pub(super) fn is_quiet(&self) -> bool {
        self.calls.iter().all(|call| call.step().is_none())
    }

    pub(super) fn change_stage(&mut self, from: Stage, to: Stage) {
        for call in self.calls.iter_mut().filter(|call| call.stage == from) {
            call.stage = to;
        }
    }

    /// Commits to the logs, over the tail.
    pub(super) fn append(&mut self, commits: &[(usize, Commit)]) {
        for (tenant, commit) in commits {
            self.logs[*tenant].push(*commit);
        }
        self.tail.clear();
    }
}
