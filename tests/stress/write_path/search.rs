//! Explores every history of a model, breadth first, and so finds the shortest one that breaks a property.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
    rc::Rc,
};

use super::{
    model::{Event, Model, Next},
    properties::Property,
    state::State,
};

/// Mixes small numbers, of which a state consists; faster than the standard hasher, and as good for them.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.unsigned_abs() as u64);
    }
}

/// All that can happen in a model, up to the first state that breaks a property.
#[derive(Default)]
pub(super) struct Explored {
    pub(super) states: usize,
    /// The property that was broken, and what led there.
    pub(super) broken: Option<(Property, String)>,
}

/// Explores a model until a state breaks one of the properties. `end` gets the states in which no call is under way: there
/// a history may end.
pub(super) fn explore(model: &Model, properties: &[Property], mut end: impl FnMut(&State)) -> Explored {
    let first = Rc::new(model.first());
    let mut seen = HashSet::<Rc<State>, BuildHasherDefault<Mixer>>::default();
    seen.insert(Rc::clone(&first));
    let mut reached = vec![(first, 0, ("opened", None))];
    let mut explored = Explored::default();
    while let Some((state, ..)) = reached.get(explored.states).cloned() {
        let broken = properties.iter().find(|property| !property.holds(model, &state));
        if let Some(property) = broken {
            explored.broken = Some((*property, history(&reached, explored.states)));
            return explored;
        }
        let mut next = Next { state: &state, found: Vec::new() };
        model.add_waiting(&mut next);
        model.add_transaction(&mut next);
        model.add_end(&mut next);
        assert!(state.is_quiet() || !next.found.is_empty(), "stuck: {}", history(&reached, explored.states));
        model.add_environment(&mut next);
        for (event, following) in next.found {
            let following = Rc::new(following);
            if seen.insert(Rc::clone(&following)) {
                reached.push((following, explored.states, event));
            }
        }
        if state.is_quiet() {
            end(&state);
        }
        explored.states += 1;
    }
    explored
}

/// What led to a state, one thing a line.
fn history(reached: &[(Rc<State>, usize, Event)], mut number: usize) -> String {
    let mut lines = Vec::new();
    while number > 0 {
        let (_, before, (what, call)) = &reached[number];
        lines.push(call.map_or_else(|| (*what).to_owned(), |call| format!("call {call}: {what}")));
        number = *before;
    }
    lines.reverse();
    lines.join("\n")
}
