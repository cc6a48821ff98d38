//! Commits of writes, each in a transaction of its own: writes of several tenants go on side by side.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rollcall_engine::Head;
use tokio::{sync::Semaphore, time};

use crate::{
    service::ports::{Batch, Committed, StoreError, StoreResult},
    store::{
        connections::Lease,
        dialect::{
            job::Job,
            postgres::{connect::Pools, settle},
        },
        error::{Cause, unavailable},
        sql::commit,
    },
};

/// How many commits may be under way or wait.
const WAITING: usize = 1024;
/// How often a commit is tried that failed and is known not to have happened.
const TRIES: usize = 3;
/// The pause before it is tried again: the first; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(20);

/// Makes commits.
pub(super) struct Commits {
    pools: Arc<Pools>,
    permits: Arc<Semaphore>,
    /// Whether the store is being closed.
    is_closing: AtomicBool,
}

/// Why a transaction failed.
enum Failure {
    /// Before its COMMIT: nothing was written.
    Nothing(StoreError),
    /// At its COMMIT, which may have happened.
    Unknown(StoreError),
}

impl Commits {
    pub(super) fn new(pools: &Arc<Pools>) -> Self {
        let permits = Arc::new(Semaphore::new(WAITING));
        Self { pools: Arc::clone(pools), permits, is_closing: AtomicBool::new(false) }
    }

    /// Begins no commit any more, and gives up finding out what became of others.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }

    /// Commits a write, in a task of its own. Dropped before it has begun, nothing is written, unless it has a gate.
    /// The first try is in the transaction that is `reserved`, if one is.
    pub(super) async fn commit(
        self: &Arc<Self>,
        tenant: &str,
        expected: Option<Head>,
        batch: &Batch<'_>,
        reserved: Option<Lease>,
    ) -> StoreResult<Committed> {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            let message = format!("{WAITING} commits wait already");
            return Err(StoreError::Busy(Box::new(Cause::new(message))));
        };
        let (job, outcome) = Job::new(tenant, expected, batch);
        let commits = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = commits.run(&job, reserved).await;
            drop(permit);
            job.end(outcome);
        });
        // The task ends a job without an outcome only if it ends itself, perhaps in the midst of a commit.
        outcome.await.unwrap_or_else(|_| Err(StoreError::Unknown("the task that commits has ended".into())))
    }

    async fn run(&self, job: &Job, mut reserved: Option<Lease>) -> StoreResult<Committed> {
        let (mut failed, mut pause) = (unavailable("the commit was not tried"), PAUSE);
        for _ in 0..TRIES {
            if self.is_closing.load(Ordering::Relaxed) {
                return Err(unavailable("the store is closed"));
            }
            match self.transaction(job, reserved.take()).await {
                Ok(outcome) => return Ok(outcome),
                Err(Failure::Nothing(error @ StoreError::Unavailable(_))) => failed = error,
                Err(Failure::Nothing(error)) => return Err(error),
                Err(Failure::Unknown(error)) => {
                    if settle::has_happened(&self.pools, job, &error, &self.is_closing).await? {
                        return Ok(Committed::Done(job.head()));
                    }
                    failed = error;
                }
            }
            time::sleep(settle::jittered(pause)).await;
            pause *= 2;
        }
        // It has not happened, and never will.
        Err(failed)
    }

    /// One transaction: what became of the write.
    async fn transaction(&self, job: &Job, reserved: Option<Lease>) -> Result<Committed, Failure> {
        let tx = match reserved {
            Some(tx) => tx,
            None => self.pools.writer().await.map_err(Failure::Nothing)?,
        };
        let writes = [job.write()];
        let made = tx.limited(async {
            // Asked once nobody else changes the tenant any more, for that may have taken a while.
            let begun = commit::begin(&*tx, &writes).await?;
            if job.may_begin() { commit::finish(&*tx, &writes, begun).await } else { Ok(vec![Committed::Withdrawn]) }
        });
        let outcome = made.await.map_err(Failure::Nothing)?.pop().unwrap_or(Committed::Withdrawn);
        if matches!(outcome, Committed::Done(_)) {
            self.pools.in_time(tx.commit()).await.map_err(Failure::Unknown)?;
        } else {
            tx.rollback().await.map_err(Failure::Nothing)?;
        }
        Ok(outcome)
    }
}
