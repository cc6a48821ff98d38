//! The end of a write's transaction: `COMMIT`, the barrier and the look-up when it fails, and the view that shows it.

use super::{
    bounds::TRIES,
    bug::Bug,
    call::{Caller, Stage},
    failure::{Answer, Failure, Step},
    model::{Model, Next},
    state::State,
};

impl Model {
    pub(super) fn add_end(&self, next: &mut Next<'_>) {
        if next.state.has(Stage::Applied) {
            self.add_commit(next);
        } else if next.state.has(Stage::Unknown) {
            Self::add_barrier(next);
        } else if next.state.has(Stage::LookUp) {
            next.add(("look-up", None), |state| self.look_up(state));
        }
        for call in next.state.at(Stage::Committed) {
            next.add(("shown", Some(call)), |state| self.show(state, call));
            if next.state.chances.views > 0 {
                next.add(("the view can't follow, and is forgotten", Some(call)), |state| {
                    state.chances.views -= 1;
                    state.calls[call].hit(Step::Show, Failure::ViewBehind);
                    self.show(state, call);
                    state.views[self.tenant(call)] = None;
                });
            }
        }
    }

    fn add_commit(&self, next: &mut Next<'_>) {
        let commits = self.under_way(next.state);
        next.add(("COMMIT", None), |state| {
            state.append(&commits);
            state.change_stage(Stage::Applied, Stage::Committed);
        });
        if next.state.chances.commits == 0 {
            return;
        }
        let fail = |state: &mut State| {
            state.chances.commits -= 1;
            for call in state.calls.iter_mut().filter(|call| call.stage == Stage::Applied) {
                call.hit(Step::Commit, Failure::CommitFails);
                call.alone = call.alone.map(|failures| failures + 1);
            }
            let stage = if self.has(Bug::SkipsBarrier) { Stage::LookUp } else { Stage::Unknown };
            state.change_stage(Stage::Applied, stage);
            state.tail.clear();
        };
        next.add(("COMMIT fails, and its frames are incomplete", None), fail);
        next.add(("COMMIT fails, and its frames are whole in the tail", None), |state| {
            fail(state);
            state.tail.clone_from(&commits);
        });
        next.add(("COMMIT fails, and has happened", None), |state| {
            fail(state);
            state.append(&commits);
        });
    }

    fn add_barrier(next: &mut Next<'_>) {
        next.add(("barrier", None), |state| {
            state.tail.clear();
            state.change_stage(Stage::Unknown, Stage::LookUp);
        });
        if next.state.chances.barriers == 0 {
            return;
        }
        let fail = |state: &mut State| {
            state.chances.barriers -= 1;
            for call in state.calls.iter_mut().filter(|call| call.stage == Stage::Unknown) {
                call.hit(Step::LookUp, Failure::BarrierFails);
            }
        };
        next.add(("the barrier fails", None), fail);
        next.add(("the barrier fails, and is written over the tail", None), |state| {
            fail(state);
            state.tail.clear();
        });
    }

    /// What is in the log is done, and the rest is carried out again, one by one.
    fn look_up(&self, state: &mut State) {
        for call in state.at(Stage::LookUp) {
            if self.times_written(state, call) > 0 || self.has(Bug::UsesFailedConnection) {
                state.calls[call].stage = Stage::Committed;
            } else if state.calls[call].alone == Some(TRIES) {
                state.calls[call].hit(Step::LookUp, Failure::CommitFailsAgain);
                self.answer(state, call, Answer::StoreUnavailable);
            } else {
                let failures = state.calls[call].alone.unwrap_or_default();
                (state.calls[call].stage, state.calls[call].alone) = (Stage::Ready, Some(failures));
            }
        }
    }

    fn show(&self, state: &mut State, call: usize) {
        let revision = state.calls[call].plan.map_or(0, |plan| plan.head.revision + 1);
        let view = &mut state.views[self.tenant(call)];
        *view = view.map(|shown| shown.max(usize::from(revision)));
        self.acknowledge(state, call);
        self.finish(state, call);
    }

    /// Gives the answer to a caller who waits.
    pub(super) fn acknowledge(&self, state: &mut State, call: usize) {
        let revision = state.calls[call].plan.map_or(0, |plan| plan.head.revision + 1);
        if state.calls[call].caller == Caller::Waits {
            state.calls[call].caller = Caller::Got(Answer::Success);
            let newest = &mut state.acknowledged[self.tenant(call)];
            state.is_out_of_order |= revision <= *newest;
            *newest = revision.max(*newest);
        }
    }
}
