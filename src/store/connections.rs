//! A pool whose connections are used by one task at a time, and never again after an error.
//!
//! A driver's own pool can't promise that: when a statement or a COMMIT fails with FULL, IOERR or NOMEM, SQLite rolls
//! the transaction back by itself, the driver believes that it is still open, and what comes next on that connection is
//! a savepoint that commits nothing, or reads one snapshot for ever. It also asks a connection whether it lives each time
//! that it is given back, which costs as much as a statement. So a connection is taken from the driver's pool once, in a
//! transaction as the driver sees it, and we say ourselves where one ends and the next begins.

mod limit;
#[cfg(test)]
mod tests;

use std::{
    ops::Deref,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    TransactionTrait as _,
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use crate::{
    service::ports::{StoreError, StoreResult},
    store::error::{defect, unavailable},
};

pub(super) use limit::Limit;

/// A pool of up to `capacity` connections, each opened when it is first needed.
pub(super) struct Connections {
    open: Arc<Open>,
    endings: Endings,
    timeout: Duration,
    /// How long a statement may take; none: as long as it does.
    longest: Option<Duration>,
    capacity: u32,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    /// What each connection has a share in, so that it is known how many there are.
    share: Arc<()>,
}

/// How to open a connection: as a driver's pool of one, for a pool can be closed and a connection inside one can't. What runs
/// on it ends when the limit does.
type Open = dyn Fn(&Arc<Limit>) -> ConnectOptions + Send + Sync;

/// How a transaction ends on a connection, which then waits for whoever needs it next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Endings {
    /// The statements that commit.
    pub(super) commit: &'static str,
    /// The statements that roll back.
    pub(super) rollback: &'static str,
    /// What lets the statements of a transaction take as long as they do, where the database would end them.
    pub(super) unlimited: Option<&'static str>,
}

struct Connection {
    // Dropped in this order: the driver's pool is closed when nobody uses its connection.
    tx: DatabaseTransaction,
    pool: DatabaseConnection,
    limit: Arc<Limit>,
    _share: Arc<()>,
}

/// A connection in use by one task, in a transaction. It is used again only if that ended well; otherwise it is closed, and
/// its permit is released once that is done, for its locks end no sooner.
pub(super) struct Lease {
    connection: Option<Connection>,
    permit: Option<OwnedSemaphorePermit>,
    longest: Option<Duration>,
    endings: Endings,
    /// Whether it was opened for this.
    is_fresh: bool,
    idle: Arc<Mutex<Vec<Connection>>>,
}

/// How long the pause is before another connection is looked for, where none could be opened.
const AGAIN: Duration = Duration::from_millis(20);
/// How long a transaction may take to begin or to end in which nothing was written.
const ENDING: Duration = Duration::from_secs(10);
/// How long closing a connection that failed may keep another from being opened in its place.
const CLOSING: Duration = Duration::from_secs(2);

impl Connections {
    /// Opens one connection, which shows whether the database can be opened at all.
    pub(super) async fn open(
        open: impl Fn(&Arc<Limit>) -> ConnectOptions + Send + Sync + 'static,
        endings: Endings,
        capacity: u32,
        timeout: Duration,
        longest: Option<Duration>,
    ) -> StoreResult<Self> {
        let share = Arc::default();
        let first = Connection::open(&open, endings, &Arc::downgrade(&share)).await?;
        let permits = Arc::new(Semaphore::new(capacity as usize));
        let idle = Arc::new(Mutex::new(vec![first]));
        Ok(Self { open: Arc::new(open), endings, timeout, longest, capacity, permits, idle, share })
    }

    /// A connection, as soon as one is free; after the timeout, or once the pool is closed, the store is unavailable. So it is
    /// where none can be opened, and there is no other that could be waited for.
    pub(super) async fn lease(&self) -> StoreResult<Lease> {
        let until = Instant::now() + self.timeout;
        loop {
            let leased = self.lease_or_open(until.saturating_duration_since(Instant::now())).await;
            let may_pass = matches!(leased, Err(StoreError::Unavailable(_)));
            let has_others = Arc::strong_count(&self.share) > 1 && !self.permits.is_closed();
            if !may_pass || !has_others || Instant::now() >= until {
                return leased;
            }
            time::sleep(AGAIN).await;
        }
    }

    async fn lease_or_open(&self, timeout: Duration) -> StoreResult<Lease> {
        let permit = time::timeout(timeout, Arc::clone(&self.permits).acquire_owned());
        let permit = permit.await.map_err(|_| unavailable("no connection became free in time"))?;
        let permit = permit.map_err(|_| unavailable("the store is closed"))?;
        let idle = self.idle.lock().pop();
        let (open, home, share) = (Arc::clone(&self.open), Arc::clone(&self.idle), Arc::downgrade(&self.share));
        let (longest, endings) = (self.longest, self.endings);
        let lease = move |connection: Connection, is_fresh| {
            connection.limit.set(longest);
            Lease { connection: Some(connection), permit: Some(permit), longest, endings, is_fresh, idle: home }
        };
        if let Some(connection) = idle {
            return Ok(lease(connection, false));
        }
        // In a task of its own, so that a caller who stops waiting leaves no connection behind without a permit.
        let opening = tokio::spawn(async move { Ok(lease(Connection::open(&*open, endings, &share).await?, true)) });
        opening.await.map_err(|error| defect(error.to_string()))?
    }

