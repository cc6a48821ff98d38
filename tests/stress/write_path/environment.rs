//! What happens to writes from outside: time, callers who leave or come back, other processes, and the end of the process.

use super::{
    bug::Bug,
    call::{Caller, Head, Stage},
    failure::{Answer, Failure, Step},
    model::{Model, Next},
    state::{Commit, State, TENANTS},
};

/// The ids of other processes' commits begin here.
const FOREIGN: u8 = 100;

impl Model {
    pub(super) fn add_environment(&self, next: &mut Next<'_>) {
        let now = next.state;
        for call in self.calls() {
            self.add_caller(next, call);
        }
        for tenant in (0..TENANTS).filter(|tenant| now.views[*tenant].is_none() && !now.logs[*tenant].is_empty()) {
            next.add(("a question loads the view", None), |state| {
                state.views[tenant] = Some(state.logs[tenant].len());
            });
        }
        if now.chances.kills > 0 {
            self.add_kill(next);
        }
        // The rest makes no difference to calls that are all over.
        if self.calls().all(|call| now.calls[call].stage == Stage::Done) {
            return;
        }
        if now.chances.ends > 0 {
            next.add(("the role ends", None), |state| {
                state.chances.ends -= 1;
                state.has_ended = true;
            });
        }
        // An open transaction has the store's write lock.
        if now.chances.foreign > 0 && !now.has(Stage::Applied) {
            next.add(("another process commits a write", None), |state| {
                let follows = state.head(0);
                let head = Head { revision: follows.revision + 1, id: FOREIGN + state.chances.foreign };
                state.append(&[(0, Commit { head, follows, is_outdated: false })]);
                state.chances.foreign -= 1;
            });
        }
    }

    fn add_caller(&self, next: &mut Next<'_>, call: usize) {
        let (now, first) = (next.state.calls[call], self.first_call(call));
        let is_open = matches!(next.state.calls[first].caller, Caller::Left | Caller::Got(Answer::CommitUnknown));
        if now.stage == Stage::Unsent && first != call && is_open {
            next.add(("sent again", Some(call)), |state| {
                state.calls[call].stage = Stage::Sent;
                state.calls[call].hit(Step::Plan, Failure::Repeated);
            });
        }
        let Some(step) = now.step().filter(|_| now.caller == Caller::Waits) else { return };
        if next.state.chances.departures == 0 {
            return;
        }
        next.add(("its caller leaves", Some(call)), |state| {
            state.chances.departures -= 1;
            state.calls[call].hit(step, Failure::Leaves);
            state.calls[call].caller = Caller::Left;
            if now.stage < Stage::Ready {
                self.finish(state, call);
            }
        });
        if now.stage >= Stage::Queued {
            next.add(("its caller has waited too long", Some(call)), |state| {
                state.chances.departures -= 1;
                state.calls[call].hit(step, Failure::Slow);
                let answer = if now.is_admitted { Answer::CommitUnknown } else { Answer::WriterBusy };
                state.calls[call].caller = Caller::Got(answer);
                if now.stage == Stage::Queued {
                    self.finish(state, call);
                }
            });
        }
    }

    /// The process ends, by itself or with the machine. What is whole in the tail may be recovered, and a `COMMIT` under
    /// way may have come to its end.
    fn add_kill(&self, next: &mut Next<'_>) {
        next.add(("the process is killed", None), |state| self.restart(state));
        for commits in [self.under_way(next.state), next.state.tail.clone()] {
            if !commits.is_empty() {
                next.add(("the process is killed, and the frames are recovered", None), |state| {
                    let durable = state.logs.each_ref().map(Vec::len);
                    state.durable = self.has(Bug::TrustsRecovery).then_some(durable);
                    state.append(&commits);
                    self.restart(state);
                });
            }
        }
        if let Some(durable) = next.state.durable {
            next.add(("the machine loses its power", None), |state| {
                for (log, length) in state.logs.iter_mut().zip(durable) {
                    log.truncate(length);
                }
                state.durable = None;
                self.restart(state);
            });
        }
    }

    fn restart(&self, state: &mut State) {
        state.chances.kills -= 1;
        state.tail.clear();
        state.views = [None; TENANTS];
        for call in self.calls() {
            let Some(step) = state.calls[call].step() else { continue };
            state.calls[call].hit(step, Failure::Killed);
            if state.calls[call].caller == Caller::Waits {
                state.calls[call].caller = Caller::Left;
            }
            self.finish(state, call);
        }
    }
}
