//! PostgreSQL as a kind of database.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use rollcall_engine::Head;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::{
    service::ports::{Batch, Committed, Glance, Reservation, StoreError, StoreResult},
    store::{
        Options,
        connections::Lease,
        dialect::{
            database::Database,
            postgres::{commits::Commits, connect::Pools, migrate, reserved::Reserved},
        },
        error::defect,
        sql::look::{self, Look, Seen},
    },
};

/// Which store answers, and whether it takes writes.
const PROBE: &str = "SELECT store_id, current_setting('transaction_read_only') FROM owner";

/// A database of a server.
pub(in crate::store) struct Postgres {
    pools: Arc<Pools>,
    commits: Arc<Commits>,
    adopt: bool,
    /// The store's id, once it is known.
    store: OnceLock<Vec<u8>>,
    /// Whether the last look found that it takes no writes.
    is_read_only: AtomicBool,
    /// Whether the last look found another store.
    is_another: AtomicBool,
}

impl Postgres {
    /// Opens the database that the url names, which must exist.
    pub(in crate::store) async fn open(options: &Options) -> StoreResult<Self> {
        let pools = Arc::new(Pools::open(options).await?);
        let commits = Arc::new(Commits::new(&pools));
        let [is_read_only, is_another] = [(); 2].map(|()| AtomicBool::new(false));
        Ok(Self { pools, commits, adopt: options.adopt, store: OnceLock::new(), is_read_only, is_another })
    }

    async fn probe(&self, prober: &Lease) -> StoreResult<(Vec<u8>, String)> {
        let rows = prober.query_all_raw(Statement::from_string(DbBackend::Postgres, PROBE)).await?;
        let row = rows.first().ok_or_else(|| defect("the table `owner` is empty"))?;
        Ok(row.try_get_many_by_index()?)
    }

    fn lost() -> StoreError {
        StoreError::Lost("another store answers at its url".to_owned())
    }
}

#[async_trait]
impl Database for Postgres {
    async fn prepare(&self, migrates: bool) -> StoreResult<()> {
        let direct = self.pools.direct().await?;
        let migrated = migrate::migrate(&direct, migrates, self.adopt).await;
        // Nothing of it is used again.
        direct.close().await?;
        migrated?;
        self.ping().await
    }

    async fn ping(&self) -> StoreResult<()> {
        let probe = async {
            loop {
                let prober = self.pools.prober().await?;
                let found = self.probe(&prober).await;
                // One that waited may be dead by now.
                if !matches!(found, Err(StoreError::Unavailable(_))) || prober.is_fresh() {
                    return self.pools.finish_look(prober, found).await;
                }
            }
        };
        let (store, read_only) = self.pools.in_time(probe).await?;
        self.is_read_only.store(read_only == "on", Ordering::Relaxed);
        let is_another = *self.store.get_or_init(|| store.clone()) != store;
        if is_another != self.is_another.swap(is_another, Ordering::Relaxed) {
            if is_another {
                let reason = "another store answers at its url";
                tracing::error!(reason, "the store is lost; nothing is answered until it is back");
            } else {
                tracing::warn!("the store is back; requests are answered again");
            }
        }
        if is_another { Err(Self::lost()) } else { Ok(()) }
    }

    fn check_owned(&self) -> StoreResult<()> {
        if self.is_another.load(Ordering::Relaxed) { Err(Self::lost()) } else { Ok(()) }
    }

    fn can_commit(&self) -> StoreResult<()> {
        self.check_owned()?;
        if self.is_read_only.load(Ordering::Relaxed) {
            return Err(StoreError::ReadOnly("the database".to_owned()));
        }
        Ok(())
    }

    async fn reader(&self) -> StoreResult<Lease> {
        self.check_owned()?;
        self.pools.reader().await
    }

    async fn look(&self, tenant: &str, at: &Glance<'_>) -> StoreResult<Option<Seen>> {
        self.check_owned()?;
        let look = async {
            loop {
                let looker = self.pools.looker().await?;
                let seen = look::alone(&*looker, Look::new(tenant, at)).await;
                // One that waited may be dead by now.
                if !matches!(seen, Err(StoreError::Unavailable(_))) || looker.is_fresh() {
                    return self.pools.finish_look(looker, seen).await;
                }
            }
        };
        self.pools.in_time(look).await
    }

    async fn commit(&self, tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<Committed> {
        self.check_owned()?;
        self.commits.commit(tenant, expected, batch, None).await
    }

    async fn reserve(&self, tenant: &str) -> StoreResult<Option<Box<dyn Reservation>>> {
        self.check_owned()?;
        let reserved = Reserved::new(&self.pools, &self.commits, tenant).await?;
        Ok(reserved.map(|reserved| Box::new(reserved) as Box<dyn Reservation>))
    }

    async fn close(&self) -> StoreResult<()> {
        self.commits.close();
        self.pools.close().await
    }
}
