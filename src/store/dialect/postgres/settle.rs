//! Finds out what became of a commit whose answer was lost.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sea_orm::{ActiveValue::Set, EntityTrait as _, sea_query::OnConflict};
use tokio::time;

use crate::{
    service::ports::{StoreError, StoreResult},
    store::{
        connections::Lease,
        dialect::{
            job::Job,
            postgres::{connect::Pools, lock::lock},
        },
        error::cause,
        sql::{entity::tenant, read},
    },
};

/// How long the first pause is before it is looked again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Whether a write has happened, however long it takes to find out. Once the answer is no, it never will.
///
/// # Errors
/// When the store is being closed: then it stays unknown.
pub(super) async fn has_happened(
    pools: &Pools,
    job: &Job,
    error: &StoreError,
    is_closing: &AtomicBool,
) -> StoreResult<bool> {
    let tenant = &job.tenant;
    tracing::error!(
        cause = cause(error),
        tenant,
        "a commit failed; nothing is written to the tenant until it is known whether it has happened"
    );
    let mut pause = FIRST_PAUSE;
    loop {
        match look(pools, job).await {
            Ok(found) => {
                tracing::warn!(
                    tenant,
                    has_happened = found,
                    "it is known again what is committed; writes of the tenant go on"
                );
                return Ok(found);
            }
            Err(error) if is_closing.load(Ordering::Relaxed) => {
                return Err(StoreError::Unknown(cause(&error).into()));
            }
            Err(_) => time::sleep(jittered(pause)).await,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Looks for the commit behind a barrier: whatever transaction made it is over then.
async fn look(pools: &Pools, job: &Job) -> StoreResult<bool> {
    let tx = pools.writer().await?;
    let found = pools
        .in_time(async {
            wait_for_others(&tx, job).await?;
            read::commit_at(&*tx, &job.tenant, job.head().revision).await
        })
        .await;
    let is_it = found?.is_some_and(|(head, _)| head == job.head());
    tx.rollback().await?;
    Ok(is_it)
}

/// Waits for the transaction that made the commit, which has the tenant's row: as changed, or as inserted and not seen yet.
async fn wait_for_others(tx: &Lease, job: &Job) -> StoreResult<()> {
    if job.creates_tenant() {
        let nobody = tenant::ActiveModel {
            tenant_id: Set(job.tenant.clone()),
            display_name: Set(String::new()),
            policy: Set(String::new()),
            policy_version: Set(0),
            root_type: Set(String::new()),
            revision: Set(0),
            head: Set(Vec::new()),
            created_at: Set(0),
        };
        let nothing = OnConflict::column(tenant::Column::TenantId).do_nothing().to_owned();
        tenant::Entity::insert(nobody).on_conflict(nothing).exec_without_returning(&**tx).await?;
    } else {
        lock(tx, &job.tenant).await?;
    }
    Ok(())
}

/// A pause that is not the same for all who make it.
pub(super) fn jittered(pause: Duration) -> Duration {
    let mut random = [0; 1];
    // Without it everybody waits equally long, which does no harm.
    _ = getrandom::fill(&mut random);
    pause / 2 + pause * u32::from(random[0]) / 512
}
