//! The plan of a write at one commit: what is decided there, and what is to be committed after it.

use std::sync::Arc;

use rollcall_engine::{Head, Moment, Subject, Timestamp};

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    ports::{AllowedChange, Glance, Reservation, Snapshot, StoreResult, StoredResponse, TenantView},
    resolve::subjects::resolve,
    write::engine::{
        answers::StorableResponse,
        context::WriteContext,
        plan::{Plan, Write, Written},
        request_context::{IdempotencyKey, RequestContext},
        sealed,
        secret::Secret,
    },
};

/// What a plan came to.
pub(super) enum Planned<A> {
    /// It is answered: nothing has to be written.
    Ended(Written<A>),
    /// It is allowed, at this commit.
    Allowed(Box<AllowedWrite<A>>),
    /// The tenant moved on while it was planned, so that it is of no one commit.
    MovedOn,
}

/// A write that is allowed after one commit, and by one instant.
pub(super) struct AllowedWrite<A> {
    pub(super) request: RequestContext,
    pub(super) secret: Secret,
    /// The commit that it was planned at; none where there is no such tenant.
    pub(super) expected: Option<Head>,
    /// The commit that it makes.
    pub(super) head: Head,
    /// The one instant at which it was decided and happens.
    pub(super) at: Timestamp,
    /// The first end of anything that the decision may rest on: by then it must have begun.
    pub(super) holds_until: Option<Timestamp>,
    pub(super) changes: Vec<AllowedChange>,
    pub(super) answer: A,
    /// Whether it is a first step only.
    pub(super) more: bool,
    pub(super) view: Option<Arc<dyn TenantView>>,
    /// Who keeps others from writing the tenant until then.
    pub(super) reservation: Option<Box<dyn Reservation>>,
}

impl Service {
    /// Plans a write at the newest commit, on a snapshot of the store and the view at exactly that commit. No lock is held,
    /// and the future may be dropped.
    pub(super) async fn plan<W: Write>(&self, request: &RequestContext, write: &W) -> Result<Planned<W::Answer>> {
        // A dry run has no turn in the queue to be planned in once more.
        let plans = if request.validate_only { DRY_PLANS } else { 1 };
        for _ in 0..plans {
            match self.plan_once(request.clone(), write.clone()).await? {
                Planned::MovedOn => {}
                planned => return Ok(planned),
            }
        }
        if request.validate_only {
            let message = "the tenant changed again and again while the write was planned; try again";
            return Err(Error::new(ErrorKind::Aborted, "CONFLICT", message).with("tenant", request.tenant.clone()));
        }
        Ok(Planned::MovedOn)
    }

    async fn plan_once<W: Write>(&self, mut request: RequestContext, mut write: W) -> Result<Planned<W::Answer>> {
        // Before the snapshot, which holds a connection: nobody who holds one waits for another.
        let view = self.views.open(&request.tenant).await?;
        let mut snapshot = self.look(&request, &mut write).await?;
        let secret = match &request.idempotency_key {
            Some(key) => {
                let secret = Secret::new(key.owned_id());
                if let Some(snapshot) = &mut snapshot
                    && let Some(stored) = snapshot.find_response(&key.request_hash()).await?
                {
                    return self.replayed(&mut **snapshot, &stored, key, &secret).await.map(Planned::Ended);
                }
                secret
            }
            None => Secret::new(self.random.bytes()),
        };
        match (&mut snapshot, &view) {
            (Some(snapshot), Some(view)) => {
                let subjects = write.subjects().into_iter().chain([&mut request.actor]);
                match self.prepare(&mut **snapshot, &**view, subjects).await {
                    Ok(true) => {}
                    Err(error) if !snapshot.has_moved_on() => return Err(error),
                    Ok(false) | Err(_) => return Ok(Planned::MovedOn),
                }
            }
            (None, None) => {}
            // The tenant was created or deleted between the two lines above.
            _ => {
                self.views.forget(&request.tenant);
                return Ok(Planned::MovedOn);
            }
        }
        let expected = snapshot.as_ref().map(|snapshot| snapshot.head());
        let mut context = WriteContext::new(self, &request, snapshot, view.clone(), &secret);
        // By the time of the newest commit too, which another server's clock may have reached sooner.
        if let Some(view) = &view {
            view.expire_by(context.believed());
        }
        // Before it is planned: what ends meanwhile may be taken away by whoever reads the view next.
        let next_end = view.as_ref().and_then(|view| view.next_end());
        let (at, head) = (context.now(), context.commit());
        let planned = write.plan(&mut context).await;
        let (has_moved_on, relied_until) = (context.has_moved_on(), context.relied_until());
        drop(context);
        if has_moved_on {
            return Ok(Planned::MovedOn);
        }
        let Plan { changes, answer, more } = planned?;
        // No revision without a change: a sweep may find that another one was first.
        if request.validate_only || changes.is_empty() {
            let moment = moment_at(view.as_deref(), expected.unwrap_or_default());
            return Ok(Planned::Ended(Written { answer, moment }));
        }
        let holds_until = [relied_until, next_end].into_iter().flatten().min();
        let allowed = AllowedWrite {
            request,
            secret,
            expected,
            head,
            at,
            holds_until,
            changes,
            answer,
            more,
            view,
            reservation: None,
        };
        Ok(Planned::Allowed(Box::new(allowed)))
    }

    /// The tenant in the store, with what its plan is likely to need.
    async fn look<W: Write>(&self, request: &RequestContext, write: &mut W) -> StoreResult<Option<Box<dyn Snapshot>>> {
        let members: Vec<Subject> = write.subjects().into_iter().map(|subject| subject.clone()).collect();
        let hash = request.idempotency_key.as_ref().map(IdempotencyKey::request_hash);
        self.store.glance(&request.tenant, &Glance { members: &members, response: hash.as_deref() }).await
    }

    /// Resolves the subjects, and brings the view to the commit of the snapshot; false where it can't be.
    async fn prepare<'s>(
        &self,
        snapshot: &mut dyn Snapshot,
        view: &dyn TenantView,
        subjects: impl Iterator<Item = &'s mut Subject>,
    ) -> Result<bool> {
        for subject in subjects {
            resolve(snapshot, subject).await?;
        }
        self.follow(view, snapshot).await
    }

    /// Whether the tenant is still at the commit that a write was planned at, as far as this process knows.
    pub(super) fn is_current(&self, tenant: &str, expected: Option<Head>) -> bool {
        self.views.warm(tenant).map(|view| view.head()) == expected
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
                key.request_id.expose()
            );
            let error = Error::new(ErrorKind::FailedPrecondition, "REQUEST_ID_REUSED", message);
            return Err(error
                .with("request_id", key.request_id.expose().clone())
                .violation("request_id", "was used for another request"));
        }
        let mut answer: A = sealed::open(key, &stored.answer)?;
        answer.reveal(secret);
        let head = snapshot.commit_at(stored.revision).await?;
        let head = head.ok_or_else(|| Error::internal("the log has no commit of a stored response"))?;
        Ok(Written { answer, moment: head.moment() })
    }
}

/// How often a dry run is planned when the tenant moves on meanwhile.
const DRY_PLANS: usize = 16;

/// The moment of a commit, with the last end that had passed where the view is at it.
pub(super) fn moment_at(view: Option<&dyn TenantView>, head: Head) -> Moment {
    let shown = view.map(|view| view.with(|_, moment| *moment));
    shown.filter(|moment| moment.revision == head.revision).unwrap_or_else(|| head.moment())
}
