//! What happens in a tenant, told in order as it happens. The log is the truth of it: a watcher reads on from its place
//! whenever this process commits, and every so often because others may.

use std::{sync::Arc, time::Duration};

use rollcall_engine::{LogPlace, LoggedChange, Revision};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep, sleep_until},
};

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    ports::{LogFilter, LogQuery},
    read::consistency::{decode, token_ahead},
};

/// How many changes are read and told at a time.
const PIECE: u32 = 256;

/// How watchers are served.
#[derive(Clone, Copy, Debug)]
pub struct WatchOptions {
    /// How often a watcher to whom nothing was told is told where they are; zero: never.
    pub heartbeat: Duration,
    /// How often the log is looked at without a commit of this process; zero: never.
    pub poll: Duration,
    /// How long a watcher may take to read one piece.
    pub timeout: Duration,
    /// The most watchers at a time.
    pub watchers: usize,
}

impl Default for WatchOptions {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { heartbeat: seconds(10), poll: seconds(1), timeout: seconds(30), watchers: 1000 }
    }
}

/// Where to begin.
#[derive(Clone, Copy, Debug)]
pub enum WatchFrom<'a> {
    /// With what happens from now on.
    Now,
    /// With the tenant's first change.
    Beginning,
    /// After the revision of this token.
    After(&'a str),
}

/// What a watcher is told at once.
#[derive(Debug)]
pub struct WatchBatch {
    /// The changes, in order; none for a sign of life.
    pub changes: Vec<LoggedChange>,
    /// Everything up to this was told; none within a revision.
    pub upto: Option<Revision>,
}

/// What all watchers share.
pub(crate) struct Watchers {
    options: WatchOptions,
    slots: Arc<Semaphore>,
    draining: watch::Sender<bool>,
}

/// One watcher of one tenant.
pub struct Watch {
    service: Arc<Service>,
    tenant: String,
    kinds: Vec<String>,
    /// The last change that was read.
    place: LogPlace,
    /// The last revision that was read to its end.
    upto: Revision,
    /// Whether the watcher was told the beginning of a revision and not its end.
    within: bool,
    /// When to tell where the watcher is; none: not at all.
    heartbeat: Option<Instant>,
    commits: watch::Receiver<()>,
    draining: watch::Receiver<bool>,
    _slot: OwnedSemaphorePermit,
}

impl Watchers {
    pub(crate) fn new(options: WatchOptions) -> Self {
        let slots = Arc::new(Semaphore::new(options.watchers));
        Self { options, slots, draining: watch::Sender::new(false) }
    }
}

impl Service {
    /// Watches a tenant: changes of these kinds, as [`Change::kind`](rollcall_engine::Change::kind) names them, or of all.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `INVALID_TOKEN`, `TOKEN_AHEAD`, `TOO_MANY_WATCHERS`, `DRAINING`, and what the store brings.
    pub async fn watch(self: &Arc<Self>, tenant: &str, from: WatchFrom<'_>, kinds: Vec<String>) -> Result<Watch> {
        let draining = self.watchers.draining.subscribe();
        if *draining.borrow() {
            return Err(is_draining());
        }
        let slot = Arc::clone(&self.watchers.slots).try_acquire_owned().map_err(|_| self.too_many())?;
        let (_, newest) = self.tenant(tenant).await?;
        let upto = match from {
            WatchFrom::Now => newest,
            WatchFrom::Beginning => Revision::default(),
            WatchFrom::After(token) => decode(tenant, token, "after")?,
        };
        if upto > newest {
            return Err(token_ahead(tenant));
        }
        Ok(Watch {
            service: Arc::clone(self),
            tenant: tenant.to_owned(),
            kinds,
            place: LogPlace { revision: upto, seq: i64::MAX },
            upto,
            within: false,
            // So that the first sign of life comes at once, with a token to keep.
            heartbeat: Some(Instant::now()),
            commits: self.commits.of(tenant),
            draining,
            _slot: slot,
        })
    }

    /// Ends all watches, and refuses new ones.
    pub fn end_watches(&self) {
        self.watchers.draining.send_replace(true);
    }

    fn too_many(&self) -> Error {
        let limit = self.watchers.options.watchers;
        let message = format!("this server has {limit} watchers already; try another, or raise `watch.watchers`");
        Error::new(ErrorKind::ResourceExhausted, "TOO_MANY_WATCHERS", message).with("limit", limit.to_string())
    }
}

impl Watch {
    /// What to tell next; waits for it.
    ///
    /// # Errors
    /// `DRAINING`, and what the store brings.
    pub async fn next(&mut self) -> Result<WatchBatch> {
        let poll = self.service.watchers.options.poll;
        loop {
            if *self.draining.borrow() {
                return Err(is_draining());
            }
            if self.heartbeat.is_some_and(|at| at <= Instant::now()) && !self.within {
                return Ok(self.told(Vec::new(), Some(self.upto)));
            }
            // Before the log is read, so that a commit in between wakes.
            self.commits.mark_unchanged();
            let before = self.place;
            let (changes, whole) = self.read().await?;
            if !changes.is_empty() || (whole && self.within) {
                return Ok(self.told(changes, whole.then_some(self.upto)));
            }
            if self.place > before {
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

    /// Waits for what ends the watch of somebody who does not read: the end of the server's patience, or of the server.
    pub async fn unread(&mut self) -> Error {
        let patience = self.service.watchers.options.timeout;
        tokio::select! {
            () = sleep(patience) => {
                let message = format!(
                    "the watcher did not read for {patience:?}; watch again, after the last token that it has got"
                );
                Error::new(ErrorKind::ResourceExhausted, "WATCH_TOO_SLOW", message).with("tenant", self.tenant.clone())
            }
            _ = self.draining.wait_for(|draining| *draining) => is_draining(),
        }
    }

    /// The next changes that are wanted, and whether they end with a revision.
    async fn read(&mut self) -> Result<(Vec<LoggedChange>, bool)> {
        let query = LogQuery {
            tenant: &self.tenant,
            filter: LogFilter::default(),
            revisions: LogQuery::ALL,
            after: Some(self.place),
            newest_first: false,
            limit: PIECE,
        };
        let mut changes = self.service.store.log(&query).await?;
        let Some(last) = changes.last().map(|last| last.place) else {
            self.upto = self.place.revision;
            return Ok((changes, true));
        };
        self.place = last;
        // A revision is there whole or not at all, so only a full piece can end within one.
        let mut whole = changes.len() < PIECE as usize;
        if !whole && let Some(before) = changes.iter().rev().map(|it| it.place).find(|it| it.revision < last.revision) {
            // The last revision may go on, so it waits for the next piece.
            changes.retain(|change| change.place <= before);
            self.place = before;
            whole = true;
        }
        if whole {
            self.upto = self.place.revision;
        }
        if !self.kinds.is_empty() {
            changes.retain(|change| self.kinds.iter().any(|kind| kind == change.change.kind()));
        }
        Ok((changes, whole))
    }

    fn told(&mut self, changes: Vec<LoggedChange>, upto: Option<Revision>) -> WatchBatch {
        let every = self.service.watchers.options.heartbeat;
        self.heartbeat = (!every.is_zero()).then(|| Instant::now() + every);
        self.within = upto.is_none();
        WatchBatch { changes, upto }
    }
}

fn is_draining() -> Error {
    let message = "the server is being stopped; watch another one, after the last token that you have got";
    Error::new(ErrorKind::Unavailable, "DRAINING", message)
}
