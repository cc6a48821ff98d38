//! How fresh an answer must be, and the view or the snapshot that is fresh enough for it.

use std::{sync::Arc, time::Duration};

use rollcall_engine::{Facts, Head, Moment, Revision, Timestamp, TokenError};

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    input::not_about_the_past,
    ports::{Recall, Snapshot, TenantView, ViewError},
};

/// How far a token's moment may be ahead of this process's clock: what may have ended by another server's clock is taken
/// to have ended here too, and a token with which somebody plays must not end what lasts.
const CLOCK_SKEW: Duration = Duration::from_secs(10);

/// How fresh the facts behind an answer must be. A token that can't be used is `INVALID_TOKEN`, `TOKEN_OUTDATED`,
/// `TOKEN_FOREIGN`, `TOKEN_AHEAD` or `TOKEN_LOST`.
#[derive(Clone, Copy, Debug)]
pub enum Consistency<'a> {
    /// The view as it is. The writes of this process are in it, those of others perhaps not yet.
    MinimizeLatency,
    /// At least the moment of this token: the change log is read if the view is older.
    AtLeastAsFresh(&'a str),
    /// At least the newest commit that the store has when the question comes.
    FullyConsistent,
    /// Exactly the moment of this token: the facts, the policy and the time are those of then.
    AtExactSnapshot(&'a str),
}

/// What a read of the store is answered from, all of one commit.
pub(crate) struct ReadAt {
    pub(crate) snapshot: Box<dyn Snapshot>,
    /// The tenant's view, which may be of another commit: see [`Service::facts_in`].
    pub(crate) view: Arc<dyn TenantView>,
    /// The snapshot's commit, and the last end that has passed.
    pub(crate) moment: Moment,
}

impl Service {
    /// A tenant's view of the requested consistency, loaded or brought up to date if need be.
    pub(crate) async fn view(&self, tenant: &str, consistency: Consistency<'_>) -> Result<Arc<dyn TenantView>> {
        self.store.check_owned()?;
        if let Consistency::AtExactSnapshot(token) = consistency {
            return self.historical_view(tenant, token).await;
        }
        let view = match self.views.warm(tenant) {
            Some(view) => view,
            None => self.views.open(tenant).await?.ok_or_else(|| Error::tenant_not_found(tenant))?,
        };
        match consistency {
            Consistency::MinimizeLatency | Consistency::AtExactSnapshot(_) => Ok(view),
            Consistency::FullyConsistent => self.refresh(tenant, view).await,
            Consistency::AtLeastAsFresh(token) => {
                let requested = self.decode(tenant, token, "consistency.at_least_as_fresh")?;
                let view = if self.is_shown(tenant, &requested, &*view) {
                    view
                } else {
                    let view = self.refresh(tenant, view).await?;
                    self.check_history(tenant, &requested).await?;
                    view
                };
                self.check_end(tenant, &requested, passed_end_of(&*view))?;
                view.expire_by(requested.passed_end);
                Ok(view)
            }
        }
    }

    /// Whether a view is of a token's commit or of a later one, as far as this process knows without asking the store.
    fn is_shown(&self, tenant: &str, requested: &Moment, view: &dyn TenantView) -> bool {
        match self.views.recall(tenant, requested) {
            Recall::Shown => {
                let head = view.head();
                // The view may have been dropped since it was taken, with its history.
                let is_current = self.views.recall(tenant, &head.moment()) == Recall::Shown;
                is_current && head.revision >= requested.revision
            }
            // What was lost may be there again, in a store that was put back twice.
            Recall::Lost | Recall::Unknown => false,
        }
    }

    /// A tenant's facts as they were at the moment of a token.
    async fn historical_view(&self, tenant: &str, token: &str) -> Result<Arc<dyn TenantView>> {
        let requested = self.decode(tenant, token, "consistency.at_exact_snapshot")?;
        // The store is asked, for it may have been put back since the commit was shown, or its facts were kept.
        self.check_history_of_store(tenant, &requested).await?;
        match self.views.at_moment(tenant, requested).await {
            Err(ViewError::OtherHistory) => Err(token_lost(tenant)),
            found => found?.ok_or_else(|| Error::tenant_not_found(tenant)),
        }
    }

    async fn refresh(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Arc<dyn TenantView>> {
        self.views.refresh(tenant, view).await?.ok_or_else(|| Error::tenant_not_found(tenant))
    }

    /// A snapshot that is fresh enough for a read of the store, which sees whatever was committed before it began, and its
    /// moment. `at_exact_snapshot` is refused: only decisions are made about the past.
    pub(crate) async fn snapshot(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
    ) -> Result<(Box<dyn Snapshot>, Moment)> {
        let requested = match consistency {
            Consistency::MinimizeLatency | Consistency::FullyConsistent => None,
            Consistency::AtLeastAsFresh(token) => Some(self.decode(tenant, token, "consistency.at_least_as_fresh")?),
            Consistency::AtExactSnapshot(_) => return Err(not_about_the_past()),
        };
        let snapshot = self.store.snapshot(tenant).await?;
        let mut snapshot = snapshot.ok_or_else(|| Error::tenant_not_found(tenant))?;
        let mut moment = snapshot.head().moment();
        if let Some(view) = self.views.warm(tenant) {
            moment.passed_end = passed_end_of(&*view);
        }
        if let Some(requested) = requested {
            self.check_history_in(&mut *snapshot, &requested).await?;
            self.check_end(tenant, &requested, moment.passed_end.max(snapshot.committed_at()))?;
            moment.passed_end = moment.passed_end.max(requested.passed_end);
        }
        Ok((snapshot, moment))
    }

    /// A snapshot as [`Service::snapshot`] takes it, with the tenant's view, which was opened before: a snapshot holds a
    /// connection, and nobody who holds one waits for another.
    pub(crate) async fn snapshot_and_view(&self, tenant: &str, consistency: Consistency<'_>) -> Result<ReadAt> {
        let view = self.views.open(tenant).await?.ok_or_else(|| Error::tenant_not_found(tenant))?;
        let (snapshot, moment) = self.snapshot(tenant, consistency).await?;
        Ok(ReadAt { snapshot, view, moment })
    }

    /// Brings a view up to the commit of a snapshot; whether it is at exactly that now.
    pub(crate) async fn follow(&self, view: &dyn TenantView, snapshot: &mut dyn Snapshot) -> Result<bool> {
        let (known, head) = (view.head(), snapshot.head());
        if known.revision < head.revision {
            let is_known = known == Head::default() || snapshot.commit_at(known.revision).await? == Some(known);
            let commits = if is_known { snapshot.commits_after(known.revision, u32::MAX).await? } else { Vec::new() };
            if !is_known || !view.apply(&commits) {
                self.views.forget(&snapshot.tenant().id);
                return Ok(false);
            }
        }
        Ok(view.head() == head)
    }

    /// Reads the tenant's facts at exactly the commit of a snapshot: those of the view, where it is there, else the
    /// snapshot's own. What had ended by the moment of `at` is not in them.
    pub(crate) async fn facts_in<T>(&self, at: &mut ReadAt, read: impl Fn(&dyn Facts, &Moment) -> T) -> Result<T> {
        let ReadAt { snapshot, view, moment: Moment { passed_end, .. } } = at;
        let head = snapshot.head();
        let read_at = |facts: &dyn Facts, moment: &Moment| {
            read(facts, &Moment { passed_end: moment.passed_end.max(*passed_end), ..*moment })
        };
        if self.follow(&**view, &mut **snapshot).await? {
            view.expire_by(*passed_end);
            let found = view.with(|facts, moment| (moment.revision == head.revision).then(|| read_at(facts, moment)));
            if let Some(found) = found {
                return Ok(found);
            }
        }
        // The view has moved on meanwhile, or is of another history.
        let own = self.views.open_at(&mut **snapshot).await?;
        own.expire_by(*passed_end);
        Ok(own.with(read_at))
    }

    /// Refuses a moment whose commit the tenant's history does not have: `TOKEN_AHEAD` or `TOKEN_LOST`.
    pub(crate) async fn check_history(&self, tenant: &str, requested: &Moment) -> Result<()> {
        match self.views.recall(tenant, requested) {
            Recall::Shown => Ok(()),
            Recall::Lost | Recall::Unknown => self.check_history_of_store(tenant, requested).await,
        }
    }

    async fn check_history_of_store(&self, tenant: &str, requested: &Moment) -> Result<()> {
        let snapshot = self.store.snapshot(tenant).await?;
        let mut snapshot = snapshot.ok_or_else(|| Error::tenant_not_found(tenant))?;
        self.check_history_in(&mut *snapshot, requested).await
    }

    async fn check_history_in(&self, snapshot: &mut dyn Snapshot, requested: &Moment) -> Result<()> {
        let tenant = snapshot.tenant().id.clone();
        if snapshot.head().revision < requested.revision {
            let is_lost = self.views.recall(&tenant, requested) != Recall::Unknown;
            return Err(if is_lost { token_lost(&tenant) } else { token_ahead(&tenant) });
        }
        if requested.revision == Revision(0) {
            return Ok(());
        }
        match snapshot.commit_at(requested.revision).await? {
            Some(Head { write_id, .. }) if write_id.prefix() == requested.write_prefix => Ok(()),
            _ => Err(token_lost(&tenant)),
        }
    }

    /// Refuses a moment of which an end has passed that is far in this process's future, unless it is one that has passed
    /// by what is `known`: a server whose clock was ahead has committed after it.
    fn check_end(&self, tenant: &str, requested: &Moment, known: Timestamp) -> Result<()> {
        if requested.passed_end <= known.max(self.clock.now().plus(CLOCK_SKEW)) {
            return Ok(());
        }
        let message = format!(
            "the token is of a moment after {}, which this server's clock has not reached; set the servers' clocks, or \
             send the token to the server that gave it",
            requested.passed_end
        );
        Err(Error::new(ErrorKind::FailedPrecondition, "TOKEN_AHEAD", message).with("tenant", tenant))
    }

    /// The moment of a token, which the request has in `field`: `INVALID_TOKEN`, `TOKEN_OUTDATED` or `TOKEN_FOREIGN`
    /// where it has none.
    pub(crate) fn decode(&self, tenant: &str, token: &str, field: &str) -> Result<Moment> {
        self.tokens.decode(tenant, token).map_err(|error| {
            let reason = match error {
                TokenError::Malformed => "INVALID_TOKEN",
                TokenError::OtherFormat(_) => "TOKEN_OUTDATED",
                TokenError::OtherStore | TokenError::OtherTenant => "TOKEN_FOREIGN",
            };
            Error::field(reason, field, error.to_string())
        })
    }
}

/// The last end of a role that has passed in a view.
fn passed_end_of(view: &dyn TenantView) -> Timestamp {
    view.with(|_, moment| moment.passed_end)
}

/// `TOKEN_AHEAD`: the token's revision is newer than the tenant's newest.
fn token_ahead(tenant: &str) -> Error {
    let message = "the token is newer than the store; was it restored from a backup?";
    Error::new(ErrorKind::FailedPrecondition, "TOKEN_AHEAD", message).with("tenant", tenant)
}

/// `TOKEN_LOST`: the token's commit is not part of the tenant's history.
fn token_lost(tenant: &str) -> Error {
    let message = "the token is of a history that was lost, for the store was put back to an earlier state; drop it, and \
                   what you know from it";
    Error::new(ErrorKind::FailedPrecondition, "TOKEN_LOST", message).with("tenant", tenant)
}
