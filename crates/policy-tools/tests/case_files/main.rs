//! Files of cases about time, names and mistakes: each is read and run, and a break in it, or in the policy, is found.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod ends;
mod mistakes;
mod names;

use std::sync::Arc;

use rollcall_engine::{Diagnostics, Policy, compile};
use rollcall_policy_tools::{
    CaseResults, CaseRunner, Coverage,
    cases::{self, Case},
};

const LUMICON: &str = include_str!("../../../../policies/lumicon.toml");
const LUMI: &str = include_str!("../../../../policies/lumi-1.toml");
const FOLDERS: &str = include_str!("../../../../tests/policy/models/folders.toml");

fn compiled(text: &str) -> Arc<Policy> {
    Arc::new(compile("policy.toml", text).unwrap_or_else(|found| panic!("{}", found.render(false))))
}

fn read(policy: &str, text: &str) -> Vec<Case> {
    cases::read("policy.tests.toml", text, &compiled(policy)).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

/// The mistakes of a file that must have some.
fn mistakes_of(policy: &str, text: &str) -> Diagnostics {
    match cases::read("policy.tests.toml", text, &compiled(policy)) {
        Ok(cases) => panic!("{} cases are read", cases.len()),
        Err(found) => found,
    }
}

/// The outcomes of a file's questions.
fn run(policy: &str, text: &str) -> CaseResults {
    let compiled = compiled(policy);
    let (mut results, mut coverage) = (CaseResults::default(), Coverage::new(&compiled));
    for case in read(policy, text) {
        CaseRunner::new(&compiled, &case.facts, case.now).unwrap().run(&case, &mut results, &mut coverage);
    }
    results
}

/// The file with one text in place of another, which it must have.
fn with(text: &str, old: &str, new: &str) -> String {
    let changed = text.replacen(old, new, 1);
    assert_ne!(changed, text, "`{old}` is not there");
    changed
}

/// The lines, counted from 1, on which questions fail.
fn failing_lines(policy: &str, text: &str) -> Vec<u32> {
    let mut lines: Vec<u32> = run(policy, text).failures.iter().map(|failure| failure.line).collect();
    lines.dedup();
    lines
}

/// The number of the line on which a text stands.
fn line_of(text: &str, part: &str) -> u32 {
    let at = text.lines().position(|line| line.contains(part)).unwrap_or_else(|| panic!("`{part}` is not there"));
    u32::try_from(at + 1).unwrap()
}
