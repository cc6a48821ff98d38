//! Watches: a tenant's changes in the order of its log, as they are committed. A watcher reads the log on from its
//! position when this process commits, and at intervals because other processes may.

use std::sync::Arc;

use rollcall_engine::{LogPosition, LoggedChange, Moment, Revision};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, sleep, sleep_until},
};

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    ports::{LogFilter, LogQuery, Snapshot},
};

/// How many changes are read and sent at a time.
const CHUNK: u32 = 256;

/// The position in a tenant's log at which a watch begins.
#[derive(Clone, Copy, Debug)]
pub enum WatchFrom<'a> {
    /// After the newest revision: with what is committed from now on.
    Now,
    /// With the tenant's first change.
    Beginning,
    /// After the revision of this token, which must be one of the tenant and no newer than the store.
    After(&'a str),
}

/// What a watcher sends at once.
#[derive(Debug)]
pub struct WatchBatch {
    /// At most 256 changes of the watched kinds, in the order of the log. Empty for a heartbeat, and where the rest of
    /// a revision has none of those kinds.
    pub changes: Vec<LoggedChange>,
    /// The moment up to which every change was sent, from which a new watch may go on; none when the batch ends within a
    /// revision.
    pub up_to: Option<Moment>,
    /// Whether the changes before this batch don't lead to those after it, for the store was put back.
    pub is_reset: bool,
}

/// One watch of one tenant: a position in its log, and what wakes it. Dropping it ends the watch.
pub struct Watcher {
    service: Arc<Service>,
    tenant: String,
    /// Empty for all kinds.
    kinds: Vec<String>,
    /// The position of the last change that was read.
    position: LogPosition,
    /// The commit of that change; none before the first.
    read_to: Option<Moment>,
    /// The last commit that was read to its end.
    up_to: Moment,
    /// Whether the beginning of a revision was sent and its end was not.
    mid_revision: bool,
    /// When the next heartbeat is due; none when there are to be none.
    heartbeat: Option<Instant>,
    commits: watch::Receiver<()>,
    draining: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

impl Service {
    /// Begins to watch a tenant: changes of these kinds, as [`Change::kind`](rollcall_engine::Change::kind) names them,
    /// or of all kinds when none is named.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, those of the token, `TOO_MANY_WATCHERS`, `DRAINING`, and the store's errors.
    pub async fn watch(self: &Arc<Self>, tenant: &str, from: WatchFrom<'_>, kinds: Vec<String>) -> Result<Watcher> {
        let draining = self.watchers.draining.subscribe();
        if *draining.borrow() {
            return Err(is_draining());
        }
        let permit = Arc::clone(&self.watchers.permits).try_acquire_owned().map_err(|_| self.too_many())?;
        let (_, newest) = self.tenant(tenant).await?;
        let up_to = match from {
            WatchFrom::Now => newest.moment(),
            WatchFrom::Beginning => Moment::default(),
            WatchFrom::After(token) => {
                let after = self.decode(tenant, token, "after")?;
                self.check_history(tenant, &after).await?;
                after
            }
        };
        Ok(Watcher {
            service: Arc::clone(self),
            tenant: tenant.to_owned(),
            kinds,
            position: end_of(&up_to),
            read_to: None,
            up_to,
            mid_revision: false,
            // So that the first heartbeat comes at once, with a token to keep.
            heartbeat: Some(Instant::now()),
            commits: self.commits.subscribe(tenant),
            draining,
            _permit: permit,
        })
    }

    /// Ends all watches with `DRAINING`, and refuses new ones.
    pub fn end_watches(&self) {
        self.watchers.draining.send_replace(true);
    }

    fn too_many(&self) -> Error {
        let limit = self.watchers.options.watchers;
        let message = format!("this server has {limit} watchers already; try another, or raise `watch.watchers`");
        Error::new(ErrorKind::ResourceExhausted, "TOO_MANY_WATCHERS", message).with("limit", limit.to_string())
    }
}

impl Watcher {
    /// The next batch: changes as soon as there are any, or a heartbeat. A call may be dropped before it is ready: the
    /// next one loses nothing.
    ///
    /// # Errors
    /// `DRAINING`, and the store's errors.
    pub async fn next(&mut self) -> Result<WatchBatch> {
        let poll = self.service.watchers.options.poll;
        loop {
            if *self.draining.borrow() {
                return Err(is_draining());
            }
            if self.heartbeat.is_some_and(|at| at <= Instant::now()) && !self.mid_revision {
                return Ok(self.batch(Vec::new(), Some(self.up_to)));
            }
            // Before the log is read, so that a commit during the read wakes this watch.
            self.commits.mark_unchanged();
            let before = self.position;
            let Some((changes, whole)) = self.read().await? else {
                return Ok(WatchBatch { is_reset: true, ..self.batch(Vec::new(), Some(self.up_to)) });
            };
            if !changes.is_empty() || (whole && self.mid_revision) {
                return Ok(self.batch(changes, whole.then_some(self.up_to)));
            }
            if self.position > before {
                continue;
            }
            tokio::select! {
                _ = self.commits.changed() => {}
                _ = self.draining.changed() => {}
                () = sleep(poll), if !poll.is_zero() => {}
                () = sleep_until(self.heartbeat.unwrap_or_else(Instant::now)), if self.heartbeat.is_some() => {}
            }
        }
    }

