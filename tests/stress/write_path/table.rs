//! What becomes of a write at each step that fails, collected from the ends of all histories and printed as a table.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    call::{Caller, Hit},
    failure::{Answer, Failure, Step},
    model::Model,
    state::State,
};

/// The four columns.
pub(super) const HEAD: [&str; 4] = ["step", "failure", "the write", "the caller"];

/// What became of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    PlannedAgain,
    Written,
    NotWritten,
}

/// What became of the writes that one failure hit, and what their callers were answered, if anything.
#[derive(Default)]
struct Outcome {
    fates: BTreeSet<Fate>,
    answers: BTreeSet<Option<Answer>>,
}

/// The outcomes of all failures at all steps.
#[derive(Default)]
pub(super) struct Outcomes(BTreeMap<(Failure, Step), Outcome>);

impl Outcome {
    fn words(&self) -> [String; 2] {
        let write = match self.fates.iter().collect::<Vec<_>>()[..] {
            [Fate::PlannedAgain, ..] => "planned again",
            [Fate::Written] => "written once",
            [Fate::NotWritten] => "not written",
            _ => "written once or not at all",
        };
        let answers = self.answers.iter().map(|answer| answer.map_or("told nothing", Answer::words));
        [write.to_owned(), answers.collect::<Vec<_>>().join(" or ")]
    }
}

impl Outcomes {
    /// Notes what became of the calls of a history that has ended.
    pub(super) fn note(&mut self, model: &Model, end: &State) {
        for call in model.calls() {
            let Hit::By { step, failure, is_planned_again } = end.calls[call].hit else { continue };
            // A repeat need not have been carried out itself.
            let times = match failure {
                Failure::Repeated => model.times_requested(end, call),
                _ => model.times_written(end, call),
            };
            let fate = match times {
                _ if is_planned_again => Fate::PlannedAgain,
                0 => Fate::NotWritten,
                1 => Fate::Written,
                _ => panic!("call {call} is written {times} times"),
            };
            let answer = match end.calls[call].caller {
                Caller::Got(answer) => Some(answer),
                Caller::Left => None,
                Caller::Waits => panic!("call {call} has ended without an answer"),
            };
            let outcome = self.0.entry((failure, step)).or_default();
            outcome.fates.insert(fate);
            outcome.answers.insert(answer);
        }
    }

    /// Adds what other histories came to.
    pub(super) fn merge(&mut self, others: Self) {
        for (key, other) in others.0 {
            let outcome = self.0.entry(key).or_default();
            outcome.fates.extend(other.fates);
            outcome.answers.extend(other.answers);
        }
    }

    /// The rows in the order of steps; those that differ in the step alone are one.
    pub(super) fn rows(&self) -> Vec<[String; 4]> {
        let mut rows: BTreeMap<(Failure, [String; 2]), Vec<Step>> = BTreeMap::new();
        for ((failure, step), outcome) in &self.0 {
            rows.entry((*failure, outcome.words())).or_default().push(*step);
        }
        let mut rows = rows.into_iter().map(|((failure, words), steps)| (steps, failure, words)).collect::<Vec<_>>();
        rows.sort();
        let row = |(steps, failure, [write, caller]): (Vec<Step>, Failure, [String; 2])| {
            let steps = steps.into_iter().map(Step::words).collect::<Vec<_>>().join(", ");
            [steps, failure.words().to_owned(), write, caller]
        };
        rows.into_iter().map(row).collect()
    }
}

/// The table in Markdown.
pub(super) fn markdown(rows: &[[String; 4]]) -> String {
    let line = |cells: &[String; 4]| format!("| {} |\n", cells.join(" | "));
    let head = line(&HEAD.map(str::to_owned));
    head + "|---|---|---|---|\n" + &rows.iter().map(line).collect::<String>()
}
