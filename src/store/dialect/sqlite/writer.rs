//! The one task that writes: it commits what waits, of several tenants, in one transaction.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rollcall_engine::Head;
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    task::JoinHandle,
    time,
};

use crate::{
    service::ports::{Batch, Committed, StoreError, StoreResult},
    store::{
        dialect::{
            job::Job,
            sqlite::{connect::Pools, group::Committer},
        },
        error::{Cause, unavailable},
    },
};

/// How long nobody writes before it is looked whether a commit is unsettled, which was given up.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How many commits may wait.
const WAITING: usize = 1024;
/// The most commits in one transaction.
const GROUP: usize = 64;
/// The most changes in one transaction, but for a commit that has more by itself, which is alone in its own.
const GROUP_CHANGES: usize = 2000;

/// Hands commits to the task.
pub(in crate::store) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    is_unsettled: Arc<AtomicBool>,
    is_closing: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the task, which ends when this is closed or dropped.
    pub(in crate::store) fn start(pools: &Arc<Pools>) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let [is_unsettled, is_closing] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let (pools, unsettled, closing) = (Arc::clone(pools), Arc::clone(&is_unsettled), Arc::clone(&is_closing));
        let committer = Committer { pools, is_unsettled: unsettled, is_closing: closing };
        let task = tokio::spawn(run(committer, waiting));
        Self { jobs: Mutex::new(Some(jobs)), task: Mutex::new(Some(task)), is_unsettled, is_closing }
    }

    /// Commits a write, in a group with others that wait. Dropped before it has begun, nothing is written.
    pub(in crate::store) async fn commit(
        &self,
        tenant: &str,
        expected: Option<Head>,
        batch: &Batch<'_>,
    ) -> StoreResult<Committed> {
        let (job, outcome) = Job::new(tenant, expected, batch);
        let sent = match &*self.jobs.lock() {
            Some(jobs) => jobs.try_send(job),
            None => return Err(unavailable("the store is closed")),
        };
        match sent {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let message = format!("{WAITING} commits wait already");
                return Err(StoreError::Busy(Box::new(Cause::new(message))));
            }
            Err(TrySendError::Closed(_)) => return Err(unavailable("the task that writes has ended")),
        }
        // The task ends a job without an outcome only if it ends itself, perhaps in the midst of a commit.
        outcome.await.unwrap_or_else(|_| Err(StoreError::Unknown("the task that writes has ended".into())))
    }

    /// Whether commits go on; not while it is being found out what became of one.
    pub(in crate::store) fn check(&self) -> StoreResult<()> {
        if self.jobs.lock().as_ref().is_none_or(mpsc::Sender::is_closed) {
            return Err(unavailable("the task that writes has ended"));
        }
        if self.is_unsettled.load(Ordering::Relaxed) {
            return Err(unavailable("it is being found out what became of a commit"));
        }
        Ok(())
    }

    /// Commits what waits, and ends the task.
    pub(in crate::store) async fn close(&self) {
        self.jobs.lock().take();
        self.is_closing.store(true, Ordering::Relaxed);
        let task = self.task.lock().take();
        if let Some(Err(error)) = match task {
            Some(task) => Some(task.await),
            None => None,
        } {
            tracing::error!(%error, "the task that writes did not end well");
        }
    }
}

/// Commits group after group, until nobody can hand over jobs any more.
async fn run(committer: Committer, mut waiting: mpsc::Receiver<Job>) {
    let mut next = None;
    loop {
        let first = match next.take() {
            Some(job) => job,
            None => match time::timeout(LOOK_AGAIN, waiting.recv()).await {
                Ok(Some(job)) => job,
                Ok(None) => return,
                Err(_) => {
                    // It is tried again in a while.
                    drop(committer.settle_again().await);
                    continue;
                }
            },
        };
        let mut changes = first.size();
        let mut group = vec![first];
        while group.len() < GROUP {
            let Ok(job) = waiting.try_recv() else { break };
            changes += job.size();
            // Of one tenant's the second expects the first.
            if changes > GROUP_CHANGES || group.iter().any(|other: &Job| other.tenant == job.tenant) {
                next = Some(job);
                break;
            }
            group.push(job);
        }
        committer.commit(group).await;
    }
}
