//! The steps of every write: queue, lock, catch up, look for a stored response, plan, append to the log, commit, apply
//! to the view.

use std::sync::Arc;

use async_trait::async_trait;
use rollcall_engine::{Change, Revision};

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    input::operator_not_allowed,
    ports::{LogEntry, StoredResponse, TenantView, WriteTx},
    write::engine::{
        answers::StorableResponse,
        context::WriteContext,
        request_context::{IdempotencyKey, RequestContext},
        secret::Secret,
    },
};

/// A kind of write: how its request is decided, and what it changes.
#[async_trait]
pub trait Write: Send + Sync + 'static {
    /// The answer to the caller, which is stored with the idempotency key.
    type Answer: StorableResponse;

    /// Decides, and says what would change. Called inside the write's transaction, with the facts of the revision
    /// before it; must change nothing itself.
    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<Self::Answer>>;
}

/// The outcome of a write's decision, before anything is stored.
#[derive(Debug)]
pub struct Plan<A> {
    /// The changes in the order of the log; none: no revision is made.
    pub changes: Vec<Change>,
    /// The policy line that permits it (`lumicon@1:24`), several with spaces between them, or what permits it instead
    /// of a policy: `operator`, `time`, `invitation:ID`.
    pub rule: String,
    /// The answer, without what must not be stored.
    pub answer: A,
}

/// The result of a write.
#[derive(Debug)]
pub struct Written<A> {
    /// The answer to the caller, complete with secrets.
    pub answer: A,
    /// The revision that the write made; one that changed nothing, like a validation, has the tenant's newest.
    pub revision: Revision,
}

impl Service {
    /// Does a write, or only decides about it where the request says `validate_only`.
    ///
    /// A write that has begun is finished even if its caller goes away, for this process's view must learn of the
    /// commit.
    ///
    /// # Errors
    /// `OPERATOR_NOT_ALLOWED`, `REQUEST_ID_REUSED`, what the write's plan refuses, and errors of the store.
    pub async fn write<W: Write>(self: &Arc<Self>, request: RequestContext, write: W) -> Result<Written<W::Answer>> {
        if request.actor.as_ref().is_operator() && !request.caller.asserts_operators {
            return Err(operator_not_allowed(&request.caller.name));
        }
        // One write a tenant at a time, and few at all: the others wait here, in order, for as long as their callers
        // do, and not inside the store.
        let write_permit = self.views.write_permit(&request.tenant).await;
        let slot = Arc::clone(&self.write_slots).acquire_owned().await.map_err(Error::internal)?;
        let service = Arc::clone(self);
        let span = tracing::Span::current();
        let task = async move {
            let _slot = slot;
            let tenant = request.tenant.clone();
            let outcome = service.write_in_order(request, write).await;
            service.views.release_permit(&tenant, write_permit);
            outcome
        };
        tokio::spawn(tracing::Instrument::instrument(task, span)).await.map_err(Error::internal)?
    }

    /// Does a write while its permit is held.
    async fn write_in_order<W: Write>(&self, request: RequestContext, write: W) -> Result<Written<W::Answer>> {
        let (view, mut tx) = self.begin(&request.tenant).await?;
        let secret = match &request.idempotency_key {
            Some(key) => {
                if let Some(stored) = tx.find_response(&key.request_hash()).await? {
                    tx.rollback().await?;
                    return replayed(&stored, key, &Secret::new(key.owned_id()));
                }
                Secret::new(key.owned_id())
            }
            None => Secret::new(self.random.bytes()),
        };
        let mut context = WriteContext::new(self, &request, &mut *tx, view.clone(), &secret);
        let (at, revision) = (context.now(), context.revision());
        let Plan { changes, rule, mut answer } = match write.plan(&mut context).await {
            Ok(plan) => plan,
            Err(refused) => return Err(rolled_back(tx, refused).await),
        };
        // No revision without a change: a sweep may find that another one was first.
        if request.validate_only || changes.is_empty() {
            tx.rollback().await?;
            return Ok(Written { answer, revision: Revision(revision.0 - 1) });
        }
        let entry = LogEntry {
            changes: &changes,
            actor: request.actor.as_ref(),
            caller: &request.caller.name,
            at,
            rule: &rule,
            trace_id: request.trace_id.as_deref(),
        };
        tx.append(&entry).await?;
        if let Some(key) = &request.idempotency_key {
            let answer = serde_json::to_string(&answer).map_err(Error::internal)?;
            let (request_hash, body_hash) = (key.request_hash(), key.body_hash.clone());
            tx.save_response(&StoredResponse { request_hash, body_hash, answer, revision, at }).await?;
        }
        if let Err(error) = tx.commit().await {
            // The outcome is unknown, so the view may be behind: it is loaded anew.
            self.views.forget(&request.tenant);
            return Err(error.into());
        }
        self.views.acknowledge(&request.tenant, revision);
        self.apply_to_view(&request.tenant, view.as_deref(), revision, changes);
        self.commits.notify(&request.tenant);
        answer.reveal(&secret);
        Ok(Written { answer, revision })
    }

