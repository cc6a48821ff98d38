//! What a planned write shows when its commit is about to begin.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use parking_lot::Mutex;
use rollcall_engine::Timestamp;

use crate::service::ports::{Clock, Gate};

/// Whether the commit of one write may begin: while its caller is there, and while the decision holds.
pub(super) struct Ticket {
    clock: Arc<dyn Clock>,
    /// The first end of anything that the decision may rest on.
    holds_until: Option<Timestamp>,
    state: AtomicU8,
    withdrawn: Mutex<Withdrawn>,
}

/// Why a commit did not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Withdrawn {
    /// The caller has left.
    Left,
    /// Something has ended that the decision may rest on.
    Ended,
    /// The clock has jumped, so that nobody knows what has ended.
    Disbelieved,
}

/// The caller waits, and the commit has not begun.
const WAITING: u8 = 0;
/// The commit has begun: it is made without its caller.
const BEGUN: u8 = 1;
/// The caller left before.
const LEFT: u8 = 2;

/// Leaves when it is dropped, as when a request is cancelled.
pub(super) struct Presence(Arc<Ticket>);

impl Ticket {
    pub(super) fn new(clock: Arc<dyn Clock>, holds_until: Option<Timestamp>) -> Self {
        Self { clock, holds_until, state: AtomicU8::new(WAITING), withdrawn: Mutex::new(Withdrawn::Left) }
    }

    /// The caller, who leaves when this is dropped.
    pub(super) fn presence(self: &Arc<Self>) -> Presence {
        Presence(Arc::clone(self))
    }

    /// The caller leaves. Whether that withdraws the commit, which has then not begun and never will.
    pub(super) fn leave(&self) -> bool {
        self.pass(LEFT) == LEFT
    }

    /// Why the commit did not begin.
    pub(super) fn withdrawn(&self) -> Withdrawn {
        *self.withdrawn.lock()
    }

    /// Goes from waiting to another state; the state that it is in then.
    fn pass(&self, to: u8) -> u8 {
        self.state.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire).map_or_else(|is| is, |_| to)
    }
}

impl Gate for Ticket {
    fn opens(&self) -> bool {
        let reading = self.clock.reading();
        let withdrawn = if !reading.is_believed() {
            Withdrawn::Disbelieved
        } else if self.holds_until.is_some_and(|end| end <= reading.now) {
            Withdrawn::Ended
        } else if self.pass(BEGUN) == BEGUN {
            return true;
        } else {
            Withdrawn::Left
        };
        *self.withdrawn.lock() = withdrawn;
        false
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("holds_until", &self.holds_until)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.leave();
    }
}
