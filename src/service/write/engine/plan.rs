//! What a kind of write is, what its plan says, and what comes of it.

use async_trait::async_trait;
use rollcall_engine::{Change, Moment, Subject};

use crate::service::{
    error::Result,
    ports::AllowedChange,
    write::engine::{answers::StorableResponse, context::WriteContext},
};

/// A kind of write: how its request is decided, and what it changes.
#[async_trait]
pub trait Write: Clone + Send + Sync + 'static {
    /// The answer to the caller, which is stored with the idempotency key.
    type Answer: StorableResponse;

    /// Whether its plan may take seconds.
    const IS_LONG: bool = false;

    /// The subjects that its request names beside the actor. Those that are named by their email become whoever has it
    /// before the write is planned.
    fn subjects(&mut self) -> Vec<&mut Subject>;

    /// Decides, and says what would change. Called with the facts of one commit, in memory and in a snapshot of the store;
    /// must change nothing itself, and may be dropped at any await.
    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<Self::Answer>>;

    /// Notes that a first step was made, of a plan that says that there is more to do. The answer to the last one must be
    /// the answer to the whole.
    fn proceed(&mut self, _: Self::Answer) {}
}

/// The outcome of a write's decision, before anything is stored.
#[derive(Debug)]
pub struct Plan<A> {
    /// The changes in the order of the log, each with the policy line that permits it (`lumicon@1:24`), several with spaces
    /// between them, or what permits it instead of a policy: `operator`, `time`, `invitation:ID`. None: no revision is made.
    pub changes: Vec<AllowedChange>,
    /// The answer, without what must not be stored.
    pub answer: A,
    /// Whether this is a first step only: once it is committed, the write is planned again, for what is left. A write with
    /// very many changes is made in steps, so that no other has to wait for all of it.
    pub more: bool,
}

/// The result of a write.
#[derive(Debug)]
pub struct Written<A> {
    /// The answer to the caller, complete with secrets.
    pub answer: A,
    /// The moment after the write; of one that changed nothing, like a validation, the one that it was decided at.
    pub moment: Moment,
}

impl<A> Plan<A> {
    /// A plan whose changes are all permitted by the same.
    pub(crate) fn by(rule: &str, changes: impl IntoIterator<Item = Change>, answer: A) -> Self {
        Self { changes: AllowedChange::by(rule, changes), answer, more: false }
    }
}
