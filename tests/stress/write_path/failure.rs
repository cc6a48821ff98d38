//! The steps of a write, what may go wrong at each, and what callers are answered, in the words of the table.

/// A step of the write path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    Plan,
    Queue,
    Again,
    Begin,
    Swap,
    Apply,
    Commit,
    LookUp,
    Show,
}

/// What goes wrong at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Failure {
    Leaves,
    Slow,
    Killed,
    Refused,
    Repeated,
    QueueFull,
    MovedOn,
    ClockJumped,
    RoleEnded,
    Missed,
    TooOften,
    OwnStatement,
    OtherStatement,
    Disk,
    CommitFails,
    BarrierFails,
    CommitFailsAgain,
    ViewBehind,
}

/// What a caller is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Answer {
    Success,
    NotPermitted,
    QueueFull,
    ClockNotBelieved,
    WriterBusy,
    Conflict,
    Internal,
    StoreUnavailable,
    CommitUnknown,
}

impl Step {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Queue => "queue",
            Self::Again => "again",
            Self::Begin => "begin",
            Self::Swap => "swap",
            Self::Apply => "apply",
            Self::Commit => "commit",
            Self::LookUp => "look-up",
            Self::Show => "show",
        }
    }
}

impl Failure {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Leaves => "the caller leaves, or their deadline passes",
            Self::Slow => "it takes longer than a caller waits for a commit",
            Self::Killed => "the process is killed",
            Self::Refused => "it is refused",
            Self::Repeated => "it is a repeat, and of the first call nothing is known",
            Self::QueueFull => "the queue is full",
            Self::MovedOn => "another write of the tenant was first",
            Self::ClockJumped => "the clock has jumped ahead",
            Self::RoleEnded => "a role has ended since the plan",
            Self::Missed => "another process's write was first",
            Self::TooOften => "it would be planned again once too often",
            Self::OwnStatement => "its own statement fails",
            Self::OtherStatement => "a statement of another write in the transaction fails",
            Self::Disk => "an I/O error",
            Self::CommitFails => "`COMMIT` fails",
            Self::BarrierFails => "the barrier fails",
            Self::CommitFailsAgain => "it is not in the log, and `COMMIT` has failed once too often",
            Self::ViewBehind => "the view can't follow",
        }
    }
}

impl Answer {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Success => "the answer",
            Self::NotPermitted => "`NOT_PERMITTED`",
            Self::QueueFull => "`WRITE_QUEUE_FULL`",
            Self::ClockNotBelieved => "`CLOCK_NOT_BELIEVED`",
            Self::WriterBusy => "`WRITER_BUSY`",
            Self::Conflict => "`CONFLICT`",
            Self::Internal => "`INTERNAL`",
            Self::StoreUnavailable => "`STORE_UNAVAILABLE`",
            Self::CommitUnknown => "`COMMIT_UNKNOWN`",
        }
    }

    /// Whether it says that this call has written nothing and never will.
    pub(super) fn denies(self) -> bool {
        !matches!(self, Self::Success | Self::CommitUnknown)
    }
}
