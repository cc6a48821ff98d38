//! Periodically executes what is due in any tenant, without a request.

use std::{future, sync::Arc, time::Duration};

use tokio::time;

use crate::service::Service;

/// Looks for what is due every so often; zero: never. Never ends.
pub(super) async fn watch(service: &Arc<Service>, every: Duration) {
    while !every.is_zero() {
        time::sleep(every).await;
        if let Err(error) = service.sweep().await {
            tracing::warn!(reason = error.reason, "the search for what is due failed; it is tried again");
        }
    }
    future::pending::<()>().await;
}
