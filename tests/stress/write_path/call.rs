//! A call of a client, one attempt at a write, on its way through the write path.

use super::failure::{Answer, Failure, Step};

/// How far a call has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Stage {
    #[default]
    Unsent,
    Sent,
    /// Allowed, and not in the queue yet.
    Planned,
    Queued,
    /// At the head of its queue, with a plan: it waits for the writer.
    Ready,
    /// Through the gate.
    Begun,
    /// In a transaction that is to be committed.
    Applied,
    /// Its `COMMIT` failed, and no barrier was committed since.
    Unknown,
    /// Behind the barrier.
    LookUp,
    Committed,
    Done,
}

/// What the caller of a call knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Caller {
    #[default]
    Waits,
    /// Gone without an answer.
    Left,
    Got(Answer),
}

/// The newest commit of a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Head {
    pub(super) revision: u8,
    pub(super) id: u8,
}

/// An allowed plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    pub(super) head: Head,
    /// Whether the role had not ended then, as far as the gate knows.
    pub(super) is_before_end: bool,
}

/// What has gone wrong with a call, as far as the table has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Hit {
    #[default]
    Never,
    /// The last failure while its caller was there, and whether it was planned again since.
    By { step: Step, failure: Failure, is_planned_again: bool },
    /// Another one when its caller was gone already: the table has what becomes of a write if none follows.
    Again,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Call {
    pub(super) stage: Stage,
    pub(super) caller: Caller,
    pub(super) plan: Option<Plan>,
    /// How often it was planned again because its commit could not follow on its plan.
    pub(super) replans: u8,
    /// Where a transaction with others failed, so that it is carried out alone: how often its `COMMIT` has failed since.
    pub(super) alone: Option<u8>,
    /// Whether one of its statements fails whenever it is carried out.
    pub(super) is_guilty: bool,
    /// Whether it was through the gate: from then on it is carried out without its caller.
    pub(super) is_admitted: bool,
    /// Whether its transaction began after the end of the role that its plan relied on.
    pub(super) is_outdated: bool,
    pub(super) hit: Hit,
}

impl Call {
    /// The step that it is in; none if it is not under way.
    pub(super) fn step(&self) -> Option<Step> {
        match self.stage {
            Stage::Unsent | Stage::Done => None,
            Stage::Sent => Some(Step::Plan),
            Stage::Planned | Stage::Queued => Some(Step::Queue),
            Stage::Ready if !self.is_admitted => Some(Step::Begin),
            Stage::Ready | Stage::Begun => Some(Step::Swap),
            Stage::Applied => Some(Step::Commit),
            Stage::Unknown | Stage::LookUp => Some(Step::LookUp),
            Stage::Committed => Some(Step::Show),
        }
    }

    /// Notes a failure.
    pub(super) fn hit(&mut self, step: Step, failure: Failure) {
        let counts = self.hit == Hit::Never || self.caller == Caller::Waits;
        self.hit = if counts { Hit::By { step, failure, is_planned_again: false } } else { Hit::Again };
    }

    /// Notes that it is planned again.
    pub(super) fn note_plan(&mut self) {
        if let Hit::By { is_planned_again, .. } = &mut self.hit {
            *is_planned_again = true;
        }
    }
}
