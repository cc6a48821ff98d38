//! The suite against the contract: each sentence of the ports has a test that holds the store to it, or a reason why
//! none can.

mod sentences;
mod untested;

use std::collections::BTreeSet;

use self::{sentences::sentences, untested::UNTESTED};
use crate::{dialect::Dialect, postgres::Postgres, sqlite::Sqlite, suite::Test};

/// The files of `src/service/ports` that say what a store does.
const FILES: [&str; 9] =
    ["store", "snapshot", "batch", "error", "invitations", "log", "members", "reservation", "resources"];
/// Every dialect that the suite runs on.
const DIALECTS: [&dyn Dialect; 2] = [&Sqlite, &Postgres];

/// Every test of the suite.
fn tests() -> impl Iterator<Item = &'static Test> {
    let modules = [
        crate::calls::TESTS,
        crate::commits::alone::TESTS,
        crate::commits::conflicts::TESTS,
        crate::commits::kept::TESTS,
        crate::commits::gates::TESTS,
        crate::commits::missed::TESTS,
        crate::commits::refused::TESTS,
        crate::due::TESTS,
        crate::feed::TESTS,
        crate::invitations::addresses::TESTS,
        crate::invitations::filters::TESTS,
        crate::invitations::look_ups::TESTS,
        crate::invitations::order::TESTS,
        crate::invitations::quota::TESTS,
        crate::isolation::TESTS,
        crate::load::TESTS,
        crate::log::emails::TESTS,
        crate::log::filters::TESTS,
        crate::log::pages::TESTS,
        crate::members::filters::TESTS,
        crate::members::order::TESTS,
        crate::members::pages::TESTS,
        crate::members::positions::TESTS,
        crate::members::scopes::TESTS,
        crate::people::erased::TESTS,
        crate::people::givers::TESTS,
        crate::people::look_ups::TESTS,
        crate::people::names::TESTS,
        crate::random_commits::TESTS,
        crate::resources::TESTS,
        crate::glance::TESTS,
        crate::responses::TESTS,
        crate::tenants::TESTS,
    ];
    modules.into_iter().flatten()
}

/// Every sentence of the contract, in the form in which tests quote it.
fn contract() -> BTreeSet<String> {
    FILES.into_iter().flat_map(sentences).collect()
}

fn quoted() -> BTreeSet<&'static str> {
    tests().flat_map(|test| test.covers).copied().collect()
}

fn untested() -> BTreeSet<&'static str> {
    UNTESTED.iter().flat_map(|(_, sentences)| *sentences).copied().collect()
}

#[test]
fn every_sentence_of_the_contract_has_a_test() {
    let (quoted, untested) = (quoted(), untested());
    let is_missing = |sentence: &String| !quoted.contains(&**sentence) && !untested.contains(&**sentence);
    let missing: Vec<String> = contract().into_iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "no test covers these; write one, or say in `untested.rs` why none can:\n{missing:#?}");
}

#[test]
fn every_sentence_that_is_quoted_is_in_the_contract() {
    let contract = contract();
    let is_gone = |sentence: &&str| !contract.contains(*sentence);
    let gone: Vec<&str> = quoted().into_iter().chain(untested()).filter(is_gone).collect();
    assert!(
        gone.is_empty(),
        "the ports say this no more; look whether the tests still hold, and quote anew:\n{gone:#?}"
    );
}

#[test]
fn no_sentence_is_both_tested_and_not() {
    let both: Vec<&str> = quoted().intersection(&untested()).copied().collect();
    assert!(both.is_empty(), "these have a test; take them out of `untested.rs`:\n{both:#?}");
    assert!(UNTESTED.iter().all(|(reason, sentences)| !reason.is_empty() && !sentences.is_empty()));
}

#[test]
fn each_test_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = tests().map(|test| test.name).collect();
    assert_eq!(names.len(), tests().count(), "{names:?}");
}

#[test]
fn what_a_dialect_leaves_out_is_a_test_and_has_a_reason() {
    for dialect in DIALECTS {
        for left_out in dialect.left_out() {
            let is_test = tests().any(|test| test.name == left_out.test);
            assert!(is_test, "{} leaves out `{}`, which is no test", dialect.name(), left_out.test);
            assert!(!left_out.reason.is_empty(), "{} does not say why it leaves out {left_out:?}", dialect.name());
        }
    }
}
