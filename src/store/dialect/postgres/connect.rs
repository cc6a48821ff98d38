//! Connections to the server, and the transactions on them.

use std::{sync::Arc, time::Duration};

use sea_orm::{ConnectOptions, ConnectionTrait as _};
use tokio::time;

use crate::{
    service::ports::StoreResult,
    store::{
        Options,
        connections::{Connections, Endings, Lease, Limit},
        error::unavailable,
    },
};

/// No transaction is open on a connection that waits, so that a pooler may give its server to others.
const ENDINGS: Endings =
    Endings { commit: "COMMIT", rollback: "ROLLBACK", unlimited: Some("SET LOCAL statement_timeout = 0") };

/// How long a statement may take that only reads; a load of all facts may take longer. Whoever asks for something has gone
/// by then.
const LONGEST: Duration = Duration::from_secs(30);
/// What a transaction that only reads begins with: all of it as of one instant.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";
/// What a transaction that changes the tables themselves begins with. Whoever does so too is waited for.
const MIGRATE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '60s'; \
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '10min'";

/// The open database.
pub(super) struct Pools {
    readers: Connections,
    writers: Connections,
    /// For what must not wait for a reader or a writer: whether the database answers.
    prober: Connections,
    timeout: Duration,
    /// What a transaction that writes begins with.
    write: String,
}

impl Pools {
    pub(super) async fn open(options: &Options) -> StoreResult<Self> {
        let timeout = options.timeout;
        let connections = |capacity: u32| {
            let url = options.url.clone();
            let open = move |_: &Arc<Limit>| connection(&url, timeout);
            Connections::open(open, ENDINGS, capacity, timeout, Some(LONGEST))
        };
        let prober = connections(1).await?;
        let readers = connections(options.read_connections.max(1)).await?;
        let writers = connections(options.write_connections.max(1)).await?;
        Ok(Self { readers, writers, prober, timeout, write: write(timeout) })
    }

    /// A transaction that only reads, all as of one instant.
    pub(super) async fn reader(&self) -> StoreResult<Lease> {
        self.begin(&self.readers, READ).await
    }

    /// A transaction that writes.
    pub(super) async fn writer(&self) -> StoreResult<Lease> {
        self.begin(&self.writers, &self.write).await
    }

    /// A transaction that changes the tables themselves.
    pub(super) async fn migrator(&self) -> StoreResult<Lease> {
        self.begin(&self.writers, MIGRATE).await
    }

    /// A connection outside a transaction, for one statement that only reads for whoever plans a write.
    pub(super) async fn looker(&self) -> StoreResult<Lease> {
        self.writers.lease().await
    }

    /// The same, for a look at the database itself.
    pub(super) async fn prober(&self) -> StoreResult<Lease> {
        self.prober.lease().await
    }

    /// Begins a transaction. A connection that waited may be dead by now, as after a restart of the server: then it is
    /// begun on another.
    async fn begin(&self, connections: &Connections, begin: &str) -> StoreResult<Lease> {
        loop {
            let lease = connections.lease().await?;
            match self.in_time(async { Ok(lease.execute_unprepared(begin).await?) }).await {
                Ok(_) => return Ok(lease),
                Err(error) if lease.is_fresh() => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// What the server does not answer in time it is not waited for, for it may be out of reach.
    pub(super) async fn in_time<T>(&self, asking: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        time::timeout(self.timeout, asking)
            .await
            .unwrap_or_else(|_| Err(unavailable("the database did not answer in time")))
    }

    /// Waits for what is under way, and closes all connections.
    pub(super) async fn close(&self) -> StoreResult<()> {
        self.readers.close().await?;
        self.writers.close().await?;
        self.prober.close().await
    }
}

/// What a transaction that writes begins with, if locks are waited for so long. Each statement sees what was committed before
/// it, and whoever waits for a row sees what became of it. Nobody keeps a tenant for long: not by a statement, nor by doing
/// nothing.
fn write(timeout: Duration) -> String {
    let timeout = timeout.as_millis();
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = {timeout}; \
         SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '10s'"
    )
}

/// How a connection is opened.
fn connection(url: &str, timeout: Duration) -> ConnectOptions {
    let mut connection = ConnectOptions::new(url);
    connection
        .acquire_timeout(timeout)
        .connect_timeout(timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_postgres_opts(|server| server.application_name("rollcall").extra_float_digits(None));
    connection
}
