//! A view that readers and one writer share.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use parking_lot::RwLock;
use rollcall_engine::{Commit, Facts, Head, Moment, PolicyStore, Timestamp, View};

use crate::{
    cache::shown::ShownCommits,
    service::ports::{Clock, TenantView},
};

/// A tenant's view with what is needed to keep it current. The lock is a blocking one, because it is held for microseconds
/// and never across an await.
pub(super) struct SharedView {
    view: RwLock<View>,
    clock: Arc<dyn Clock>,
    /// When the next binding of the view ends, as the microseconds of a `Timestamp`; `i64::MAX` when none does.
    next_end: AtomicI64,
    /// Those of its slot: what is applied to the view is shown from then on.
    shown: Arc<RwLock<ShownCommits>>,
}

impl SharedView {
    pub(super) fn new(view: View, clock: Arc<dyn Clock>, shown: Arc<RwLock<ShownCommits>>) -> Self {
        let shared = Self { view: RwLock::new(view), clock, next_end: AtomicI64::new(i64::MAX), shown };
        shared.note_next_end(&shared.view.read());
        shared
    }

    pub(super) fn runs_one_of(&self, policies: &PolicyStore) -> bool {
        policies.current().has(self.view.read().policy_handle())
    }

    fn note_next_end(&self, view: &View) {
        self.next_end.store(view.next_expiry().map_or(i64::MAX, |end| end.0), Ordering::Relaxed);
    }

    /// Takes bindings away that have ended. Where none ends soon it costs one atomic load, or a look at the clock.
    fn expire_due(&self) {
        if self.next_end.load(Ordering::Relaxed) < i64::MAX {
            self.expire_by(self.clock.now());
        }
    }
}

impl TenantView for SharedView {
    fn head(&self) -> Head {
        self.view.read().head()
    }

    fn read(&self, reader: &mut dyn FnMut(&dyn Facts, &Moment)) {
        self.expire_due();
        let view = self.view.read();
        reader(&*view, &view.moment());
    }

    fn expire_by(&self, instant: Timestamp) {
        if self.next_end.load(Ordering::Relaxed) <= instant.0 {
            let mut view = self.view.write();
            view.expire_due(instant);
            self.note_next_end(&view);
            self.shown.write().note_end(view.moment().passed_end);
        }
    }

    fn apply(&self, commits: &[Commit]) -> bool {
        if commits.is_empty() {
            return true;
        }
        let mut view = self.view.write();
        let followed = view.follow(commits).is_ok();
        // What was bound after it had ended: readers who waited meanwhile have looked at the clock before.
        view.expire_due(self.clock.now());
        self.note_next_end(&view);
        if followed {
            let mut shown = self.shown.write();
            for commit in commits {
                shown.note(commit.head);
            }
            shown.note_end(view.moment().passed_end);
        }
        followed
    }
}
