//! Notice of commits within this process, for those who wait for a tenant's next revision.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::watch;

/// Wakes the watches of a tenant when this process commits a revision of it. Only a hint: other processes may write to
/// the store too, so a watch also polls.
#[derive(Default)]
pub(crate) struct CommitNotifier {
    /// A sender for each tenant that has subscribers.
    subscribers: Mutex<HashMap<String, watch::Sender<()>>>,
}

impl CommitNotifier {
    /// A receiver that is marked as changed by each commit to the tenant from now on.
    pub(crate) fn subscribe(&self, tenant: &str) -> watch::Receiver<()> {
        let mut subscribers = self.subscribers.lock();
        subscribers.retain(|_, sender| sender.receiver_count() > 0);
        subscribers.entry(tenant.to_owned()).or_default().subscribe()
    }

    /// Wakes the subscribers of a tenant of which a revision was committed.
    pub(crate) fn notify(&self, tenant: &str) {
        if let Some(sender) = self.subscribers.lock().get(tenant) {
            sender.send_replace(());
        }
    }
}
