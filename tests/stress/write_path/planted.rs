//! The search finds what is wrong with the write path when something is: bugs that are planted.

use super::{
    bounds::{ALONE, GROUP, RECOVERED, REPEATED, Scenario},
    bug::Bug,
    model::Model,
    properties::Property,
    search::explore,
};

/// The property that is broken first, and the shortest history that breaks it.
fn broken(model: &Model, properties: &[Property]) -> Option<(Property, String)> {
    explore(model, properties, |_| {}).broken
}

#[test]
fn every_planted_bug_is_found() {
    for (bug, scenario, expected) in [
        (Bug::SkipsBarrier, ALONE, Property::DeniedIsNotWritten),
        (Bug::UsesFailedConnection, ALONE, Property::AcknowledgedIsWritten),
        (Bug::TrustsRecovery, RECOVERED, Property::AcknowledgedIsWritten),
        (Bug::SwapsUnchecked, ALONE, Property::InOrder),
        (Bug::IgnoresEnds, ALONE, Property::AllowedAtItsBegin),
        (Bug::NotesEndsLate, ALONE, Property::AllowedAtItsBegin),
        (Bug::GateBeforeLock, ALONE, Property::AllowedAtItsBegin),
        (Bug::PassesGateOnce, GROUP, Property::AllowedAtItsBegin),
        (Bug::IgnoresWithdrawal, ALONE, Property::DeniedIsNotWritten),
        (Bug::AnswersBeforeCommit, ALONE, Property::AcknowledgedIsWritten),
        (Bug::ShowsBeforeCommit, ALONE, Property::ViewIsCurrent),
        (Bug::LooksUpOnce, Scenario { repeats_wait: false, ..REPEATED }, Property::WrittenOnce),
    ] {
        let found = broken(&Model { scenario, bug: Some(bug) }, &[expected]);
        let (property, history) = found.unwrap_or_else(|| panic!("{bug:?} breaks not {expected:?}"));
        eprintln!("{bug:?} breaks {property:?}:\n{history}\n");
    }
}

/// A repeat that did not wait for the first call, while that is under way, could be refused for what is then written.
#[test]
fn a_refused_repeat_settles_its_request_only_if_it_waits() {
    for (repeats_wait, is_found) in [(false, true), (true, false)] {
        let scenario = Scenario { repeats_wait, ..REPEATED };
        let found = broken(&Model { scenario, bug: None }, &Property::ALL);
        assert_eq!(found.is_some(), is_found, "repeats wait: {repeats_wait}");
        if let Some((property, history)) = found {
            eprintln!("{property:?} does not hold:\n{history}\n");
            assert_eq!(property, Property::RefusedRepeatSettles);
        }
    }
}
