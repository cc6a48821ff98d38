//! Queries for pages of the change log.

use rollcall_engine::{LogPosition, ResourceRef, Revision, SubjectRef, Timestamp};

/// Which changes of a tenant's log to read.
#[derive(Clone, Debug)]
pub struct LogQuery<'a> {
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
    /// About this subject, as [`Change::subject`](rollcall_engine::Change::subject) says; none: about any, or about none.
    /// One of type `email` stands for whoever has the address, for everybody who was invited by it, and for its
    /// suppression.
    pub subject: Option<SubjectRef<'a>>,
    /// At this very resource, as [`Change::resource`](rollcall_engine::Change::resource) says; none: at any, or at none.
    pub resource: Option<ResourceRef<'a>>,
    /// Of one of these kinds, each named once as [`Change::kind`](rollcall_engine::Change::kind) does. Empty: of any.
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