    /// Closes what waits: its peer may be out of reach.
    pub(super) fn forget_idle(&self) {
        let idle = std::mem::take(&mut *self.idle.lock());
        for connection in idle {
            tokio::spawn(time::timeout(CLOSING, connection.close()));
        }
    }

    /// Waits for the connections in use, and closes all for good. Closing again does nothing.
    pub(super) async fn close(&self) -> StoreResult<()> {
        // An error means that the pool was closed before.
        let all = self.permits.acquire_many(self.capacity).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle.lock());
        for connection in idle {
            connection.close().await?;
        }
        Ok(())
    }
}

impl Connection {
    async fn open(open: &Open, endings: Endings, share: &Weak<()>) -> StoreResult<Self> {
        let limit = Arc::new(Limit::default());
        let mut options = open(&limit);
        options.min_connections(1).max_connections(1);
        let pool = Database::connect(options).await?;
        let begun = time::timeout(ENDING, async {
            let tx = pool.begin().await?;
            tx.execute_unprepared(endings.rollback).await?;
            Ok::<_, DbErr>(tx)
        });
        let begun = match begun.await {
            Ok(begun) => begun.map_err(Into::into),
            Err(_) => Err(unavailable("the database has not answered a connection in time")),
        };
        match begun {
            // Only what is open is waited for.
            Ok(tx) => Ok(Self { tx, pool, limit, _share: share.upgrade().unwrap_or_default() }),
            Err(error) => {
                // Otherwise the driver would open another of its own accord.
                drop(time::timeout(CLOSING, pool.close()).await);
                Err(error)
            }
        }
    }

    async fn close(self) -> Result<(), DbErr> {
        let Self { tx, pool, .. } = self;
        // The pool first hears that it is closed: what is given back is closed then, and not asked whether it lives.
        let (closed, ()) = tokio::join!(pool.close(), async { drop(tx) });
        closed
    }
}

impl Lease {
    /// Runs a part of the transaction, which may take as long as a statement may.
    pub(super) async fn limited<T>(&self, part: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        let Some(longest) = self.longest else { return part.await };
        self.set_limit(self.longest);
        // The database ends it sooner, if it can be reached.
        let ended = time::timeout(longest + CLOSING, part).await;
        ended.unwrap_or_else(|_| Err(unavailable("the database has not answered in time")))
    }

    /// Lets what runs next take as long as it does.
    pub(super) async fn take_limit_off(&self) -> StoreResult<()> {
        self.set_limit(None);
        if let Some(unlimited) = self.endings.unlimited {
            self.execute_unprepared(unlimited).await?;
        }
        Ok(())
    }

    fn set_limit(&self, longest: Option<Duration>) {
        if let Some(connection) = &self.connection {
            connection.limit.set(longest);
        }
    }

    /// Ends a transaction that only read, with its outcome, which is returned.
    pub(super) async fn finish<T>(self, outcome: StoreResult<T>) -> StoreResult<T> {
        let found = outcome?;
        self.rollback().await?;
        Ok(found)
    }

    /// Whether it was opened for this lease, so that its peer was there just now.
    pub(super) fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    /// The same, where no transaction is open any more, or none was.
    pub(super) fn finish_ended<T>(self, outcome: StoreResult<T>) -> StoreResult<T> {
        if outcome.is_ok() {
            self.give_back();
        }
        outcome
    }

    /// Commits. After an error it is unknown whether the commit happened.
    pub(super) async fn commit(self) -> StoreResult<()> {
        self.execute_unprepared(self.endings.commit).await?;
        self.give_back();
        Ok(())
    }

    /// Rolls back a transaction of which every statement succeeded.
    pub(super) async fn rollback(self) -> StoreResult<()> {
        let ended = time::timeout(ENDING, self.execute_unprepared(self.endings.rollback)).await;
        ended.map_err(|_| unavailable("the database has not answered the end of a transaction in time"))??;
        self.give_back();
        Ok(())
    }

    fn give_back(mut self) {
        if let Some(connection) = self.connection.take() {
            connection.limit.set(None);
            self.idle.lock().push(connection);
        }
    }
}

impl Deref for Lease {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.connection.as_ref().expect("a lease has its connection until it ends").tx
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // Nobody waits for what runs on it.
        connection.limit.end();
        let Ok(runtime) = Handle::try_current() else { return };
        let permit = self.permit.take();
        runtime.spawn(async move {
            if let Ok(Err(error)) = time::timeout(CLOSING, connection.close()).await {
                tracing::warn!(%error, "a database connection was not closed cleanly");
            }
            drop(permit);
        });
    }
}
