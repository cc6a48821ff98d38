//! Random policies and random facts: what the compiled policy decides is what a reference interpreter does.

pub mod byte_source;
mod comparison;
mod interpreter;
pub mod policy;
mod policy_text;
mod tenant;

use std::cell::Cell;

use proptest::{
    prelude::any,
    test_runner::{Config, TestRunner},
};
use rollcall_engine::compile;

use self::{
    byte_source::ByteSource,
    comparison::{Comparison, Counts},
    policy::{ROOT, RandomPolicy},
    tenant::RandomTenant,
};
use crate::profile::repetitions;

/// How many decisions a case comes to at least, on average.
const MIN_DECISIONS: usize = 60;

#[test]
fn compiled_rules_decide_as_the_reference_interpreter() {
    let (actions, writes) = (Cell::new(Counts::default()), Cell::new(Counts::default()));
    let add = |total: &Cell<Counts>, more: Counts| {
        let Counts { questions, granted } = total.get();
        total.set(Counts { questions: questions + more.questions, granted: granted + more.granted });
    };
    let cases = u32::try_from(repetitions("random_policies", 400, 6000)).expect("few");
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let strategy = proptest::collection::vec(any::<u8>(), 200..900);
    let outcome = runner.run(&strategy, |bytes| {
        let source = &mut ByteSource::new(&bytes);
        let policy = RandomPolicy::generate(source);
        let tenant = RandomTenant::generate(policy, source);
        let text = tenant.policy.text(source);
        let compiled =
            compile("random.toml", &text).unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)));
        let comparison = Comparison::new(compiled, &tenant, &text);
        add(&actions, comparison.compare_actions());
        add(&writes, comparison.compare_writes());
        Ok(())
    });
    outcome.unwrap();
    let least = MIN_DECISIONS * usize::try_from(cases).expect("few");
    for (name, Counts { questions, granted }) in [("actions", actions.get()), ("writes", writes.get())] {
        assert!(questions >= least, "{questions} {name}");
        // Were nearly all denied, or all allowed, the two would agree without having understood each other.
        let share = granted * 100 / questions;
        assert!((5..95).contains(&share), "{share} % of the {name} are allowed");
    }
}

/// The root is the first of the types and of the resources: the interpreter builds on it.
#[test]
fn the_root_comes_first() {
    let policy = RandomPolicy::generate(&mut ByteSource::new(&[]));
    let tenant = RandomTenant::generate(policy, &mut ByteSource::new(&[]));
    assert!(tenant.resources[ROOT].parent.is_none() && tenant.policy.types[ROOT].parent.is_none());
}
