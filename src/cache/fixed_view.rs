//! A view that follows nothing: of an earlier moment, or a copy.

use std::sync::Arc;

use rollcall_engine::{Commit, Facts, Head, Moment, Timestamp, View};

use crate::service::ports::TenantView;

/// A tenant's facts, with the moment that answers from them are of.
pub(super) struct FixedView {
    pub(super) view: View,
    pub(super) moment: Moment,
}

impl TenantView for FixedView {
    fn head(&self) -> Head {
        self.view.head()
    }

    fn read(&self, reader: &mut dyn FnMut(&dyn Facts, &Moment)) {
        reader(&self.view, &self.moment);
    }

    fn next_end(&self) -> Option<Timestamp> {
        self.view.next_expiry()
    }

    fn copy(&self) -> Arc<dyn TenantView> {
        Arc::new(Self { view: self.view.clone(), moment: self.moment })
    }

    /// Nothing ends in it any more.
    fn expire_by(&self, _: Timestamp) {}

    fn apply(&self, commits: &[Commit]) -> bool {
        commits.is_empty()
    }
}
