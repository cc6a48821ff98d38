//! Every case beside a policy, asked over gRPC of a real server whose store holds the case's facts. The policy tests ask
//! the engine the same questions; here nothing between the wire and the engine may answer otherwise.
//!
//! Questions and refused writes are asked in a tenant that the cases with the same facts share: it must be as it was
//! after all of them. Each allowed write is foreseen by a dry run and then done, in a tenant of its own, and what it did
//! is read back.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]
#![allow(unreachable_pub, reason = "the modules are of one binary")]

mod deeds;
mod effects;
mod furnish;
mod ground;
mod requests;
mod sight;
#[path = "../support/mod.rs"]
mod support;
mod tally;

use std::{fs, path::Path};

use rollcall::proto::BatchCheckRequest;
use rollcall_engine::{Change, Policy, compile};
use rollcall_policy_tools::cases::{self, Case, Expected};

use ground::Ground;
use requests::Request;
use sight::Sight;
use support::{Api, error::reason_of, server::Server};
use tally::Tally;

#[tokio::test]
async fn lumicon_answers_its_cases() {
    hold("lumicon").await;
}

#[tokio::test]
async fn lumi_1_answers_its_cases() {
    hold("lumi-1").await;
}

#[tokio::test]
async fn lumi_2_answers_its_cases() {
    hold("lumi-2").await;
}

#[tokio::test]
async fn lume_answers_its_cases() {
    hold("lume").await;
}

async fn hold(name: &str) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let read = |file: String| fs::read_to_string(dir.join(file)).expect("the file is there");
    let policy = compile(name, &read(format!("{name}.toml"))).expect("it compiles");
    let cases = cases::read(name, &read(format!("{name}.tests.toml")), &policy).expect("its cases compile");
    let mut names = (0..).map(|number| format!("tenant-{number}"));
    let mut fresh = |facts: &[Change]| Ground::new(names.next().expect("there are more"), facts);
    let shared: Vec<_> = groups(&cases).into_iter().map(|(facts, group)| (fresh(facts), group)).collect();
    let allowed = cases.iter().flat_map(|case| case.writes.iter().map(move |wish| (case, wish)));
    let allowed: Vec<_> = allowed.filter(|(_, wish)| wish.expected.allowed).collect();
    let own: Vec<_> = allowed.into_iter().map(|(case, wish)| (fresh(&case.facts), case, wish)).collect();

    let dir = tempfile::tempdir().expect("there is room");
    let grounds = shared.iter().map(|(ground, _)| ground).chain(own.iter().map(|(ground, ..)| ground));
    furnish::furnish(dir.path(), &policy, grounds).await;
    let server = Server::start(dir.path()).await;
    let api = server.api().await;

    let mut tally = Tally::default();
    for (ground, group) in &shared {
        for case in group {
            ask(&api, ground, case).await;
            refused(&api, &policy, ground, case, &mut tally).await;
        }
        assert_eq!(Sight::read(&api, ground).await, Sight::of(&ground.facts), "what is refused leaves nothing");
    }
    for (ground, case, wish) in &own {
        let rules = deeds::done(&api, &policy, ground, case, wish).await;
        tally.allowed(wish, rules);
    }
    tally.is_whole(&policy, &cases);
}

/// The cases by their facts.
fn groups(cases: &[Case]) -> Vec<(&[Change], Vec<&Case>)> {
    let mut groups: Vec<(&[Change], Vec<&Case>)> = Vec::new();
    for case in cases {
        match groups.iter_mut().find(|(facts, _)| *facts == case.facts.as_slice()) {
            Some((_, group)) => group.push(case),
            None => groups.push((&case.facts, vec![case])),
        }
    }
    groups
}

/// Asks a case's questions about actions.
async fn ask(api: &Api, ground: &Ground, case: &Case) {
    // A request of a reasonable size each.
    for chunk in case.checks.chunks(500) {
        let items = chunk.iter().map(|check| ground.item(check)).collect();
        let request = BatchCheckRequest { tenant: ground.tenant.clone(), items, consistency: None };
        let answer = api.batch_check(request).await.expect("the questions are well formed");
        assert_eq!(answer.results.len(), chunk.len());
        for (check, result) in chunk.iter().zip(&answer.results) {
            let reason = result.reason().as_str_name().trim_start_matches("REASON_").to_owned();
            let what = format!("{} {} on {}", check.subject, check.action, check.resource);
            let denied = (!result.allowed).then_some(reason);
            fits(case, &check.expected, &what, denied.as_deref());
        }
    }
}

/// Tries, for real, what a case does not allow.
async fn refused(api: &Api, policy: &Policy, ground: &Ground, case: &Case, tally: &mut Tally) {
    for wish in case.writes.iter().filter(|wish| !wish.expected.allowed) {
        let what = requests::told(wish);
        match ground.request(policy, wish) {
            Request::Same(write) => {
                let denied = api.write(write).await.err().map(|status| reason_of(&status));
                fits(case, &wish.expected, &what, denied.as_deref());
            }
            Request::NobodyInvited(write) => {
                let denied = api.write(write).await.err().map(|status| reason_of(&status));
                assert_eq!(denied.as_deref(), Some("INVITATION_NOT_FOUND"), "line {}: {what}", wish.expected.line);
            }
        }
        tally.refused(wish);
    }
}

/// Holds an answer, of which `denied` is the reason when it is no, against what its case expects.
fn fits(case: &Case, expected: &Expected, what: &str, denied: Option<&str>) {
    let at = format!("line {} of `{}`: {what}: {denied:?}", expected.line, case.name);
    assert_eq!(denied.is_none(), expected.allowed, "{at}");
    if let (Some(reason), Some(denied)) = (&expected.reason, denied) {
        assert_eq!(denied, reason, "{at}");
    }
}
