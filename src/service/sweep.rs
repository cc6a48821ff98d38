//! What comes due: found across tenants, and made to happen by each tenant's own writes.

use std::sync::Arc;

use rollcall_engine::{Subject, kind};

use crate::service::{Caller, RequestContext, Service, error::Result, write::Sweep};

/// How many tenants are asked for at a time.
const TENANTS: u32 = 100;
/// What sweeps are logged as: their actor's id and their caller.
const NAME: &str = "rollcall";

impl Service {
    /// Makes everything happen that has come due in any tenant, and says how many changes that were. A tenant whose
    /// changes can't be made holds no other up: it is logged, and tried again by the next sweep.
    ///
    /// # Errors
    /// What the store brings when it is asked which tenants these are.
    pub async fn sweep(self: &Arc<Self>) -> Result<u64> {
        let (mut changes, mut after) = (0, String::new());
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

    async fn sweep_tenant(self: &Arc<Self>, tenant: &str) -> Result<u64> {
        let call = RequestContext {
            tenant: tenant.to_owned(),
            actor: Subject::new(kind::SERVICE, NAME),
            caller: Caller { name: NAME.to_owned(), asserts_operators: false },
            idempotency_key: None,
            trace_id: None,
            validate_only: false,
        };
        let mut changes = 0;
        loop {
            let swept = self.write(call.clone(), Sweep).await?.answer;
            changes += swept.changes;
            if !swept.more {
                return Ok(changes);
            }
        }
    }
}
