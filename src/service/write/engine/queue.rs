//! The queues of writes: one write of a tenant is under way in a process, and the others wait for it in order.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// The queues of all tenants that are being written to.
#[derive(Debug, Default)]
pub(crate) struct WriteQueues {
    queues: Arc<Mutex<HashMap<String, Arc<Queue<()>>>>>,
}

/// The right to write a tenant, which passes to the next in the queue when it is dropped.
pub(crate) struct WritePermit {
    queues: Arc<Mutex<HashMap<String, Arc<Queue<()>>>>>,
    tenant: String,
    guard: Option<OwnedMutexGuard<()>>,
}

/// Somebody who waits in a queue, which is left when it is dropped.
struct Waiter<'a> {
    queues: &'a WriteQueues,
    tenant: &'a str,
}

impl WriteQueues {
    /// Waits for the permit to write a tenant, which need not exist. Waiters get it in the order of their calls; whoever
    /// drops the future leaves the queue.
    pub(crate) async fn permit(&self, tenant: &str) -> WritePermit {
        let _waiter = Waiter { queues: self, tenant };
        let queue = Arc::clone(self.queues.lock().entry_ref(tenant).or_default());
        let guard = Some(queue.lock_owned().await);
        WritePermit { queues: Arc::clone(&self.queues), tenant: tenant.to_owned(), guard }
    }
}

/// Removes the queue of a tenant that nobody writes or waits for: names that are no tenant's must not pile up.
fn drop_unused(queues: &Mutex<HashMap<String, Arc<Queue<()>>>>, tenant: &str) {
    let mut queues = queues.lock();
    if queues.get(tenant).is_some_and(|queue| Arc::strong_count(queue) == 1) {
        queues.remove(tenant);
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        drop_unused(&self.queues.queues, self.tenant);
    }
}

impl Drop for WritePermit {
    fn drop(&mut self) {
        self.guard.take();
        drop_unused(&self.queues, &self.tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_kept_of_a_tenant_that_nobody_writes() {
        let queues = WriteQueues::default();
        let permit = queues.permit("acme").await;
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(1), queues.permit("acme"));
        assert!(waiting.await.is_err(), "one write at a time");
        assert_eq!(queues.queues.lock().len(), 1);
        drop(permit);
        assert!(queues.queues.lock().is_empty());
    }
}
