//! The write path in a scenario, perhaps with a bug, and what all its steps need.

use std::ops::Range;

use super::{
    bounds::Scenario,
    bug::Bug,
    call::{Call, Caller, Stage},
    failure::Answer,
    state::{CALLS, State},
};

/// The write path in a scenario.
pub(super) struct Model {
    pub(super) scenario: Scenario,
    pub(super) bug: Option<Bug>,
}

/// What happened, and to which call.
pub(super) type Event = (&'static str, Option<usize>);

/// The states that follow on one, each with what leads to it.
pub(super) struct Next<'a> {
    pub(super) state: &'a State,
    pub(super) found: Vec<(Event, State)>,
}

impl Next<'_> {
    /// Adds what `change` makes of the state.
    pub(super) fn add(&mut self, event: Event, change: impl FnOnce(&mut State)) {
        let mut state = self.state.clone();
        change(&mut state);
        self.found.push((event, state));
    }
}

impl Model {
    pub(super) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// The state before anything has happened.
    pub(super) fn first(&self) -> State {
        State { chances: self.scenario.chances, ..State::default() }
    }

    pub(super) fn calls(&self) -> Range<usize> {
        assert!(self.scenario.requests.len() <= CALLS);
        0..self.scenario.requests.len()
    }

    pub(super) fn tenant(&self, call: usize) -> usize {
        self.scenario.requests[call].tenant
    }

    pub(super) fn relies(&self, call: usize) -> bool {
        self.scenario.requests[call].relies
    }

    /// The first call with the same request id.
    pub(super) fn first_call(&self, call: usize) -> usize {
        self.scenario.requests[call].repeats.unwrap_or(call)
    }

    /// The random id of the commit that a call would make.
    pub(super) fn write_id(call: usize) -> u8 {
        u8::try_from(call + 1).expect("few")
    }

    /// How often the write of a call is in the log.
    pub(super) fn times_written(&self, state: &State, call: usize) -> usize {
        let id = Self::write_id(call);
        state.logs[self.tenant(call)].iter().filter(|commit| commit.head.id == id).count()
    }

    /// How often the request of a call is in the log, by whichever call with its id.
    pub(super) fn times_requested(&self, state: &State, call: usize) -> usize {
        let is_same = |other: &usize| self.first_call(*other) == self.first_call(call);
        self.calls().filter(is_same).map(|same| self.times_written(state, same)).sum()
    }

    /// Answers a call whose caller waits, and ends it.
    pub(super) fn answer(&self, state: &mut State, call: usize, answer: Answer) {
        if state.calls[call].caller == Caller::Waits {
            state.calls[call].caller = Caller::Got(answer);
        }
        self.finish(state, call);
    }

    /// Ends a call: the next of its tenant comes to the head of the queue.
    pub(super) fn finish(&self, state: &mut State, call: usize) {
        state.queues[self.tenant(call)].retain(|other| *other != call);
        let Call { caller, hit, .. } = state.calls[call];
        state.calls[call] = Call { stage: Stage::Done, caller, hit, ..Call::default() };
    }
}
