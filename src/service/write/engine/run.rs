//! The one way that every write takes: turn, lock, catch up, decide, apply, log, commit, show.

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

/// A governed write.
#[async_trait]
pub trait Write: Send + Sync + 'static {
    /// What it answers.
    type Answer: StorableResponse;

    /// Decides, and says what would change. Called inside the write's transaction, with facts as of the revision
    /// before it; must change nothing itself.
    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<Self::Answer>>;
}

/// What a write comes to.
#[derive(Debug)]
pub struct Plan<A> {
    /// What changes, in order.
    pub changes: Vec<Change>,
    /// The policy line that allows it: `lumicon@1:24`.
    pub rule: String,
    /// What to answer.
    pub answer: A,
}

/// A write's answer, and the revision that it made (or, for a validation, found).
#[derive(Debug)]
pub struct Written<A> {
    /// The answer.
    pub answer: A,
    /// The revision.
    pub revision: Revision,
}

impl Service {
    /// Does a governed write, or only decides about it when the call says so.
    ///
    /// A write that has begun is finished even if whoever asked goes away: a commit must be seen by this process's
    /// views.
    ///
    /// # Errors
    /// `OPERATOR_NOT_ALLOWED`, `REQUEST_ID_REUSED`, what the write's plan refuses, and what the store brings.
    pub async fn write<W: Write>(self: &Arc<Self>, call: RequestContext, write: W) -> Result<Written<W::Answer>> {
        if call.actor.as_ref().is_operator() && !call.caller.asserts_operators {
            return Err(operator_not_allowed(&call.caller.name));
        }
        // One write a tenant at a time, and few at all: the others wait here, in order, for as long as who asked does, and
        // not inside the store.
        let turn = self.views.write_permit(&call.tenant).await;
        let place = Arc::clone(&self.writes).acquire_owned().await.map_err(Error::internal)?;
        let service = Arc::clone(self);
        let span = tracing::Span::current();
        let task = async move {
            let _place = place;
            let tenant = call.tenant.clone();
            let outcome = service.in_turn(call, write).await;
            service.views.release_permit(&tenant, turn);
            outcome
        };
        tokio::spawn(tracing::Instrument::instrument(task, span)).await.map_err(Error::internal)?
    }

    async fn in_turn<W: Write>(&self, call: RequestContext, write: W) -> Result<Written<W::Answer>> {
        let (view, mut tx) = self.begin(&call.tenant).await?;
        let secret = match &call.idempotency_key {
            Some(request) => {
                if let Some(answered) = tx.find_response(&request.stored()).await? {
                    tx.rollback().await?;
                    return replayed(&answered, request, &Secret::new(request.id.as_bytes()));
                }
                Secret::new(request.id.as_bytes())
            }
            None => Secret::new(self.random.bytes()),
        };
        let mut session = WriteContext::new(self, &call, &mut *tx, view.clone(), &secret);
        let (at, revision) = (session.now(), session.revision());
        let Plan { changes, rule, mut answer } = match write.plan(&mut session).await {
            Ok(plan) => plan,
            Err(refused) => return Err(undone(tx, refused).await),
        };
        // No revision without a change: a sweep may find that another one was first.
        if call.validate_only || changes.is_empty() {
            tx.rollback().await?;
            return Ok(Written { answer, revision: Revision(revision.0 - 1) });
        }
        let entry = LogEntry {
            changes: &changes,
            actor: call.actor.as_ref(),
            caller: &call.caller.name,
            at,
            rule: &rule,
            trace_id: call.trace_id.as_deref(),
        };
        tx.append(&entry).await?;
        if let Some(request) = &call.idempotency_key {
            let answer = serde_json::to_string(&answer).map_err(Error::internal)?;
            let (request, body) = (request.stored(), request.body.clone());
            tx.save_response(&StoredResponse { request, body, answer, revision, at }).await?;
        }
        if let Err(error) = tx.commit().await {
            // Whether it happened is not known, so the view may be behind: it is loaded anew.
            self.views.forget(&call.tenant);
            return Err(error.into());
        }
        self.views.acknowledge(&call.tenant, revision);
        self.show(&call.tenant, view.as_deref(), revision, changes);
        self.commits.made(&call.tenant);
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
            // The two have parted, say because the store was restored from a backup under a running process.
            self.views.forget(tenant);
            let reloading =
                Error::new(ErrorKind::Unavailable, "VIEW_RELOADING", "the tenant is being loaded; try again");
            return Err(undone(tx, reloading).await);
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

    fn show(&self, tenant: &str, view: Option<&dyn TenantView>, revision: Revision, changes: Vec<Change>) {
        if changes.iter().any(|change| matches!(change, Change::PolicySet { .. })) {
            // A view is of one policy: the next use loads one of the other.
            self.views.forget(tenant);
            return;
        }
        let changes: Vec<(Revision, Change)> = changes.into_iter().map(|change| (revision, change)).collect();
        if view.is_some_and(|view| !view.apply(&changes)) {
            tracing::error!(tenant, %revision, "a view parted from its store and is loaded anew");
            self.views.forget(tenant);
        }
    }
}

/// Ends the transaction of a write that is refused. The refusal stands, whatever comes of that.
async fn undone(tx: Box<dyn WriteTx>, refused: Error) -> Error {
    if let Err(error) = tx.rollback().await {
        tracing::warn!(%error, "a refused write could not be rolled back; its connection is closed");
    }
    refused
}

/// The first answer again, if the request is the first one again.
fn replayed<A: StorableResponse>(
    answered: &StoredResponse,
    request: &IdempotencyKey,
    secret: &Secret,
) -> Result<Written<A>> {
    if answered.body != request.body {
        let message = format!(
            "request id `{}` was used for another request; take a new id, or send the first request again",
            request.id
        );
        let error = Error::new(ErrorKind::FailedPrecondition, "REQUEST_ID_REUSED", message);
        return Err(error
            .with("request_id", request.id.clone())
            .violation("request_id", "was used for another request"));
    }
    let mut answer: A = serde_json::from_str(&answered.answer).map_err(Error::internal)?;
    answer.reveal(secret);
    Ok(Written { answer, revision: answered.revision })
}
