//! What comes due happens, whether or not anybody asks.

use std::{future, sync::Arc, time::Duration};

use tokio::time;

use crate::service::Service;

/// Looks for what has come due, as often as told; zero: not at all. Never ends.
pub(super) async fn watch(service: &Arc<Service>, every: Duration) {
    while !every.is_zero() {
        time::sleep(every).await;
        if let Err(error) = service.sweep().await {
            tracing::warn!(reason = error.reason, "what has come due can't be looked for; it is tried again");
        }
    }
    future::pending::<()>().await;
}
