//! Connections to the server, and the transactions on them.

use std::{sync::Arc, time::Duration};

use sea_orm::{ConnectOptions, ConnectionTrait as _, sqlx::postgres::PgConnectOptions};
use tokio::time;

use crate::{
    service::ports::StoreResult,
    store::{
        Options,
        connections::{Connections, Endings, Lease, Limit},
        error::{defect, unavailable},
    },
};

/// No transaction is open on a connection that waits, so that a pooler may give its server to others.
const ENDINGS: Endings =
    Endings { commit: "COMMIT", rollback: "ROLLBACK", unlimited: Some("SET LOCAL statement_timeout = 0") };
/// The same where no statements are kept: the driver gives each a name all the same, and never drops it.
const FORGETFUL: Endings = Endings {
    commit: "COMMIT; DEALLOCATE ALL",
    rollback: "ROLLBACK; DEALLOCATE ALL",
    unlimited: Some("SET LOCAL statement_timeout = 0"),
};

/// How long a statement may take that only reads; a load of all facts may take longer. Whoever asks for something has gone
/// by then.
const LONGEST: Duration = Duration::from_secs(30);
/// How long the server may take to begin a migration.
const MIGRATION_BEGINS: Duration = Duration::from_secs(10);
/// How many tenants a process keeps to itself at once.
const RESERVERS: u32 = 2;
/// How long somebody else who has a tenant is waited for, for it to be kept.
const RESERVED_WITHIN: Duration = Duration::from_secs(1);
/// What a transaction that only reads begins with: all of it as of one instant.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";
/// What a transaction that changes the tables themselves begins with. Whoever does so too is waited for.
const MIGRATE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '60s'; \
    SET LOCAL client_min_messages = warning; \
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '10min'";

/// The open database.
pub(super) struct Pools {
    readers: Connections,
    writers: Connections,
    /// For those who keep a tenant to themselves while they wait for the others.
    reservers: Connections,
    /// For what must not wait for a reader or a writer: whether the database answers.
    prober: Connections,
    timeout: Duration,
    /// What a transaction that writes begins with.
    write: String,
    /// Whether a look is a transaction of its own: without prepared statements it goes to the server twice, and a pooler
    /// may give the second time to another.
    looks_in_transactions: bool,
    direct: Options,
}

/// Connections past a pooler.
pub(super) struct Direct(Connections);

impl Pools {
    pub(super) async fn open(options: &Options) -> StoreResult<Self> {
        let timeout = options.timeout;
        let prober = connections(options, 1).await?;
        let readers = connections(options, options.read_connections.max(1)).await?;
        let writers = connections(options, options.write_connections.max(1)).await?;
        let reservers = connections(options, RESERVERS).await?;
        let looks_in_transactions = options.prepared_statements == 0;
        let direct =
            Options { url: options.direct_url.clone().unwrap_or_else(|| options.url.clone()), ..options.clone() };
        Ok(Self { readers, writers, reservers, prober, timeout, write: write(timeout), looks_in_transactions, direct })
    }

    /// Opens the way past a pooler.
    pub(super) async fn direct(&self) -> StoreResult<Direct> {
        Ok(Direct(connections(&self.direct, 1).await?))
    }

    /// A transaction that only reads, all as of one instant.
    pub(super) async fn reader(&self) -> StoreResult<Lease> {
        self.begin(&self.readers, READ).await
    }

    /// A transaction that writes.
    pub(super) async fn writer(&self) -> StoreResult<Lease> {
        self.begin(&self.writers, &self.write).await
    }

    /// A transaction that writes a tenant which nobody else is to write meanwhile.
    pub(super) async fn reserver(&self) -> StoreResult<Lease> {
        self.begin(&self.reservers, &write(RESERVED_WITHIN)).await
    }

    /// A connection for one statement that only reads, for whoever plans a write.
    pub(super) async fn looker(&self) -> StoreResult<Lease> {
        if self.looks_in_transactions { self.begin(&self.writers, READ).await } else { self.writers.lease().await }
    }

