//! What the log of changes is written with and asked for.

use rollcall_engine::{Change, LogPlace, ResourceRef, Revision, SubjectRef, Timestamp};

/// The rows that one write appends to the log.
#[derive(Clone, Debug)]
pub struct LogEntry<'a> {
    /// What changed, in order; at least one.
    pub changes: &'a [Change],
    /// On whose behalf.
    pub actor: SubjectRef<'a>,
    /// Through which caller.
    pub caller: &'a str,
    /// When.
    pub at: Timestamp,
    /// The policy line that allowed it, such as `lumicon@1:24`.
    pub rule: &'a str,
    /// The trace that the request was part of.
    pub trace_id: Option<&'a str>,
}

/// Which changes of a tenant's log to read.
#[derive(Clone, Debug)]
pub struct LogQuery<'a> {
    /// The tenant's id.
    pub tenant: &'a str,
    /// What they must be; all of it.
    pub filter: LogFilter<'a>,
    /// The first and the last revision to look at.
    pub revisions: (Revision, Revision),
    /// Start after this place, in the order asked for.
    pub after: Option<LogPlace>,
    /// The newest first.
    pub newest_first: bool,
    /// The most changes to return.
    pub limit: u32,
}

/// What changes must be to be read; the default is anything.
#[derive(Clone, Debug, Default)]
pub struct LogFilter<'a> {
    /// On whose behalf.
    pub actor: Option<SubjectRef<'a>>,
    /// Whom they are about.
    pub subject: Option<SubjectRef<'a>>,
    /// Where they are.
    pub resource: Option<ResourceRef<'a>>,
    /// Of one of these kinds, as [`Change::kind`] names them; none named: all.
    pub kinds: &'a [String],
    /// No earlier than this.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
}

impl LogQuery<'_> {
    /// Every revision that there can be.
    pub const ALL: (Revision, Revision) = (Revision(0), Revision(i64::MAX));
}
