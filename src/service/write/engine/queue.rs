//! The queues of writes: one write of a tenant is committed at a time in a process, and the others wait for it in order.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::{
    sync::{Mutex as Line, OwnedMutexGuard},
    time::{self, Instant},
};

use crate::service::error::{Error, ErrorKind, Result};

/// How long a write waits for its turn, and then for its commit.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How many writes of a tenant wait at most.
const WAITING: usize = 256;

/// The queues of all tenants that are being written to.
#[derive(Debug, Default)]
pub(crate) struct WriteQueues {
    queues: Arc<Mutex<HashMap<String, Arc<Queue>>>>,
    /// How long permits last, in microseconds: a mean in which the last ones count most.
    mean_micros: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Queue {
    line: Arc<Line<()>>,
    waiting: AtomicUsize,
}

/// A write's turn, which passes to the next in the queue when it is dropped.
pub(crate) struct WritePermit {
    // Dropped first, so that whoever is next has it when the queue is looked at.
    guard: Option<OwnedMutexGuard<()>>,
    entry: Entry,
    began: Instant,
    mean_micros: Arc<AtomicU64>,
}

/// Somebody in a queue, which is left when it is dropped.
struct Entry {
    queues: Arc<Mutex<HashMap<String, Arc<Queue>>>>,
    tenant: String,
    queue: Option<Arc<Queue>>,
}

impl WriteQueues {
    /// Waits a while for a turn to write a tenant, which need not exist. Turns come in the order of the calls;
    /// whoever drops the future leaves the queue.
    ///
    /// # Errors
    /// `WRITE_QUEUE_FULL` when too many wait already, with the time after which they are probably done; `WRITER_BUSY` when no
    /// turn came in time.
    pub(crate) async fn enter(&self, tenant: &str) -> Result<WritePermit> {
        let (queue, waiting) = {
            let mut queues = self.queues.lock();
            let queue = Arc::clone(queues.entry_ref(tenant).or_default());
            // Counted before the lock is free, so that nobody takes the queue away.
            let waiting = queue.waiting.fetch_add(1, Ordering::Relaxed);
            (queue, waiting)
        };
        let line = Arc::clone(&queue.line);
        let entry = Entry { queues: Arc::clone(&self.queues), tenant: tenant.to_owned(), queue: Some(queue) };
        // The first of them has its turn.
        if waiting > WAITING {
            return Err(self.full(tenant));
        }
        let permit = time::timeout(PATIENCE, line.lock_owned()).await;
        let guard = Some(permit.map_err(|_| Error::writer_busy())?);
        Ok(WritePermit { guard, entry, began: Instant::now(), mean_micros: Arc::clone(&self.mean_micros) })
    }

    /// Whether a write of the tenant is under way.
    pub(crate) fn is_busy(&self, tenant: &str) -> bool {
        self.queues.lock().contains_key(tenant)
    }

    fn full(&self, tenant: &str) -> Error {
        let micros = self.mean_micros.load(Ordering::Relaxed).saturating_mul(WAITING as u64);
        let message =
            format!("{WAITING} writes of tenant `{tenant}` wait already; nothing was written, try again later");
        let error = Error::new(ErrorKind::ResourceExhausted, "WRITE_QUEUE_FULL", message)
            .with("tenant", tenant)
            .with("limit", WAITING.to_string());
        let secs = u32::try_from(micros.div_ceil(1_000_000).max(1)).unwrap_or(u32::MAX);
        Error { retry_after_secs: Some(secs), ..error }
    }
}

impl Drop for WritePermit {
    fn drop(&mut self) {
        let lasted = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mean = self.mean_micros.load(Ordering::Relaxed);
        // Of two that do this at once one may be lost, which an estimate can bear.
        self.mean_micros.store(mean - mean / 8 + lasted / 8, Ordering::Relaxed);
        self.guard.take();
        self.entry.leave();
    }
}

impl Entry {
    /// Leaves, and removes the queue of a tenant that nobody writes or waits for: names that are no tenant's must not pile
    /// up.
    fn leave(&mut self) {
        let Some(queue) = self.queue.take() else { return };
        let mut queues = self.queues.lock();
        if queue.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            queues.remove(&self.tenant);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn waits(queues: &WriteQueues, tenant: &str) -> bool {
        tokio::time::timeout(Duration::from_millis(1), queues.enter(tenant)).await.is_err()
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_tenant_that_nobody_writes() {
        let queues = WriteQueues::default();
        let permit = queues.enter("acme").await.unwrap();
        assert!(waits(&queues, "acme").await, "one write at a time");
        assert_eq!(queues.queues.lock().len(), 1);
        drop(permit);
        assert!(queues.queues.lock().is_empty());
    }

    #[tokio::test]
    async fn so_many_wait_and_no_more() {
        let queues = Arc::new(WriteQueues::default());
        let permit = queues.enter("acme").await.unwrap();
        let enter = |_| {
            let queues = Arc::clone(&queues);
            tokio::spawn(async move { queues.enter("acme").await.map(drop) })
        };
        let waiting: Vec<_> = (0..WAITING).map(enter).collect();
        while queues.queues.lock()["acme"].waiting.load(Ordering::Relaxed) <= WAITING {
            tokio::task::yield_now().await;
        }
        let full = queues.enter("acme").await.map(drop).unwrap_err();
        assert_eq!((full.reason, full.retry_after_secs), ("WRITE_QUEUE_FULL", Some(1)));
        drop(queues.enter("globex").await.expect("another tenant has a queue of its own"));
        drop(permit);
        for entered in waiting {
            entered.await.unwrap().expect("each gets its turn");
        }
        assert!(queues.queues.lock().is_empty());
    }
}
