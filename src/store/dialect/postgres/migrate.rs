//! Makes and changes the tables, by one process at a time.

use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait as _, EntityTrait as _};
use sea_orm_migration::MigratorTrait as _;

use crate::{
    service::ports::{StoreError, StoreResult},
    store::{
        connections::Lease,
        dialect::postgres::connect::Direct,
        error::defect,
        sql::{
            entity::owner,
            identity,
            migration::{Migrator, applied},
        },
    },
};

/// Makes the table that says who migrates, which must be there before.
const LEASE_TABLE: &str = r#"CREATE TABLE IF NOT EXISTS "lease" (
    "name" varchar NOT NULL PRIMARY KEY COLLATE "C", "holder" bytea NOT NULL, "ends_at" bigint NOT NULL)"#;
/// Takes the row that only one transaction at a time has.
const TAKE_LEASE: &str = r#"INSERT INTO "lease" ("name", "holder", "ends_at") VALUES ('migrate', '', 0)
    ON CONFLICT ("name") DO UPDATE SET "ends_at" = 0"#;
/// How often it is tried to make the table, for two who make it at once may both fail.
const TRIES: usize = 5;

/// Runs the migrations that are missing, all in one transaction, or only looks whether some are; and adopts the store if that
/// is asked for.
pub(super) async fn migrate(direct: &Direct, migrates: bool, adopt: bool) -> StoreResult<()> {
    if migrates {
        make_lease_table(direct).await?;
    }
    let tx = direct.migrator().await?;
    if migrates {
        tx.execute_unprepared(TAKE_LEASE).await?;
        applied::check_known(&*tx).await?;
        Migrator::up(&*tx, None).await?;
    } else {
        applied::check(&*tx).await?;
    }
    if adopt {
        take_over(&tx).await?;
    }
    tx.commit().await
}

async fn make_lease_table(direct: &Direct) -> StoreResult<()> {
    let mut failed = defect("the table was not made");
    for _ in 0..TRIES {
        let tx = direct.migrator().await?;
        match tx.execute_unprepared(LEASE_TABLE).await {
            Ok(_) => return tx.commit().await,
            Err(error) => failed = StoreError::from(error),
        }
    }
    Err(failed)
}

/// Gives the store another identity, so that tokens of the one that it is a copy of are told from its own.
async fn take_over(tx: &Lease) -> StoreResult<()> {
    let row = owner::Entity::find().all(&**tx).await?.pop().ok_or_else(|| defect("the table `owner` is empty"))?;
    let (store_id, page_key) = identity::draw().map_err(|error| defect(error.to_string()))?;
    let mut row: owner::ActiveModel = row.into();
    (row.store_id, row.page_key) = (Set(store_id), Set(page_key));
    row.update(&**tx).await?;
    Ok(())
}
