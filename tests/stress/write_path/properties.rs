//! What must hold in every state, whatever has happened.

use super::{
    call::{Caller, Head},
    failure::Answer,
    model::Model,
    state::{Commit, State},
};

/// A property of the write path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    /// What was acknowledged is in the log exactly once.
    AcknowledgedIsWritten,
    /// A call that was answered as not written is not in the log.
    DeniedIsNotWritten,
    /// No request is in the log twice.
    WrittenOnce,
    /// Each commit has the next revision and follows the head that it was planned at, and acknowledgements of commits come
    /// in the order of their revisions.
    InOrder,
    /// No write relied on a role that had ended when its transaction began.
    AllowedAtItsBegin,
    /// The view is never ahead of the log, and never behind what was acknowledged.
    ViewIsCurrent,
    /// A request whose repeat was refused by the rules is not in the log.
    RefusedRepeatSettles,
}

impl Property {
    /// All of them.
    pub(super) const ALL: [Self; 7] = [
        Self::AcknowledgedIsWritten,
        Self::DeniedIsNotWritten,
        Self::WrittenOnce,
        Self::InOrder,
        Self::AllowedAtItsBegin,
        Self::ViewIsCurrent,
        Self::RefusedRepeatSettles,
    ];

    pub(super) fn holds(self, model: &Model, state: &State) -> bool {
        let every_answer = |holds: &dyn Fn(usize, Answer) -> bool| {
            model.calls().all(|call| match state.calls[call].caller {
                Caller::Got(answer) => holds(call, answer),
                Caller::Waits | Caller::Left => true,
            })
        };
        match self {
            Self::AcknowledgedIsWritten => {
                every_answer(&|call, answer| answer != Answer::Success || model.times_requested(state, call) == 1)
            }
            Self::DeniedIsNotWritten => {
                every_answer(&|call, answer| !answer.denies() || model.times_written(state, call) == 0)
            }
            Self::WrittenOnce => model.calls().all(|call| model.times_requested(state, call) <= 1),
            Self::InOrder => !state.is_out_of_order && state.logs.iter().all(|log| is_chain(log)),
            Self::AllowedAtItsBegin => state.logs.iter().flatten().all(|commit| !commit.is_outdated),
            Self::ViewIsCurrent => state.views.iter().enumerate().all(|(tenant, view)| {
                let newest = state.logs[tenant].len();
                view.is_none_or(|shown| (usize::from(state.acknowledged[tenant])..=newest).contains(&shown))
            }),
            Self::RefusedRepeatSettles => {
                every_answer(&|call, answer| answer != Answer::NotPermitted || model.times_requested(state, call) == 0)
            }
        }
    }
}

/// Whether each commit has the next revision, and was planned at the one before.
fn is_chain(log: &[Commit]) -> bool {
    let mut before = Head::default();
    log.iter().all(|commit| {
        let is_next = commit.follows == before && commit.head.revision == before.revision + 1;
        before = commit.head;
        is_next
    })
}
