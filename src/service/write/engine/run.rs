//! The steps of every write: queue, snapshot, look for a stored response, plan, commit, show.

use std::sync::Arc;

use async_trait::async_trait;
use rollcall_engine::{Change, Commit, Head, Moment, Subject, Timestamp};

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    input::operator_not_allowed,
    ports::{AllowedChange, Batch, Committed, Snapshot, StoredResponse, TenantView},
    resolve::subjects::resolve,
    write::engine::{
        answers::StorableResponse,
        context::WriteContext,
        request_context::{IdempotencyKey, RequestContext},
        sealed,
        secret::Secret,
    },
};

/// How often a write is planned again when the tenant has moved on meanwhile.
const ATTEMPTS: usize = 4;

/// A kind of write: how its request is decided, and what it changes.
#[async_trait]
pub trait Write: Clone + Send + Sync + 'static {
    /// The answer to the caller, which is stored with the idempotency key.
    type Answer: StorableResponse;

    /// The subjects that its request names beside the actor. Those that are named by their email become whoever has it
    /// before the write is planned.
    fn subjects(&mut self) -> Vec<&mut Subject>;

    /// Decides, and says what would change. Called with the facts of one commit, in memory and in a snapshot of the store;
    /// must change nothing itself.
    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<Self::Answer>>;
}

/// The outcome of a write's decision, before anything is stored.
#[derive(Debug)]
pub struct Plan<A> {
    /// The changes in the order of the log, each with the policy line that permits it (`lumicon@1:24`), several with spaces
    /// between them, or what permits it instead of a policy: `operator`, `time`, `invitation:ID`. None: no revision is made.
    pub changes: Vec<AllowedChange>,
    /// The answer, without what must not be stored.
    pub answer: A,
}

/// The result of a write.
#[derive(Debug)]
pub struct Written<A> {
    /// The answer to the caller, complete with secrets.
    pub answer: A,
    /// The moment after the write; of one that changed nothing, like a validation, the one that it was decided at.
    pub moment: Moment,
}

/// What one attempt at a write came to.
enum Attempt<A> {
    Ended(Written<A>),
    /// Nothing was written: the tenant has another newest commit than the one that it was planned at.
    MovedOn,
}

