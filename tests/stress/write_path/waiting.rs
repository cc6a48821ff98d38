//! The steps before a write's transaction: plan, queue, again, and the gate at which it begins.

use super::{
    bounds::{GROUP_LIMIT, QUEUE_LIMIT, REPLANS},
    bug::Bug,
    call::{Call, Caller, Hit, Plan, Stage},
    failure::{Answer, Failure, Step},
    model::{Model, Next},
    state::State,
};

impl Model {
    pub(super) fn add_waiting(&self, next: &mut Next<'_>) {
        for call in self.calls() {
            match next.state.calls[call].stage {
                Stage::Unsent if self.first_call(call) == call => {
                    next.add(("sent", Some(call)), |state| state.calls[call].stage = Stage::Sent);
                }
                Stage::Sent if self.may_plan(next.state, call) => {
                    next.add(("planned", Some(call)), |state| self.plan(state, call, Stage::Planned));
                }
                Stage::Planned => next.add(("queued", Some(call)), |state| self.queue(state, call)),
                Stage::Queued if next.state.queues[self.tenant(call)].first() == Some(&call) => {
                    next.add(("at the head of its queue", Some(call)), |state| self.again(state, call));
                }
                _ => {}
            }
        }
        let is_in_transaction = |call: &Call| (Stage::Begun..=Stage::LookUp).contains(&call.stage);
        if next.state.has(Stage::Ready) && !next.state.calls.iter().any(is_in_transaction) {
            next.add(("gate", None), |state| self.begin(state));
            if next.state.chances.clocks > 0 {
                next.add(("gate, and the clock has jumped", None), |state| self.disbelieve(state));
            }
        }
    }

    fn may_plan(&self, state: &State, call: usize) -> bool {
        let first = self.first_call(call);
        !self.scenario.repeats_wait || first == call || state.calls[first].stage == Stage::Done
    }

    /// Plans a call on a snapshot of its tenant, to which the view is brought up.
    fn plan(&self, state: &mut State, call: usize, stage: Stage) {
        let tenant = self.tenant(call);
        state.views[tenant] = Some(state.logs[tenant].len());
        let looks_up = stage == Stage::Planned || !self.has(Bug::LooksUpOnce);
        if looks_up && let Some(revision) = self.stored_answer(state, call) {
            state.acknowledged[tenant] = state.acknowledged[tenant].max(revision);
            self.answer(state, call, Answer::Success);
        } else if self.relies(call) && state.has_ended {
            if matches!(state.calls[call].hit, Hit::Never | Hit::By { failure: Failure::Repeated, .. }) {
                state.calls[call].hit(Step::Plan, Failure::Refused);
            }
            self.answer(state, call, Answer::NotPermitted);
        } else {
            state.calls[call].plan = Some(Plan { head: state.head(tenant), is_before_end: !state.has_ended });
            state.calls[call].stage = stage;
        }
    }

    /// The revision at which the request of a call was written.
    fn stored_answer(&self, state: &State, call: usize) -> Option<u8> {
        let same = self.calls().filter(|other| self.first_call(*other) == self.first_call(call));
        let ids = same.map(Self::write_id).collect::<Vec<_>>();
        let commit = state.logs[self.tenant(call)].iter().find(|commit| ids.contains(&commit.head.id));
        commit.map(|commit| commit.head.revision)
    }

    fn queue(&self, state: &mut State, call: usize) {
        if let Some(plan) = state.calls[call].plan.as_mut().filter(|_| self.has(Bug::NotesEndsLate)) {
            plan.is_before_end = !state.has_ended;
        }
        let queue = &mut state.queues[self.tenant(call)];
        if queue.len() < QUEUE_LIMIT {
            queue.push(call);
            state.calls[call].stage = Stage::Queued;
        } else {
            state.calls[call].hit(Step::Queue, Failure::QueueFull);
            self.answer(state, call, Answer::QueueFull);
        }
    }

    /// At the head of the queue: plans a call again if the tenant has moved on since, as far as the process knows.
    fn again(&self, state: &mut State, call: usize) {
        let shown = state.shown(self.tenant(call));
        match state.calls[call].plan {
            Some(plan) if shown == Some(plan.head) => state.calls[call].stage = Stage::Ready,
            Some(_) if shown.is_some() => {
                state.calls[call].hit(Step::Again, Failure::MovedOn);
                state.calls[call].note_plan();
                self.plan(state, call, Stage::Ready);
            }
            _ => self.plan(state, call, Stage::Ready),
        }
    }

    /// The calls of the next transaction.
    fn group(state: &State) -> Vec<usize> {
        let mut group = state.at(Stage::Ready);
        if let Some(alone) = group.iter().copied().find(|call| state.calls[*call].alone.is_some()) {
            group = vec![alone];
        }
        group.truncate(GROUP_LIMIT);
        group
    }

    /// The transaction has the write lock, and the gate of each of its calls is passed, or closed.
    fn begin(&self, state: &mut State) {
        for call in Self::group(state) {
            let Call { caller, is_admitted, plan, .. } = state.calls[call];
            let is_withdrawn = caller != Caller::Waits && !is_admitted;
            let is_before_end = plan.is_some_and(|plan| plan.is_before_end);
            let has_ended = state.has_ended && is_before_end && self.tenant(call) == 0;
            let ignores_ends = self.has(Bug::IgnoresEnds) || is_admitted && self.has(Bug::PassesGateOnce);
            if is_withdrawn && !self.has(Bug::IgnoresWithdrawal) {
                self.finish(state, call);
            } else if has_ended && !ignores_ends {
                self.requeue(state, call, Step::Begin, Failure::RoleEnded);
            } else {
                state.calls[call].is_outdated = self.relies(call) && state.has_ended;
                (state.calls[call].stage, state.calls[call].is_admitted) = (Stage::Begun, true);
            }
        }
    }

    /// The clock has jumped, and the gate of every call is closed.
    fn disbelieve(&self, state: &mut State) {
        state.chances.clocks -= 1;
        for call in Self::group(state) {
            state.calls[call].hit(Step::Begin, Failure::ClockJumped);
            self.answer(state, call, Answer::ClockNotBelieved);
        }
    }

    /// A commit can't follow on its plan: the call is planned again at the head of its queue, if its caller waits.
    pub(super) fn requeue(&self, state: &mut State, call: usize, step: Step, failure: Failure) {
        if state.calls[call].replans == REPLANS {
            state.calls[call].hit(step, Failure::TooOften);
            return self.answer(state, call, Answer::Conflict);
        }
        state.calls[call].hit(step, failure);
        let Call { caller, replans, is_guilty, hit, .. } = state.calls[call];
        if caller != Caller::Waits {
            return self.finish(state, call);
        }
        let replans = replans + 1;
        state.calls[call] = Call { stage: Stage::Queued, replans, is_guilty, hit, ..Call::default() };
        state.calls[call].note_plan();
    }
}
