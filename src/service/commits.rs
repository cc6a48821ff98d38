use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::watch;

/// Wakes those who wait for a tenant's next revision when this process makes one. A hint and no more: others may write
/// too, so whoever waits also looks by themselves.
#[derive(Default)]
pub(crate) struct Commits {
    waiting: Mutex<HashMap<String, watch::Sender<()>>>,
}

impl Commits {
    /// Marked as changed with each commit from now on.
    pub(crate) fn of(&self, tenant: &str) -> watch::Receiver<()> {
        let mut waiting = self.waiting.lock();
        waiting.retain(|_, sender| sender.receiver_count() > 0);
        waiting.entry(tenant.to_owned()).or_default().subscribe()
    }

    /// A revision of the tenant was made.
    pub(crate) fn made(&self, tenant: &str) {
        if let Some(sender) = self.waiting.lock().get(tenant) {
            sender.send_replace(());
        }
    }
}