impl<A> Plan<A> {
    /// A plan whose changes are all permitted by the same.
    pub(crate) fn by(rule: &str, changes: impl IntoIterator<Item = Change>, answer: A) -> Self {
        Self { changes: AllowedChange::by(rule, changes), answer }
    }
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
        let write_permit = self.write_queues.permit(&request.tenant).await;
        let slot = Arc::clone(&self.write_slots).acquire_owned().await.map_err(Error::internal)?;
        let service = Arc::clone(self);
        let span = tracing::Span::current();
        let task = async move {
            let _held = (slot, write_permit);
            service.write_in_order(&request, &write).await
        };
        tokio::spawn(tracing::Instrument::instrument(task, span)).await.map_err(Error::internal)?
    }

    /// Does a write while its permit is held: plans it again as long as the tenant moves on in between, which only another
    /// process can make it do.
    async fn write_in_order<W: Write>(&self, request: &RequestContext, write: &W) -> Result<Written<W::Answer>> {
        for _ in 0..ATTEMPTS {
            if let Attempt::Ended(written) = self.attempt(request.clone(), write.clone()).await? {
                return Ok(written);
            }
            // The view may be of a history that the store has lost.
            if let Some(view) = self.views.warm(&request.tenant) {
                self.views.refresh(&request.tenant, view).await?;
            }
        }
        let message = "other writes came in between again and again; try again";
        Err(Error::new(ErrorKind::Aborted, "CONFLICT", message).with("tenant", request.tenant.clone()))
    }

    async fn attempt<W: Write>(&self, mut request: RequestContext, mut write: W) -> Result<Attempt<W::Answer>> {
        // Before the snapshot, which holds a connection: nobody who holds one waits for another.
        let view = self.views.open(&request.tenant).await?;
        let mut snapshot = self.store.snapshot(&request.tenant).await?;
        let secret = match &request.idempotency_key {
            Some(key) => {
                let secret = Secret::new(key.owned_id());
                if let Some(snapshot) = &mut snapshot
                    && let Some(stored) = snapshot.find_response(&key.request_hash()).await?
                {
                    let written = self.replayed(&mut **snapshot, &stored, key, &secret).await?;
                    return Ok(Attempt::Ended(written));
                }
                secret
            }
            None => Secret::new(self.random.bytes()),
        };
        match (&mut snapshot, &view) {
            (Some(snapshot), Some(view)) => {
                for subject in write.subjects().into_iter().chain([&mut request.actor]) {
                    resolve(&mut **snapshot, subject).await?;
                }
                if !self.follow(&**view, &mut **snapshot).await? {
                    return Ok(Attempt::MovedOn);
                }
            }
            (None, None) => {}
            // The tenant was created or deleted between the two lines above.
            _ => {
                self.views.forget(&request.tenant);
                return Ok(Attempt::MovedOn);
            }
        }
        let expected = snapshot.as_ref().map(|snapshot| snapshot.head());
        let mut context = WriteContext::new(self, &request, snapshot, view.clone(), &secret);
        let at = context.now();
        // By the time of the newest commit too, which another server's clock may have reached sooner.
        if let Some(view) = &view {
            view.expire_by(at);
        }
        let planned = write.plan(&mut context).await;
        let (has_moved_on, made) = (context.has_moved_on(), context.commit());
        drop(context);
        if has_moved_on {
            return Ok(Attempt::MovedOn);
        }
        let Plan { changes, mut answer } = planned?;
        // No revision without a change: a sweep may find that another one was first.
        if request.validate_only || changes.is_empty() {
            let moment = moment_at(view.as_deref(), expected.unwrap_or_default());
            return Ok(Attempt::Ended(Written { answer, moment }));
        }
        let head = self.commit(&request, (expected, made), at, &changes, &answer).await?;
        let Some(head) = head else { return Ok(Attempt::MovedOn) };
        let changes = changes.into_iter().map(|allowed| allowed.change).collect();
        self.views.show(&request.tenant, &Commit { head, at, changes });
        self.commits.notify(&request.tenant);
        answer.reveal(&secret);
        Ok(Attempt::Ended(Written { answer, moment: moment_at(view.as_deref(), head) }))
    }

    /// Commits what was planned; none where the tenant has moved on, and nothing was written.
    async fn commit<A: StorableResponse>(
        &self,
        request: &RequestContext,
        (expected, made): (Option<Head>, Head),
        at: Timestamp,
        changes: &[AllowedChange],
        answer: &A,
    ) -> Result<Option<Head>> {
        let response = match &request.idempotency_key {
            Some(key) => Some(StoredResponse {
                request_hash: key.request_hash(),
                body_hash: key.body_hash.clone(),
                answer: sealed::seal(key, answer, &self.random.bytes())?,
                revision: made.revision,
                at,
            }),
            None => None,
        };
        let batch = Batch {
            write_id: made.write_id,
            at,
            actor: request.actor.as_ref(),
            caller: &request.caller.name,
            trace_id: request.trace_id.as_deref(),
            reason: Some(&*request.reason).filter(|reason| !reason.is_empty()),
            changes,
            response: response.as_ref(),
        };
        match self.store.commit(&request.tenant, expected, &batch).await {
            Ok(Committed::Done(head)) => Ok(Some(head)),
            Ok(Committed::Missed) => Ok(None),
            Err(error) => {
                // The outcome may be unknown, so the view may be behind: it is loaded anew.
                self.views.forget(&request.tenant);
                Err(error.into())
            }
        }
    }

    /// The stored answer again, if the request is the same as the first one under its key.
    async fn replayed<A: StorableResponse>(
        &self,
        snapshot: &mut dyn Snapshot,
        stored: &StoredResponse,
        key: &IdempotencyKey,
        secret: &Secret,
    ) -> Result<Written<A>> {
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
        let mut answer: A = sealed::open(key, &stored.answer)?;
        answer.reveal(secret);
        let head = snapshot.commit_at(stored.revision).await?;
        let head = head.ok_or_else(|| Error::internal("the log has no commit of a stored response"))?;
        Ok(Written { answer, moment: head.moment() })
    }
}

/// The moment of a commit, with the last end that had passed where the view is at it.
fn moment_at(view: Option<&dyn TenantView>, head: Head) -> Moment {
    let shown = view.map(|view| view.with(|_, moment| *moment));
    shown.filter(|moment| moment.revision == head.revision).unwrap_or_else(|| head.moment())
}
