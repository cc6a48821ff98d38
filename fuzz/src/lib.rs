//! What each target does with its input. The tests of the main package replay `regressions` with the very same.

use std::sync::LazyLock;

use rollcall::service::PageToken;
use rollcall_engine::{
    Diagnostics, Policy, Reach, Token, WriteKind, compile, compile_with_warnings, writes::write_groups,
};
use rollcall_policy_tools::{
    cases as cases_of,
    diff::diff,
    table::{Question, table, who_may},
};

/// The policy that cases are read for.
static LUMICON: LazyLock<Policy> = LazyLock::new(|| {
    let text = include_str!("../../policies/lumicon.toml");
    compile("policies/lumicon.toml", text).expect("it is shipped")
});

/// A file under a policy's name: compiled, and all that can be told of it.
pub fn policy(text: &str) {
    match compile_with_warnings("policy.toml", text) {
        Ok((policy, warnings)) => {
            told(&policy);
            if let Some(warnings) = warnings {
                shown(&warnings);
            }
        }
        Err(mistakes) => shown(&mistakes),
    }
}

/// A file of cases for `lumicon`: read, and every question of what the policy has.
pub fn cases(text: &str) {
    let cases = match cases_of::read("policy.tests.toml", text, &LUMICON) {
        Ok(cases) => cases,
        Err(mistakes) => return shown(&mistakes),
    };
    for check in cases.iter().flat_map(|case| &case.checks) {
        let of = LUMICON.find_type(&check.resource.kind).expect("a case is about known types");
        of.find_action(&check.action).expect("a case names known actions");
    }
    for write in cases.iter().flat_map(|case| &case.writes) {
        LUMICON.find_type(&write.at.kind).expect("a case writes at known types");
        write.wanted.to.map(|role| LUMICON.role(role));
    }
}

/// What callers send back: the token of a revision, and that of a page.
pub fn tokens(text: &str) {
    if let Ok(revision) = Token::decode("acme", text) {
        assert_eq!(Token::decode("acme", &Token::encode("acme", revision)), Ok(revision));
    }
    PageToken::of(&["acme", "data.view"]).decode::<(String, i64)>(text).ok();
}

fn told(policy: &Policy) {
    let table = table(policy);
    let pages = [table.text(true), table.text(false), table.markdown(), table.html()];
    assert!(pages.iter().all(|page| !page.is_empty()));
    for of in policy.types() {
        for action in of.actions() {
            who_may(policy, of, Question::Action(action));
        }
        for write in WriteKind::ALL.into_iter().flat_map(|verb| write_groups(of, verb, None, None)) {
            who_may(policy, of, Question::Write(&write));
        }
    }
    for start in policy.roles() {
        let reach = Reach::from(policy, start.mask(), true);
        for role in policy.roles() {
            let way = reach.way(role);
            assert!(way.is_empty() || reach.holds(role), "there is a way to what nobody comes to hold");
            assert!(way.iter().all(|step| !step.in_words(policy).is_empty()));
        }
    }
    assert!(diff(policy, policy).is_empty(), "a policy differs from itself");
}

fn shown(found: &Diagnostics) {
    assert!(!found.list().is_empty(), "a file is refused without a word");
    assert!(!found.render(false).is_empty());
    assert_eq!(found.in_lines().len(), found.list().len());
}