    /// The same, for a look at the database itself.
    pub(super) async fn prober(&self) -> StoreResult<Lease> {
        // It asks whether a transaction may write, so it must not be one that only reads.
        if self.looks_in_transactions { self.begin(&self.prober, &self.write).await } else { self.prober.lease().await }
    }

    /// Ends a look with its outcome, which is returned.
    pub(super) async fn finish_look<T>(&self, lease: Lease, outcome: StoreResult<T>) -> StoreResult<T> {
        if self.looks_in_transactions { lease.finish(outcome).await } else { lease.finish_ended(outcome) }
    }

    async fn begin(&self, connections: &Connections, begin: &str) -> StoreResult<Lease> {
        let begun = begin_on(connections, begin, self.timeout).await;
        if begun.is_err() {
            // One after another would be waited for as long.
            connections.forget_idle();
        }
        begun
    }

    /// What the server does not answer in time it is not waited for, for it may be out of reach.
    pub(super) async fn in_time<T>(&self, asking: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        in_time(self.timeout, asking).await
    }

    /// Waits for what is under way, and closes all connections.
    pub(super) async fn close(&self) -> StoreResult<()> {
        self.readers.close().await?;
        self.writers.close().await?;
        self.reservers.close().await?;
        self.prober.close().await
    }
}

impl Direct {
    /// A transaction that changes the tables themselves.
    pub(super) async fn migrator(&self) -> StoreResult<Lease> {
        begin_on(&self.0, MIGRATE, MIGRATION_BEGINS).await
    }

    pub(super) async fn close(&self) -> StoreResult<()> {
        self.0.close().await
    }
}

/// Begins a transaction. A connection that waited may be dead by now, as after a restart of the server: then it is begun on
/// another.
async fn begin_on(connections: &Connections, begin: &str, timeout: Duration) -> StoreResult<Lease> {
    in_time(timeout, async {
        loop {
            let lease = connections.lease().await?;
            match lease.execute_unprepared(begin).await {
                Ok(_) => return Ok(lease),
                Err(error) if lease.is_fresh() => return Err(error.into()),
                Err(_) => {}
            }
        }
    })
    .await
}

async fn in_time<T>(timeout: Duration, asking: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
    let answered = time::timeout(timeout, asking).await;
    answered.unwrap_or_else(|_| Err(unavailable("the database did not answer in time")))
}

async fn connections(options: &Options, capacity: u32) -> StoreResult<Connections> {
    let (options, timeout) = (options.clone(), options.timeout);
    // What it says of a url that it can't read has the password in it.
    if options.url.parse::<PgConnectOptions>().is_err() {
        let message = "the store's url can't be read; percent-encode what is special in its user, password and name";
        return Err(defect(message));
    }
    let endings = if options.prepared_statements == 0 { FORGETFUL } else { ENDINGS };
    let open = move |_: &Arc<Limit>| connection(&options);
    Connections::open(open, endings, capacity, timeout, Some(LONGEST)).await
}

/// What a transaction that writes begins with, if locks are waited for so long. Each statement sees what was committed before
/// it, and whoever waits for a row sees what became of it. Nobody keeps a tenant for long: not by a statement, nor by doing
/// nothing.
fn write(timeout: Duration) -> String {
    let timeout = timeout.as_millis();
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {timeout}; \
         SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '10s'"
    )
}

/// How a connection is opened.
fn connection(Options { url, prepared_statements, timeout, .. }: &Options) -> ConnectOptions {
    let (mut connection, prepared) = (ConnectOptions::new(url), *prepared_statements);
    connection
        // Sooner than whoever waits gives up, for the driver tries again and again, and another may be free meanwhile.
        .acquire_timeout(*timeout / 2)
        .connect_timeout(*timeout / 2)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_postgres_opts(move |server| {
            let server = server.application_name("rollcall").extra_float_digits(None);
            server.statement_cache_capacity(prepared)
        });
    connection
}
