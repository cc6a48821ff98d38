//! A view that readers and one writer share.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use parking_lot::{Mutex, RwLock};
use rollcall_engine::{Commit, Facts, Head, Moment, PolicyStore, Timestamp, View};

use crate::{
    cache::{fixed_view::FixedView, shown::ShownCommits},
    service::ports::{Clock, Reading, TenantView},
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
    /// The facts by a clock that has jumped ahead, which is not believed; none while the clock is believed.
    ahead: Mutex<Option<Arc<FixedView>>>,
}

impl SharedView {
    pub(super) fn new(view: View, clock: Arc<dyn Clock>, shown: Arc<RwLock<ShownCommits>>) -> Self {
        let shared =
            Self { view: RwLock::new(view), clock, next_end: AtomicI64::new(i64::MAX), shown, ahead: Mutex::default() };
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
    ///
    /// What has ended by a clock that is not believed is taken from a copy, which is returned: if the clock is right it
    /// grants nothing, and if it comes back nothing is lost.
    fn expire_due(&self) -> Option<Arc<FixedView>> {
        let next_end = self.next_end.load(Ordering::Relaxed);
        if next_end == i64::MAX || next_end > self.clock.now().0 {
            return None;
        }
        let Reading { now, believed } = self.clock.reading();
        self.expire_by(believed);
        let mut ahead = self.ahead.lock();
        if self.next_end.load(Ordering::Relaxed) > now.0 {
            *ahead = None;
            return None;
        }
        let view = self.view.read();
        let is_good = |copy: &FixedView| {
            let moment = view.moment();
            copy.moment == moment && copy.view.next_expiry().is_none_or(|end| end > now)
        };
        if !ahead.as_deref().is_some_and(is_good) {
            let mut copy = view.clone();
            copy.expire_due(now);
            *ahead = Some(Arc::new(FixedView { view: copy, moment: view.moment() }));
        }
        ahead.clone()
    }
}

impl TenantView for SharedView {
    fn head(&self) -> Head {
        self.view.read().head()
    }

    fn read(&self, reader: &mut dyn FnMut(&dyn Facts, &Moment)) {
        if let Some(ahead) = self.expire_due() {
            return ahead.read(reader);
        }
        let view = self.view.read();
        reader(&*view, &view.moment());
    }

    fn next_end(&self) -> Option<Timestamp> {
        self.view.read().next_expiry()
    }

    fn copy(&self) -> Arc<dyn TenantView> {
        if let Some(ahead) = self.expire_due() {
            return ahead;
        }
        let view = self.view.read();
        Arc::new(FixedView { view: view.clone(), moment: view.moment() })
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
        view.expire_due(self.clock.reading().believed);
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
