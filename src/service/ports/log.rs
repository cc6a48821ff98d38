//! What is appended to the change log, and queries for pages of it.

use rollcall_engine::{Change, LogPosition, ResourceRef, Revision, SubjectRef, Timestamp};

/// The changes that a write appends to the log, with what holds for each of them.
#[derive(Clone, Debug)]
pub struct LogEntry<'a> {
    /// What changed, in order; at least one.
    pub changes: &'a [Change],
    /// The subject on whose behalf the write is made.
    pub actor: SubjectRef<'a>,
    /// The configured name of the caller that sent the request.
    pub caller: &'a str,
    /// The time of the write, by the clock of this process; may be earlier than that of the revision before.
    pub at: Timestamp,
    /// What allowed it, as [`LoggedChange::rule`](rollcall_engine::LoggedChange::rule) has it: `lumicon@1:24`.
    pub rule: &'a str,
    /// The trace that the request was part of, as 32 lower-case hexadecimal digits; none if it was part of none.
    pub trace_id: Option<&'a str>,
}

/// Which changes of a tenant's log to read.
#[derive(Clone, Debug)]
pub struct LogQuery<'a> {
    /// The tenant's id; an unknown one has no log.
    pub tenant: &'a str,
    /// Only changes that meet every condition of this.
    pub filter: LogFilter<'a>,
    /// The first and the last revision to look at, both included; [`Self::ALL`] for no limit.
    pub revisions: (Revision, Revision),
    /// Only changes after this position in the order, which are earlier ones where the newest come first. None: from
    /// the first of `revisions`, or the last.
    pub after: Option<LogPosition>,
    /// Whether the order is that of the log backwards.
    pub newest_first: bool,
    /// The most changes to return; 0 returns none.
    pub limit: u32,
}

/// The conditions on changes to read; the default has none.
#[derive(Clone, Debug, Default)]
pub struct LogFilter<'a> {
    /// Made on behalf of this subject; none: of any.
    pub actor: Option<SubjectRef<'a>>,
    /// About this subject, as [`Change::subject`] says; none: about any, or about none.
    pub subject: Option<SubjectRef<'a>>,
    /// At this very resource, as [`Change::resource`] says; none: at any, or at none.
    pub resource: Option<ResourceRef<'a>>,
    /// Of one of these kinds, each named once as [`Change::kind`] does. Empty: of any.
    pub kinds: &'a [String],
    /// Made at this time or later; none: at any.
    pub from: Option<Timestamp>,
    /// Made before this time; none: at any.
    pub until: Option<Timestamp>,
}

impl LogQuery<'_> {
    /// Every revision that there can be: no limit on either side.
    pub const ALL: (Revision, Revision) = (Revision(0), Revision(i64::MAX));
}
