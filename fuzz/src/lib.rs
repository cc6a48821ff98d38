//! What each target does with its input. The tests of the main package replay `regressions` through the same functions.

use std::sync::LazyLock;

use rollcall::service::PageToken;
use rollcall_engine::{
    Diagnostics, Policy, Reachability, Tokens, WriteKind, compile, compile_with_warnings, writes::write_groups,
};
use rollcall_policy_tools::{
    cases as cases_of,
    diff::diff,
    table::{Operation, table, who_may},
};

/// The policy that cases are read for.
static LUMICON: LazyLock<Policy> = LazyLock::new(|| {
    let text = include_str!("../../policies/lumicon.toml");
    compile("policies/lumicon.toml", text).expect("it is shipped")
});

/// Compiles a text as a policy file, and makes every table, explanation and path of a policy that compiles.
///
/// # Panics
/// When one of these is empty or contradicts another, or the text is refused without a diagnostic.
pub fn policy(text: &str) {
    match compile_with_warnings("policy.toml", text) {
        Ok((policy, warnings)) => {
            exercise(&policy);
            if let Some(warnings) = warnings {
                check_diagnostics(&warnings);
            }
        }
        Err(mistakes) => check_diagnostics(&mistakes),
    }
}

/// Reads a text as a file of cases for `lumicon`, and looks up what its questions name.
///
/// # Panics
/// When a question names what the policy does not have, or the text is refused without a diagnostic.
pub fn cases(text: &str) {
    let cases = match cases_of::read("policy.tests.toml", text, &LUMICON) {
        Ok(cases) => cases,
        Err(mistakes) => return check_diagnostics(&mistakes),
    };
    for check in cases.iter().flat_map(|case| &case.checks) {
        let resource_type = LUMICON.find_type(&check.resource.kind).expect("a case is about known types");
        resource_type.find_action(&check.action).expect("a case names known actions");
    }
    for write in cases.iter().flat_map(|case| &case.writes) {
        LUMICON.find_type(&write.at.kind).expect("a case writes at known types");
        write.operation.to.map(|role| LUMICON.role(role));
    }
}

/// Decodes a text as the tokens that callers send back: that of a revision, and that of a page.
///
/// # Panics
/// When a revision's token does not survive being encoded again.
pub fn tokens(text: &str) {
    let tokens = Tokens::of_store([7; 16]);
    if let Ok(moment) = tokens.decode("acme", text) {
        assert_eq!(tokens.decode("acme", &tokens.encode("acme", &moment)), Ok(moment));
    }
    PageToken::of([0; 32], &["acme", "data.view"]).decode::<(String, i64)>(text).ok();
}

/// Makes everything that the tools derive from a policy.
fn exercise(policy: &Policy) {
    let table = table(policy);
    let pages = [table.text(true), table.text(false), table.markdown(), table.html()];
    assert!(pages.iter().all(|page| !page.is_empty()));
    for resource_type in policy.types() {
        for action in resource_type.actions() {
            who_may(policy, resource_type, Operation::Action(action));
        }
        for write in WriteKind::ALL.into_iter().flat_map(|kind| write_groups(resource_type, kind, None, None)) {
            who_may(policy, resource_type, Operation::Write(&write));
        }
    }
    for start in policy.roles() {
        let reach = Reachability::new(policy, start.mask(), true);
        for role in policy.roles() {
            let path = reach.path(role);
            assert!(path.is_empty() || reach.is_reachable(role), "there is a path to a role that nobody comes to hold");
            assert!(path.iter().all(|step| !step.in_words(policy).is_empty()));
        }
    }
    assert!(diff(policy, policy).is_empty(), "a policy differs from itself");
}

/// Makes sure that diagnostics say something, in each form.
fn check_diagnostics(found: &Diagnostics) {
    assert!(!found.list().is_empty(), "a file is refused without a word");
    assert!(!found.render(false).is_empty());
    assert_eq!(found.in_lines().len(), found.list().len());
}
