//! A write from its request to its answer: planned outside any lock, queued, planned again if the tenant has moved on,
//! committed, shown.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time;

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    ports::StoreError,
    write::engine::{
        commit::{Attempt, Rest, WritePermits},
        plan::{Write, Written},
        planned::Planned,
        queue::WritePermit,
        request_context::RequestContext,
    },
};

/// How long a write waits for its turn before it is planned all the same.
const SOON: Duration = Duration::from_millis(250);
/// How often a write is planned when the tenant has moved on meanwhile.
const PLANS: usize = 4;
/// How long the plan of a write may take that keeps all others from its tenant.
const ALONE: Duration = Duration::from_secs(1);

impl Service {
    /// Does a write, or only decides about it where the request says `validate_only`.
    ///
    /// Whoever goes away before the commit has begun leaves nothing behind; from then on it is made, and shown, whether
    /// or not anybody waits for it.
    ///
    /// # Errors
    /// `OPERATOR_NOT_ALLOWED`, `REQUEST_ID_REUSED`, what the write's plan refuses, and errors of the store;
    /// `CLOCK_NOT_BELIEVED`, `WRITE_QUEUE_FULL`, `WRITER_BUSY` and `CONFLICT`, after which nothing was written; and
    /// `COMMIT_UNKNOWN`, after which it may have been.
    pub async fn write<W: Write>(self: &Arc<Self>, request: RequestContext, write: W) -> Result<Written<W::Answer>> {
        request.caller.check_speaks_for(&request.actor.kind)?;
        self.store.check_owned()?;
        self.step(request, write).await
    }

    async fn step<W: Write>(self: &Arc<Self>, request: RequestContext, write: W) -> Result<Written<W::Answer>> {
        let (request, write) = (&request, &write);
        // The repetition of a request that is under way waits for what becomes of that: it must not be refused, and then
        // turn out to have been done.
        let request_permit = match &request.idempotency_key {
            Some(key) if !request.validate_only => {
                let permit = self.request_queues.enter(&key.request_hash()).await;
                Some(permit.map_err(|_| Error::commit_unknown("the same request is under way"))?)
            }
            _ => None,
        };
        let (mut planned, permit) = match self.plan_and_enter(request, write).await? {
            (Planned::Ended(written), _) => return Ok(written),
            (planned, Some(permit)) => (planned, permit),
            // One write a tenant at a time: the others wait here, in order, and not inside the store.
            (planned, None) => (planned, self.write_queues.enter(&request.tenant).await?),
        };
        let mut permits = (permit, request_permit);
        for _ in 0..PLANS {
            let allowed = match planned {
                Planned::Allowed(allowed) if self.is_current(&request.tenant, allowed.expected) => allowed,
                _ => match self.plan(request, write).await? {
                    Planned::Ended(written) => return Ok(written),
                    Planned::Allowed(allowed) => allowed,
                    Planned::MovedOn => {
                        self.catch_up(&request.tenant).await?;
                        planned = Planned::MovedOn;
                        continue;
                    }
                },
            };
            let rest = allowed.more.then(|| self.rest(request.clone(), write.clone()));
            match self.commit(allowed, permits, rest).await? {
                Attempt::Done(written) => return Ok(written),
                Attempt::Again(same_permits) => permits = same_permits,
            }
            self.catch_up(&request.tenant).await?;
            planned = Planned::MovedOn;
        }
        if let Some(written) = self.write_alone(request, write, permits).await? {
            return Ok(written);
        }
        let message = "other writes came in between again and again; try again";
        Err(Error::new(ErrorKind::Aborted, "CONFLICT", message).with("tenant", request.tenant.clone()))
    }

    /// The last resort: the write is planned and made while the store keeps all others from writing the tenant; none where
    /// it does not, or not soon enough.
    async fn write_alone<W: Write>(
        self: &Arc<Self>,
        request: &RequestContext,
        write: &W,
        permits: WritePermits,
    ) -> Result<Option<Written<W::Answer>>> {
        let reservation = match self.store.reserve(&request.tenant).await {
            Ok(Some(reservation)) => reservation,
            Ok(None) | Err(StoreError::Busy(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let planning = async {
            self.catch_up(&request.tenant).await?;
            self.plan(request, write).await
        };
        // All others wait meanwhile, in other processes too.
        let Ok(planned) = time::timeout(ALONE, planning).await else { return Ok(None) };
        match planned? {
            Planned::Ended(written) => Ok(Some(written)),
            Planned::MovedOn => Ok(None),
            Planned::Allowed(mut allowed) => {
                allowed.reservation = Some(reservation);
                let rest = allowed.more.then(|| self.rest(request.clone(), write.clone()));
                match self.commit(allowed, permits, rest).await? {
                    Attempt::Done(written) => Ok(Some(written)),
                    Attempt::Again(_) => Ok(None),
                }
            }
        }
    }

    /// The steps of a write after one, with or without its caller.
    fn rest<W: Write>(self: &Arc<Self>, request: RequestContext, mut write: W) -> Rest<W::Answer> {
        let service = Arc::clone(self);
        Box::new(move |answer| {
            write.proceed(answer);
            Box::pin(async move { service.step(request, write).await })
        })
    }

    /// Plans a write before its turn, so that a refusal, a retry and a dry run wait for no write, and no write waits for them.
    /// Where others are under way it takes its place first, and is planned once it has waited for a while: while turns come
    /// soon, a plan from before would be outdated. One whose plan takes long is always planned before: in its turn all others
    /// would wait for it.
    async fn plan_and_enter<W: Write>(
        &self,
        request: &RequestContext,
        write: &W,
    ) -> Result<(Planned<W::Answer>, Option<WritePermit>)> {
        if W::IS_LONG || request.validate_only || !self.write_queues.is_busy(&request.tenant) {
            return Ok((self.plan(request, write).await?, None));
        }
        let mut entering = pin!(self.write_queues.enter(&request.tenant));
        if let Ok(permit) = time::timeout(SOON, &mut entering).await {
            return Ok((Planned::MovedOn, Some(permit?)));
        }
        let (mut planning, mut permit) = (pin!(self.plan(request, write)), None);
        let planned = loop {
            tokio::select! {
                planned = &mut planning => break planned?,
                // Whose turn it is meanwhile plans on, as it would then.
                entered = &mut entering, if permit.is_none() => permit = Some(entered?),
            }
        };
        match (planned, permit) {
            (Planned::Ended(written), permit) => Ok((Planned::Ended(written), permit)),
            (planned, Some(permit)) => Ok((planned, Some(permit))),
            (planned, None) => Ok((planned, Some(entering.await?))),
        }
    }

    /// Brings the view up to the store: it may be behind what another process wrote, or of a history that the store has
    /// lost.
    async fn catch_up(&self, tenant: &str) -> Result<()> {
        if let Some(view) = self.views.warm(tenant) {
            self.views.refresh(tenant, view).await?;
        }
        Ok(())
    }
}
