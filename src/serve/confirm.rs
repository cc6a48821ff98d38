//! Periodically compares the views in memory with the store, in which others may have written, or which may have been put
//! back to an earlier state.

use std::time::Duration;

use tokio::time;

use crate::cache::Registry;

/// How often they are compared.
const EVERY: Duration = Duration::from_secs(1);

/// Compares them every second. Never ends.
pub(super) async fn watch(views: &Registry) {
    loop {
        time::sleep(EVERY).await;
        // While the store is lost nothing is answered, and that was logged.
        if views.is_answering()
            && let Err(error) = views.confirm().await
        {
            tracing::warn!(%error, "the views could not be compared with the store; it is tried again");
        }
    }
}