    /// Waits for what ends a watch whose batch nobody reads: `WATCH_TOO_SLOW` after the timeout, or `DRAINING`.
    pub async fn unread(&mut self) -> Error {
        let timeout = self.service.watchers.options.timeout;
        tokio::select! {
            () = sleep(timeout) => {
                let message = format!(
                    "the watcher did not read for {timeout:?}; watch again after the last token that it received"
                );
                Error::new(ErrorKind::ResourceExhausted, "WATCH_TOO_SLOW", message).with("tenant", self.tenant.clone())
            }
            _ = self.draining.wait_for(|draining| *draining) => is_draining(),
        }
    }

    /// The next changes of the watched kinds, and whether they end with a revision. None where the tenant has another
    /// history than the one that was read: then the watch goes on with what follows on its newest commit.
    async fn read(&mut self) -> Result<Option<(Vec<LoggedChange>, bool)>> {
        let snapshot = self.service.store.snapshot(&self.tenant).await?;
        let mut snapshot = snapshot.ok_or_else(|| Error::tenant_not_found(&self.tenant))?;
        // The newest commit of which anything was read, if only a part.
        if !follows(&mut *snapshot, &self.read_to.unwrap_or(self.up_to)).await? {
            self.up_to = snapshot.head().moment();
            self.read_to = None;
            self.position = end_of(&self.up_to);
            self.mid_revision = false;
            return Ok(None);
        }
        let query = LogQuery {
            filter: LogFilter::default(),
            revisions: LogQuery::ALL,
            after: Some(self.position),
            newest_first: false,
            limit: CHUNK,
        };
        let mut changes = snapshot.log(&query).await?;
        let Some(last) = changes.last().map(|last| last.position) else {
            self.up_to = self.read_to.unwrap_or(self.up_to);
            return Ok(Some((changes, true)));
        };
        self.position = last;
        self.read_to = changes.last().map(LoggedChange::moment);
        // A revision is in the log whole or not at all, so only a full chunk can end within one.
        let mut whole = changes.len() < CHUNK as usize;
        if !whole && let Some(before) = changes.iter().rev().find(|it| it.position.revision < last.revision) {
            // The last revision may go on, so it is left to the next chunk.
            (self.read_to, self.position) = (Some(before.moment()), before.position);
            let position = self.position;
            changes.retain(|change| change.position <= position);
            whole = true;
        }
        if whole {
            self.up_to = self.read_to.unwrap_or(self.up_to);
        }
        if !self.kinds.is_empty() {
            changes.retain(|change| self.kinds.iter().any(|kind| kind == change.change.kind()));
        }
        Ok(Some((changes, whole)))
    }

    /// A batch to send, after which the next heartbeat is due later.
    fn batch(&mut self, changes: Vec<LoggedChange>, up_to: Option<Moment>) -> WatchBatch {
        let every = self.service.watchers.options.heartbeat;
        self.heartbeat = (!every.is_zero()).then(|| Instant::now() + every);
        self.mid_revision = up_to.is_none();
        WatchBatch { changes, up_to, is_reset: false }
    }
}

/// The position after all changes of a commit.
fn end_of(moment: &Moment) -> LogPosition {
    LogPosition { revision: moment.revision, seq: i64::MAX }
}

/// Whether a tenant's history has a commit.
async fn follows(snapshot: &mut dyn Snapshot, moment: &Moment) -> Result<bool> {
    if moment.revision == Revision::default() {
        return Ok(true);
    }
    let found = snapshot.commit_at(moment.revision).await?;
    Ok(found.is_some_and(|head| head.write_id.prefix() == moment.write_prefix))
}

fn is_draining() -> Error {
    let message = "the server is shutting down; watch another one after the last token that you received";
    Error::draining(message)
}
