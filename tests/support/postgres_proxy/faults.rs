//! The record of what passed, and the faults that are planned for what will.

use std::time::Duration;

use super::frames::Seen;

/// What happens to a message. The messages before it have been passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not passed on, and both sides' connections are reset.
    CutBefore,
    /// It is passed on as the last one. Its sender's connection is reset at once; its receiver finds the end behind it,
    /// and whatever the receiver answers is lost.
    CutAfter,
    /// It is lost, and so is everything behind it in this direction of this connection, even its end. Nobody is told.
    Swallow,
    /// It waits for so long, and everything behind it in this direction of this connection waits with it.
    Delay(Duration),
}

/// Whether a fault is meant for a message.
pub type Matching = Box<dyn Fn(&Seen) -> bool + Send + Sync>;

/// At which message a fault happens.
enum When {
    /// At the message with this place in the record.
    Number(usize),
    /// At the first message that matches.
    First(Matching),
}

/// What passed, and what is to happen.
#[derive(Default)]
pub struct Script {
    recording: bool,
    seen: Vec<Seen>,
    planned: Vec<(When, Fault)>,
    done: usize,
}

impl Script {
    /// A script that records from now on.
    pub fn recording() -> Self {
        Self { recording: true, ..Self::default() }
    }

    /// Ends the record and forgets what is planned.
    pub fn disarm(&mut self) {
        self.recording = false;
        self.planned.clear();
    }

    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// How many faults have happened.
    pub fn done(&self) -> usize {
        self.done
    }

    pub fn plan_at(&mut self, number: usize, fault: Fault) {
        assert!(self.recording, "messages have numbers only in a record: call `record` first");
        assert!(number >= self.seen.len(), "message {number} has passed already");
        self.planned.push((When::Number(number), fault));
    }

    pub fn plan_on(&mut self, matching: Matching, fault: Fault) {
        self.planned.push((When::First(matching), fault));
    }

    /// Records a message that is about to pass, and says what is to happen to it: the first that was planned.
    pub fn pass(&mut self, seen: &Seen) -> Option<Fault> {
        let number = self.seen.len();
        if self.recording {
            self.seen.push(seen.clone());
        }
        let due = self.planned.iter().position(|(when, _)| match when {
            When::Number(planned) => *planned == number,
            When::First(matches) => matches(seen),
        })?;
        let (_, fault) = self.planned.remove(due);
        self.done += 1;
        Some(fault)
    }
}
