//! The sweep of every tenant in which something has come due, each by a write of its own.

use std::sync::Arc;

use rollcall_engine::{Subject, kind};

use crate::service::{Caller, RequestContext, Service, error::Result, write::Sweep};

/// How many tenants are read from the store at a time.
const TENANTS: u32 = 100;

impl Service {
    /// Applies everything that has come due in any tenant, and returns the number of changes. A tenant that can't be
    /// swept does not stop the others: it is logged, and the next sweep tries it again.
    ///
    /// # Errors
    /// Errors of the store when it is read for tenants with something due.
    pub async fn sweep(self: &Arc<Self>) -> Result<u64> {
        let (mut changes, mut after) = (0, String::new());
        // Nobody knows what is due.
        if !self.clock.reading().is_believed() {
            return Ok(0);
        }
        loop {
            let tenants = self.store.due(self.clock.now(), &after, TENANTS).await?;
            let Some(last) = tenants.last() else { return Ok(changes) };
            after.clone_from(last);
            for tenant in tenants {
                match self.sweep_tenant(&tenant).await {
                    Ok(made) => changes += made,
                    Err(error) => {
                        let cause = error.cause.as_deref().map(ToString::to_string).unwrap_or_default();
                        tracing::warn!(
                            tenant,
                            reason = error.reason,
                            cause,
                            "a tenant can't be swept; it is tried again"
                        );
                    }
                }
            }
        }
    }

    /// Sweeps one tenant in as many writes as it takes.
    async fn sweep_tenant(self: &Arc<Self>, tenant: &str) -> Result<u64> {
        let request = RequestContext {
            tenant: tenant.to_owned(),
            actor: Subject::new(kind::SERVICE, Caller::SERVER),
            caller: Arc::new(Caller::unlimited(Caller::SERVER, false)),
            idempotency_key: None,
            trace_id: None,
            reason: String::new(),
            validate_only: false,
        };
        let mut changes = 0;
        loop {
            let swept = self.write(request.clone(), Sweep).await?.answer;
            changes += swept.changes;
            if !swept.more {
                return Ok(changes);
            }
        }
    }
}