    /// A locked transaction, and the tenant's view brought up to it; no view where there is no tenant.
    async fn begin(&self, tenant: &str) -> Result<(Option<Arc<dyn TenantView>>, Box<dyn WriteTx>)> {
        let (view, mut tx) = self.view_and_lock(tenant).await?;
        let Some(view) = view else { return Ok((None, tx)) };
        let newest = Revision(tx.revision().0 - 1);
        if view.revision() < newest {
            let missed = tx.changes_after(view.revision()).await?;
            view.apply(&missed);
        }
        if view.revision() != newest {
            // The view has diverged, say because the store was restored from a backup under a running process.
            self.views.forget(tenant);
            let reloading =
                Error::new(ErrorKind::Unavailable, "VIEW_RELOADING", "the tenant is being loaded; try again");
            return Err(rolled_back(tx, reloading).await);
        }
        Ok((Some(view), tx))
    }

    /// A tenant's view and a transaction on it, or neither view nor tenant.
    async fn view_and_lock(&self, tenant: &str) -> Result<(Option<Arc<dyn TenantView>>, Box<dyn WriteTx>)> {
        let view = self.views.open_with_permit(tenant).await?;
        let tx = self.store.begin(tenant).await?;
        if view.is_some() == tx.tenant().is_some() {
            return Ok((view, tx));
        }
        // The tenant was created or deleted between the two lines above: once more, for that happens once.
        tx.rollback().await?;
        self.views.forget(tenant);
        let view = self.views.open_with_permit(tenant).await?;
        let tx = self.store.begin(tenant).await?;
        if view.is_some() == tx.tenant().is_some() {
            return Ok((view, tx));
        }
        let message = "the tenant was just created or deleted; try again";
        Err(Error::new(ErrorKind::Aborted, "CONFLICT", message).with("tenant", tenant))
    }

    /// Brings the tenant's view to the revision that was committed.
    fn apply_to_view(&self, tenant: &str, view: Option<&dyn TenantView>, revision: Revision, changes: Vec<Change>) {
        if changes.iter().any(|change| matches!(change, Change::PolicySet { .. })) {
            // A view is of one policy: the next use loads one of the other.
            self.views.forget(tenant);
            return;
        }
        let changes: Vec<(Revision, Change)> = changes.into_iter().map(|change| (revision, change)).collect();
        if view.is_some_and(|view| !view.apply(&changes)) {
            tracing::error!(tenant, %revision, "a view has diverged from the store; it will be loaded anew");
            self.views.forget(tenant);
        }
    }
}

/// Rolls a refused write back and returns its refusal, also where the rollback fails.
async fn rolled_back(tx: Box<dyn WriteTx>, refused: Error) -> Error {
    if let Err(error) = tx.rollback().await {
        tracing::warn!(%error, "a refused write could not be rolled back; its connection is closed");
    }
    refused
}

/// The stored answer again, if the request is the same as the first one under its key.
fn replayed<A: StorableResponse>(stored: &StoredResponse, key: &IdempotencyKey, secret: &Secret) -> Result<Written<A>> {
    if stored.body_hash != key.body_hash {
        let message = format!(
            "request id `{}` was used for another request; take a new id, or send the first request again",
            key.request_id
        );
        let error = Error::new(ErrorKind::FailedPrecondition, "REQUEST_ID_REUSED", message);
        return Err(error
            .with("request_id", key.request_id.clone())
            .violation("request_id", "was used for another request"));
    }
    let mut answer: A = serde_json::from_str(&stored.answer).map_err(Error::internal)?;
    answer.reveal(secret);
    Ok(Written { answer, revision: stored.revision })
}
