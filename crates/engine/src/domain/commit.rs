//! Commits: what the log is made of, and the head by which a history is told from another.

use std::fmt;

use crate::domain::{Change, Moment, Revision, Subject, Timestamp};

/// The random id of one write, by which its commit is told from any other of the same revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WriteId(pub [u8; 8]);

/// A tenant's newest commit: its revision and the id of the write that made it. After a restore the same revision may be
/// another write's, and then it is another history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Head {
    /// The revision; 0 before the first commit.
    pub revision: Revision,
    /// The id of the write that made it; zeros before the first commit.
    pub write_id: WriteId,
}

/// One write as the log has it: its place, its time, and the changes that it made at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The revision that it made, and its write's id.
    pub head: Head,
    /// When it was made.
    pub at: Timestamp,
    /// What it changed, in order; never empty.
    pub changes: Vec<Change>,
}

/// A change as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// Where the change is in the log of its tenant.
    pub position: LogPosition,
    /// The id of the write that made it.
    pub write_id: WriteId,
    /// What the write made true.
    pub change: Change,
    /// The subject on whose behalf the write was made.
    pub actor: Subject,
    /// The configured name of the caller that sent the request.
    pub caller: String,
    /// When the write was made; never before the write of the revision before.
    pub at: Timestamp,
    /// What allowed this change: a policy line such as `lumicon@1:24`, several with spaces between them, or what allows it
    /// instead of a policy: `operator`, `invitation:` and its id, `time`.
    pub rule: String,
    /// The trace that the request was part of, as 32 lower-case hexadecimal digits; none if it was part of none.
    pub trace_id: Option<String>,
    /// Why the write was made, in the words of its request; empty where it did not say, or where that was erased.
    pub reason: String,
}

/// A position in a tenant's log. Positions are ordered as the changes were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition {
    /// The revision that the change is part of.
    pub revision: Revision,
    /// The number of the change within its revision, counted from 0.
    pub seq: i64,
}

impl LoggedChange {
    /// The moment of its commit, of which it is not known that any end had passed.
    pub fn moment(&self) -> Moment {
        Head { revision: self.position.revision, write_id: self.write_id }.moment()
    }
}

impl Head {
    /// The moment of this commit, of which it is not known that any end had passed.
    pub fn moment(self) -> Moment {
        Moment { revision: self.revision, write_prefix: self.write_id.prefix(), passed_end: Timestamp::default() }
    }
}

impl WriteId {
    /// The first four bytes, which a token carries.
    pub fn prefix(self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.0;
        [a, b, c, d]
    }
}

/// As 16 lower-case hexadecimal digits.
impl fmt::Display for WriteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}
