//! A group of commits in one transaction, and what becomes of them when it fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time;

use crate::{
    service::ports::{Committed, StoreError, StoreResult},
    store::{
        dialect::{job::Job, sqlite::connect::Pools},
        error::{cause, unavailable},
        sql::{commit, read},
    },
};

/// How long the first pause is before a barrier is tried again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often a job is tried whose commit failed and is known not to have happened.
const TRIES: usize = 3;

/// Commits groups, one at a time.
pub(super) struct Committer {
    pub(super) pools: Arc<Pools>,
    /// Whether it is being found out what became of a commit: until then nothing is written.
    pub(super) is_unsettled: Arc<AtomicBool>,
    /// Whether the store is being closed.
    pub(super) is_closing: Arc<AtomicBool>,
}

/// Why a transaction of a group failed.
enum Failure {
    /// Before its COMMIT: nothing was written.
    Nothing(StoreError),
    /// At its COMMIT, which may have happened.
    Unknown(StoreError),
}

impl Committer {
    /// Commits a group, and ends its jobs.
    ///
    /// There are no savepoints in its transaction: SQLite rolls the whole back when the disk is full or fails, and the
    /// release of a savepoint would then commit what comes after. So any error ends the transaction and the connection, and
    /// the jobs are committed one by one: only the guilty one fails.
    pub(super) async fn commit(&self, mut group: Vec<Job>) {
        if let Err(error) = self.settle_again().await {
            // None of these has begun.
            let refuse = |job: Job| match &error {
                StoreError::Lost(why) => job.end(Err(StoreError::Lost(why.clone()))),
                other => job.end(Err(unavailable(cause(other)))),
            };
            return group.into_iter().for_each(refuse);
        }
        match self.transaction(&group).await {
            Ok(outcomes) => {
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    job.end(Ok(outcome));
                }
                return;
            }
            Err(Failure::Nothing(error)) if group.len() == 1 && !may_pass(&error) => {
                if let Some(job) = group.pop() {
                    job.end(Err(error));
                }
                return;
            }
            Err(Failure::Nothing(error)) => {
                tracing::warn!(%error, cause = cause(&error), jobs = group.len(), "a group of writes failed; they are tried one by one");
            }
            Err(Failure::Unknown(error)) => {
                if let Err(lost) = self.settle(&cause(&error)).await {
                    return group.into_iter().for_each(|job| job.end(Err(unknown(&lost))));
                }
                // A transaction is whole, so either all have happened or none has.
                for job in std::mem::take(&mut group) {
                    match self.find(&job).await {
                        Ok(true) => {
                            let head = job.head();
                            job.end(Ok(Committed::Done(head)));
                        }
                        Ok(false) => group.push(job),
                        Err(error) => job.end(Err(unknown(&error))),
                    }
                }
            }
        }
        for job in group {
            let outcome = self.commit_alone(&job).await;
            job.end(outcome);
        }
    }

    /// Settles what was given up, when the store was lost.
    pub(super) async fn settle_again(&self) -> StoreResult<()> {
        if self.is_unsettled.load(Ordering::Relaxed) { self.settle("it was given up before").await } else { Ok(()) }
    }

    async fn commit_alone(&self, job: &Job) -> StoreResult<Committed> {
        let mut failed = unavailable("the commit was not tried");
        for _ in 0..TRIES {
            match self.transaction(std::slice::from_ref(job)).await {
                Ok(outcomes) => return Ok(outcomes.into_iter().next().unwrap_or(Committed::Withdrawn)),
                Err(Failure::Nothing(error)) if may_pass(&error) => failed = error,
                Err(Failure::Nothing(error)) => return Err(error),
                Err(Failure::Unknown(error)) => {
                    self.settle(&cause(&error)).await.map_err(|lost| unknown(&lost))?;
                    if self.find(job).await.map_err(|error| unknown(&error))? {
                        return Ok(Committed::Done(job.head()));
                    }
                    failed = error;
                }
            }
        }
        // It has not happened, and the barrier has made sure that it never will.
        Err(failed)
    }

    /// One transaction of these jobs: what became of each.
    async fn transaction(&self, jobs: &[Job]) -> Result<Vec<Committed>, Failure> {
        self.pools.ownership.check_writable().map_err(Failure::Nothing)?;
        let tx = self.pools.begin_write().await.map_err(Failure::Nothing)?;
        let begun: Vec<bool> = jobs.iter().map(Job::may_begin).collect();
        let writes: Vec<_> = jobs.iter().zip(&begun).filter(|(_, begun)| **begun).map(|(job, _)| job.write()).collect();
        let mut committed = commit::commit(&*tx, &writes).await.map_err(Failure::Nothing)?.into_iter();
        let outcome = |begun| if begun { committed.next() } else { None }.unwrap_or(Committed::Withdrawn);
        let outcomes: Vec<Committed> = begun.into_iter().map(outcome).collect();
        if outcomes.iter().any(|outcome| matches!(outcome, Committed::Done(_))) {
            tx.commit().await.map_err(Failure::Unknown)?;
        } else {
            tx.rollback().await.map_err(Failure::Nothing)?;
        }
        Ok(outcomes)
    }

    /// Makes it certain whether the last commit has happened, however long that takes.
    ///
    /// A COMMIT whose sync failed is in the tail of the write-ahead log, perhaps whole: no fresh connection sees it, but
    /// after a crash it may be recovered. A later commit that succeeds is written over that tail.
    ///
    /// # Errors
    /// When the store was lost or is being closed: then it stays unknown, and is found out before the next commit.
    async fn settle(&self, cause: &str) -> StoreResult<()> {
        tracing::error!(cause, "a commit failed; nothing is written until it is known whether it has happened");
        self.is_unsettled.store(true, Ordering::Relaxed);
        let mut pause = FIRST_PAUSE;
        loop {
            match self.barrier().await {
                Ok(()) => break,
                Err(error @ StoreError::Lost(_)) => return Err(error),
                Err(error) if self.is_closing.load(Ordering::Relaxed) => return Err(error),
                Err(_) => time::sleep(pause).await,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.is_unsettled.store(false, Ordering::Relaxed);
        tracing::warn!("it is known again what is committed; writes go on");
        Ok(())
    }

    async fn barrier(&self) -> StoreResult<()> {
        self.pools.ownership.check_writable()?;
        let tx = self.pools.begin_write().await?;
        self.pools.ownership.touch(&*tx).await?;
        tx.commit().await
    }

    /// Whether the log has the commit of a job.
    async fn find(&self, job: &Job) -> StoreResult<bool> {
        let writer = self.pools.writer().await?;
        let found = read::commit_at(&*writer, &job.tenant, job.head().revision).await;
        let found = writer.finish(found).await?;
        Ok(found.is_some_and(|(head, _)| head == job.head()))
    }
}

/// Whether an error that is the disk's, and not the job's, may be gone when it is tried again.
fn may_pass(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
}

fn unknown(error: &StoreError) -> StoreError {
    StoreError::Unknown(cause(error).into())
}
