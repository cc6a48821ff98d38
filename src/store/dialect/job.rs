//! A commit that waits for the writer.

use rollcall_engine::{Head, Subject, Timestamp, WriteId};
use tokio::sync::oneshot;

use crate::{
    service::ports::{AllowedChange, Batch, Committed, Gate, StoreResult, StoredResponse},
    store::sql::pending::Pending,
};

/// One write, as the writer's task has it.
pub(super) struct Job {
    pub(super) tenant: String,
    expected: Option<Head>,
    write_id: WriteId,
    at: Timestamp,
    actor: Subject,
    caller: String,
    trace_id: Option<String>,
    reason: Option<String>,
    changes: Vec<AllowedChange>,
    response: Option<StoredResponse>,
    gate: Option<std::sync::Arc<dyn Gate>>,
    answer: oneshot::Sender<StoreResult<Committed>>,
}

impl Job {
    /// A job, and where its outcome arrives.
    pub(super) fn new(
        tenant: &str,
        expected: Option<Head>,
        batch: &Batch<'_>,
    ) -> (Self, oneshot::Receiver<StoreResult<Committed>>) {
        let (answer, outcome) = oneshot::channel();
        let job = Self {
            tenant: tenant.to_owned(),
            expected,
            write_id: batch.write_id,
            at: batch.at,
            actor: batch.actor.to_subject(),
            caller: batch.caller.to_owned(),
            trace_id: batch.trace_id.map(str::to_owned),
            reason: batch.reason.map(str::to_owned),
            changes: batch.changes.to_vec(),
            response: batch.response.cloned(),
            gate: batch.gate.cloned(),
            answer,
        };
        (job, outcome)
    }

    /// How many changes it makes.
    pub(super) fn size(&self) -> usize {
        self.changes.len()
    }

    /// Whether it may begin now, or go on once it has begun.
    pub(super) fn may_begin(&self) -> bool {
        match &self.gate {
            Some(gate) => gate.opens(),
            None => !self.answer.is_closed(),
        }
    }

    /// Whether it makes the tenant that it is of.
    pub(super) fn creates_tenant(&self) -> bool {
        self.expected.is_none()
    }

    /// The commit that it makes.
    pub(super) fn head(&self) -> Head {
        Head { revision: self.expected.unwrap_or_default().revision.next(), write_id: self.write_id }
    }

    /// The write, as it is committed.
    pub(super) fn write(&self) -> Pending<'_> {
        let batch = Batch {
            write_id: self.write_id,
            at: self.at,
            actor: self.actor.as_ref(),
            caller: &self.caller,
            trace_id: self.trace_id.as_deref(),
            reason: self.reason.as_deref(),
            changes: &self.changes,
            response: self.response.as_ref(),
            gate: self.gate.as_ref(),
        };
        Pending { tenant: &self.tenant, expected: self.expected, batch }
    }

    /// Ends it. Whoever waited may have gone.
    pub(super) fn end(self, outcome: StoreResult<Committed>) {
        drop(self.answer.send(outcome));
    }
}
