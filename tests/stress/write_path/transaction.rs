//! The statements of a write's transaction: the swap of the head, the rows, and what is done when one fails.

use super::{
    bug::Bug,
    call::{Call, Head, Stage},
    failure::{Answer, Failure, Step},
    model::{Model, Next},
    state::{Commit, State},
};

impl Model {
    pub(super) fn add_transaction(&self, next: &mut Next<'_>) {
        let begun = next.state.at(Stage::Begun);
        if begun.is_empty() {
            return;
        }
        let mut swapped = next.state.clone();
        for call in begun {
            self.swap(&mut swapped, call);
        }
        let applied = swapped.at(Stage::Applied);
        if let Some(guilty) = applied.iter().copied().find(|call| swapped.calls[*call].is_guilty) {
            return next.add(("its statement fails again", Some(guilty)), |state| {
                *state = swapped;
                self.roll_back(state, Some(guilty));
            });
        }
        next.add(("swapped and applied", None), |state| *state = swapped.clone());
        if applied.is_empty() || swapped.chances.statements == 0 {
            return;
        }
        swapped.chances.statements -= 1;
        for guilty in applied {
            next.add(("its statement fails", Some(guilty)), |state| {
                *state = swapped.clone();
                self.roll_back(state, Some(guilty));
            });
        }
        next.add(("an I/O error", None), |state| {
            *state = swapped;
            self.roll_back(state, None);
        });
    }

    fn swap(&self, state: &mut State, call: usize) {
        if self.has(Bug::GateBeforeLock) {
            state.calls[call].is_outdated = self.relies(call) && state.has_ended;
        }
        let is_current = state.calls[call].plan.is_some_and(|plan| plan.head == state.head(self.tenant(call)));
        if !is_current && !self.has(Bug::SwapsUnchecked) {
            return self.requeue(state, call, Step::Swap, Failure::Missed);
        }
        state.calls[call].stage = Stage::Applied;
        if self.has(Bug::AnswersBeforeCommit) {
            self.acknowledge(state, call);
        }
        if self.has(Bug::ShowsBeforeCommit) {
            let tenant = self.tenant(call);
            state.views[tenant] = Some(state.logs[tenant].len() + 1);
        }
    }

    /// A statement has failed, of a guilty call or by an I/O error: nothing of the transaction is written. Each call is
    /// carried out alone, but for a guilty one that was alone.
    fn roll_back(&self, state: &mut State, guilty: Option<usize>) {
        let applied = state.at(Stage::Applied);
        if let ([call], Some(_)) = (&applied[..], guilty) {
            state.calls[*call].hit(Step::Apply, Failure::OwnStatement);
            return self.answer(state, *call, Answer::Internal);
        }
        for call in applied {
            match guilty {
                Some(guilty) if guilty == call => state.calls[call].is_guilty = true,
                Some(_) => state.calls[call].hit(Step::Apply, Failure::OtherStatement),
                None => state.calls[call].hit(Step::Apply, Failure::Disk),
            }
            (state.calls[call].stage, state.calls[call].alone) = (Stage::Ready, Some(0));
        }
    }

    /// The commits of the transaction under way, each with its tenant.
    pub(super) fn under_way(&self, state: &State) -> Vec<(usize, Commit)> {
        let commit = |call: usize| {
            let Call { plan: Some(plan), is_outdated, .. } = state.calls[call] else {
                panic!("call {call} has no plan")
            };
            let head = Head { revision: plan.head.revision + 1, id: Self::write_id(call) };
            (self.tenant(call), Commit { head, follows: plan.head, is_outdated })
        };
        state.at(Stage::Applied).into_iter().map(commit).collect()
    }
}
