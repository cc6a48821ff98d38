//! A pool whose connections are used by one task at a time, and never again after an error.
//!
//! A driver's own pool can't promise that: when a statement or a COMMIT fails with FULL, IOERR or NOMEM, SQLite rolls
//! the transaction back by itself, the driver believes that it is still open, and what comes next on that connection is
//! a savepoint that commits nothing, or reads one snapshot for ever. It also asks a connection whether it lives each time
//! that it is given back, which costs as much as a statement. So a connection is taken from the driver's pool once, in a
//! transaction as the driver sees it, and we say ourselves where one ends and the next begins. One that has read nothing
//! yet holds nothing, so a connection waits in it.

mod limit;
#[cfg(test)]
mod tests;

use std::{ops::Deref, sync::Arc, time::Duration};

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
    service::ports::StoreResult,
    store::error::{defect, unavailable},
};

pub(super) use limit::Limit;

/// A pool of up to `capacity` connections, each opened when it is first needed.
pub(super) struct Connections {
    open: Arc<Open>,
    timeout: Duration,
    /// How long a statement may take; none: as long as it does.
    longest: Option<Duration>,
    capacity: u32,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

/// How to open a connection: as a driver's pool of one, for a pool can be closed and a connection inside one can't. What runs
/// on it ends when the limit does.
type Open = dyn Fn(&Arc<Limit>) -> ConnectOptions + Send + Sync;

/// A connection, at the beginning of a transaction while it waits.
struct Connection {
    // Dropped in this order: the driver's pool is closed when nobody uses its connection.
    tx: DatabaseTransaction,
    pool: DatabaseConnection,
    limit: Arc<Limit>,
}

/// A connection in use by one task, in a transaction. It is used again only if that ended well; otherwise it is closed, and
/// its permit is released once that is done, for its locks end no sooner.
pub(super) struct Lease {
    connection: Option<Connection>,
    permit: Option<OwnedSemaphorePermit>,
    longest: Option<Duration>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

/// Ends a transaction that only read, and begins the next.
pub(super) const NEXT: &str = "ROLLBACK; BEGIN";

impl Connections {
    /// Opens one connection, which shows whether the database can be opened at all.
    pub(super) async fn open(
        open: impl Fn(&Arc<Limit>) -> ConnectOptions + Send + Sync + 'static,
        capacity: u32,
        timeout: Duration,
        longest: Option<Duration>,
    ) -> StoreResult<Self> {
        let first = Connection::open(&open).await?;
        let permits = Arc::new(Semaphore::new(capacity as usize));
        let idle = Arc::new(Mutex::new(vec![first]));
        Ok(Self { open: Arc::new(open), timeout, longest, capacity, permits, idle })
    }

    /// A connection, as soon as one is free; after the timeout, or once the pool is closed, the store is unavailable.
    pub(super) async fn lease(&self) -> StoreResult<Lease> {
        let permit = time::timeout(self.timeout, Arc::clone(&self.permits).acquire_owned());
        let permit = permit.await.map_err(|_| unavailable("no connection became free in time"))?;
        let permit = permit.map_err(|_| unavailable("the store is closed"))?;
        let idle = self.idle.lock().pop();
        let (open, home, longest) = (Arc::clone(&self.open), Arc::clone(&self.idle), self.longest);
        let lease = move |connection: Connection| {
            connection.limit.set(longest);
            Lease { connection: Some(connection), permit: Some(permit), longest, idle: home }
        };
        if let Some(connection) = idle {
            return Ok(lease(connection));
        }
        // In a task of its own, so that a caller who stops waiting leaves no connection behind without a permit.
        let opening = tokio::spawn(async move { Ok(lease(Connection::open(&*open).await?)) });
        opening.await.map_err(|error| defect(error.to_string()))?
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
    async fn open(open: &Open) -> StoreResult<Self> {
        let limit = Arc::new(Limit::default());
        let mut options = open(&limit);
        options.min_connections(1).max_connections(1);
        let pool = Database::connect(options).await?;
        Ok(Self { tx: pool.begin().await?, pool, limit })
    }

    async fn close(self) -> Result<(), DbErr> {
        let Self { tx, pool, .. } = self;
        drop(tx);
        pool.close().await
    }
}

impl Lease {
    /// Gives what runs next as long as a statement may take, or no limit.
    pub(super) fn limit_next(&self, is_limited: bool) {
        if let Some(connection) = &self.connection {
            connection.limit.set(self.longest.filter(|_| is_limited));
        }
    }

    /// Ends a transaction that only read, with its outcome, which is returned.
    pub(super) async fn finish<T>(self, outcome: StoreResult<T>) -> StoreResult<T> {
        let found = outcome?;
        self.end(NEXT).await?;
        Ok(found)
    }

    /// The same, where the last statement was [`NEXT`].
    pub(super) fn finish_ended<T>(self, outcome: StoreResult<T>) -> StoreResult<T> {
        if outcome.is_ok() {
            self.give_back();
        }
        outcome
    }

    /// Commits. After an error it is unknown whether the commit happened.
    pub(super) async fn commit(self) -> StoreResult<()> {
        self.end("COMMIT; BEGIN").await
    }

    /// Rolls back a transaction of which every statement succeeded.
    pub(super) async fn rollback(self) -> StoreResult<()> {
        self.end(NEXT).await
    }

    async fn end(self, how: &str) -> StoreResult<()> {
        self.execute_unprepared(how).await?;
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
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a database connection was not closed cleanly");
            }
            drop(permit);
        });
    }
}
