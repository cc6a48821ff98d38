//! Every history of the write path as it is, explored once for all tests.

use std::{sync::LazyLock, thread};

use super::{
    bounds::{ALL, Scenario},
    model::Model,
    properties::Property,
    search::{Explored, explore},
    table::Outcomes,
};

/// With fewer states, next to nothing is explored.
const MIN_STATES: usize = 150_000;

/// All histories.
pub(super) struct Histories {
    states: usize,
    pub(super) outcomes: Outcomes,
}

/// Those of all scenarios, explored when they are first needed.
pub(super) static HISTORIES: LazyLock<Histories> = LazyLock::new(|| {
    let found = thread::scope(|scope| {
        let searches = ALL.map(|scenario| scope.spawn(move || histories(scenario)));
        searches.map(|search| search.join().expect("every history is safe"))
    });
    let mut all = Histories { states: 0, outcomes: Outcomes::default() };
    for histories in found {
        all.states += histories.states;
        all.outcomes.merge(histories.outcomes);
    }
    all
});

/// Those of a scenario, which must all be safe.
fn histories(scenario: Scenario) -> Histories {
    let model = Model { scenario, bug: None };
    let mut outcomes = Outcomes::default();
    let Explored { states, broken } = explore(&model, &Property::ALL, |end| outcomes.note(&model, end));
    if let Some((property, history)) = broken {
        panic!("{property:?} does not hold in {scenario:?}:\n{history}");
    }
    eprintln!("{states} states of {} calls", scenario.requests.len());
    Histories { states, outcomes }
}

#[test]
fn every_history_is_safe() {
    assert!(HISTORIES.states > MIN_STATES, "{} states are few", HISTORIES.states);
}
