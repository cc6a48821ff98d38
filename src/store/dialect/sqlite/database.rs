//! SQLite as a kind of database.

use std::sync::Arc;

use async_trait::async_trait;
use rollcall_engine::Head;
use sea_orm_migration::MigratorTrait as _;

use crate::{
    service::ports::{Batch, Committed, Glance, Reservation, StoreResult},
    store::{
        Options,
        connections::Lease,
        dialect::{
            database::Database,
            sqlite::{connect::Pools, looks::Looks, writer::Writer},
        },
        sql::{
            look::Seen,
            migration::{Migrator, applied},
        },
    },
};

/// A SQLite file that this process serves.
pub(in crate::store) struct Sqlite {
    pools: Arc<Pools>,
    writer: Writer,
    looks: Looks,
    adopt: bool,
}

impl Sqlite {
    /// Opens the file that the url names; it and its directory are made when missing.
    pub(in crate::store) async fn open(options: &Options) -> StoreResult<Self> {
        let pools = Arc::new(Pools::open(options).await?);
        let (writer, looks) = (Writer::start(&pools), Looks::start(&pools, options.timeout));
        Ok(Self { pools, writer, looks, adopt: options.adopt })
    }
}

#[async_trait]
impl Database for Sqlite {
    async fn prepare(&self, migrates: bool) -> StoreResult<()> {
        let writer = self.pools.writer().await?;
        if migrates {
            applied::check_known(&*writer).await?;
            Migrator::up(&*writer, None).await?;
        } else {
            applied::check(&*writer).await?;
        }
        writer.commit().await?;
        self.pools.make_durable().await?;
        let writer = self.pools.writer().await?;
        self.pools.ownership.claim(&*writer, self.adopt).await?;
        writer.commit().await?;
        // From now on it is known which file the write-ahead log is.
        self.ping().await
    }

    async fn ping(&self) -> StoreResult<()> {
        let prober = self.pools.prober().await?;
        let checked = self.pools.ownership.check(&*prober).await;
        prober.finish(checked).await
    }

    fn check_owned(&self) -> StoreResult<()> {
        self.pools.ownership.check_owned()
    }

    fn can_commit(&self) -> StoreResult<()> {
        self.pools.ownership.check_writable()?;
        self.writer.check()
    }

    async fn reader(&self) -> StoreResult<Lease> {
        self.pools.reader().await
    }

    async fn look(&self, tenant: &str, at: &Glance<'_>) -> StoreResult<Option<Seen>> {
        self.looks.look(tenant, at).await
    }

    async fn commit(&self, tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<Committed> {
        self.writer.commit(tenant, expected, batch).await
    }

    async fn reserve(&self, _tenant: &str) -> StoreResult<Option<Box<dyn Reservation>>> {
        // One process alone serves a file.
        Ok(None)
    }

    async fn close(&self) -> StoreResult<()> {
        self.writer.close().await;
        self.pools.close().await
    }
}
