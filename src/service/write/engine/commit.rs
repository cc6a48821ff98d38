//! The commit of a planned write, and how it is shown. Until it begins it can be withdrawn; from then on it goes its way
//! without its caller.

use std::{pin::Pin, sync::Arc};

use rollcall_engine::Commit;
use tokio::time;

use crate::service::{
    Service,
    error::{Error, Result},
    ports::{Batch, Committed, Gate, StoreError, StoredResponse},
    write::engine::{
        answers::StorableResponse,
        plan::Written,
        planned::{AllowedWrite, moment_at},
        queue::{PATIENCE, WritePermit},
        sealed,
        ticket::{Ticket, Withdrawn},
    },
};

/// What a commit came to.
pub(super) enum Attempt<A> {
    /// It is durable, and shown.
    Done(Written<A>),
    /// Nothing was written, for what it was planned on is over. The permits are the write's still.
    Again(WritePermits),
}

/// Makes the steps after one, from its answer.
pub(super) type Rest<A> = Box<dyn FnOnce(A) -> Pin<Box<dyn Future<Output = Result<Written<A>>> + Send>> + Send>;

/// The turn of a write in its tenant, and that of its request among its repetitions.
pub(super) type WritePermits = (WritePermit, Option<WritePermit>);

impl Service {
    /// Commits a write that was planned, in its permits. Its caller waits until an instant.
    pub(super) async fn commit<A: StorableResponse>(
        self: &Arc<Self>,
        allowed: Box<AllowedWrite<A>>,
        permits: WritePermits,
        rest: Option<Rest<A>>,
    ) -> Result<Attempt<A>> {
        let ticket = Arc::new(Ticket::new(Arc::clone(&self.clock), allowed.holds_until));
        let _presence = ticket.presence();
        let (service, given, is_whole) = (Arc::clone(self), Arc::clone(&ticket), rest.is_none());
        let task = async move {
            match (service.commit_and_show(*allowed, &given, permits).await?, rest) {
                (Attempt::Done(step), Some(rest)) => rest(step.answer).await.map(Attempt::Done),
                (attempt, _) => Ok(attempt),
            }
        };
        let mut task = tokio::spawn(tracing::Instrument::instrument(task, tracing::Span::current()));
        let outcome = match time::timeout(PATIENCE, &mut task).await {
            Ok(outcome) => outcome,
            // One that has not begun by then is withdrawn, and of another it is unknown by then whether it has happened.
            Err(_) if ticket.leave() => return Err(Error::writer_busy()),
            Err(_) if is_whole => return Err(Error::commit_unknown("the store has not answered in time")),
            Err(_) => task.await,
        };
        // It may have ended badly when all was written.
        outcome.map_err(Error::commit_unknown)?
    }

    async fn commit_and_show<A: StorableResponse>(
        &self,
        allowed: AllowedWrite<A>,
        ticket: &Arc<Ticket>,
        permits: WritePermits,
    ) -> Result<Attempt<A>> {
        let AllowedWrite { request, secret, expected, head, at, changes, mut answer, more, view, reservation, .. } =
            allowed;
        let response = match &request.idempotency_key {
            // A repetition goes on where the steps have come to.
            Some(key) if !more => Some(StoredResponse {
                request_hash: key.request_hash(),
                body_hash: key.body_hash.clone(),
                answer: sealed::seal(key, &answer, &self.random.bytes())?,
                revision: head.revision,
                at,
            }),
            _ => None,
        };
        let gate: Arc<dyn Gate> = Arc::<Ticket>::clone(ticket);
        let batch = Batch {
            write_id: head.write_id,
            at,
            actor: request.actor.as_ref(),
            caller: &request.caller.name,
            trace_id: request.trace_id.as_deref(),
            reason: Some(&*request.reason).filter(|reason| !reason.is_empty()),
            changes: &changes,
            response: response.as_ref(),
            gate: Some(&gate),
        };
        let committed = match reservation.zip(expected) {
            Some((reservation, expected)) => reservation.commit(expected, &batch).await,
            None => self.store.commit(&request.tenant, expected, &batch).await,
        };
        match committed {
            Ok(Committed::Done(head)) => {
                let changes = changes.into_iter().map(|allowed| allowed.change).collect();
                self.views.show(&request.tenant, &Commit { head, at, changes });
                self.commits.notify(&request.tenant);
                answer.reveal(&secret);
                // The next one is planned on what is shown.
                drop(permits);
                Ok(Attempt::Done(Written { answer, moment: moment_at(view.as_deref(), head) }))
            }
            Ok(Committed::Missed) => Ok(Attempt::Again(permits)),
            Ok(Committed::Withdrawn) => match ticket.withdrawn() {
                Withdrawn::Ended => Ok(Attempt::Again(permits)),
                Withdrawn::Disbelieved => Err(Error::clock_not_believed()),
                Withdrawn::Left => Err(Error::writer_busy()),
            },
            Err(error) => {
                if matches!(error, StoreError::Unknown(_) | StoreError::Lost(_)) {
                    // It may have happened, so the view may be behind: it is loaded anew.
                    self.views.forget(&request.tenant);
                }
                Err(error.into())
            }
        }
    }
}
