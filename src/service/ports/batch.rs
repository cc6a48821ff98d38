//! What a write hands to the store to be committed, and what becomes of that.

use std::{fmt, sync::Arc};

use rollcall_engine::{Change, Head, Revision, SubjectRef, Timestamp, WriteId};

/// Everything that one write commits at once.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// The random id of the write.
    pub write_id: WriteId,
    /// The time of the write; not before that of the commit before.
    pub at: Timestamp,
    /// The subject on whose behalf the write is made.
    pub actor: SubjectRef<'a>,
    /// The configured name of the caller that sent the request.
    pub caller: &'a str,
    /// The trace that the request was part of, as 32 lower-case hexadecimal digits; none if it was part of none.
    pub trace_id: Option<&'a str>,
    /// Why, as the request said it; none where it did not.
    pub reason: Option<&'a str>,
    /// What changes, in order; at least one.
    pub changes: &'a [AllowedChange],
    /// The response to keep for retries; none for a request without an id.
    pub response: Option<&'a StoredResponse>,
    /// What is asked just before the commit begins; none: it may begin for as long as somebody waits for it.
    pub gate: Option<&'a Arc<dyn Gate>>,
}

/// Whether a commit may begin, which the store asks just before it begins, and again each time that it begins anew.
///
/// Called from any task; must neither block nor call the store.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Whether it may begin now. From a yes on it is made whether or not anybody still waits for it, unless it has to
    /// begin anew and is told no then.
    fn opens(&self) -> bool;
}

/// A change with what allows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedChange {
    /// What changes, in the state that the changes before it have made.
    pub change: Change,
    /// What allows this change, as [`LoggedChange::rule`](rollcall_engine::LoggedChange::rule) has it: `lumicon@1:24`.
    pub rule: String,
}

/// The response of a write, kept for retries under the hash of its request id. It is unique in its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    /// SHA-256 of the tenant, the caller and the request id, as 64 lower-case hexadecimal digits: the id itself is never stored.
    pub request_hash: String,
    /// SHA-256 of the method and body, as 64 lower-case hexadecimal digits: tells a retry from another request.
    pub body_hash: String,
    /// The response, sealed with a key that only the request id gives.
    pub answer: Vec<u8>,
    /// The revision that the write made.
    pub revision: Revision,
    /// The time of the write, as the log has it.
    pub at: Timestamp,
}

impl AllowedChange {
    /// Changes that one rule allows.
    pub fn by(rule: &str, changes: impl IntoIterator<Item = Change>) -> Vec<Self> {
        changes.into_iter().map(|change| Self { change, rule: rule.to_owned() }).collect()
    }
}

/// What became of a commit that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is durable; this is the tenant's newest commit.
    Done(Head),
    /// Nothing was written: the tenant's newest commit was not the expected one.
    Missed,
    /// Nothing was written: the gate said no, or nobody waited for it any more.
    Withdrawn,
}
