//! Every case that stands beside a policy, sent over gRPC to a real server whose store has the case's facts. The policy
//! tests ask the engine the same; here nothing between the wire and the engine may change the answer.
//!
//! Checks and refused writes are sent to a tenant that the cases with the same facts share: after all of them it must
//! be unchanged. Each allowed write is sent to a tenant of its own, first as a dry run, and what it did is read back
//! from the tables and over gRPC.

mod coverage;
mod expectation;
mod fixture;
mod observed_state;
mod operation;
mod oracle_operation;
mod requests;
mod seed;

use std::{fs, path::Path};

use rollcall::proto::BatchCheckRequest;
use rollcall_engine::{Change, Policy, compile};
use rollcall_policy_tools::cases::{self, Case};

use crate::{
    oracle::PolicyFile,
    support::{Api, db::Db, decision, error::reason_of, server::Server},
};
use coverage::Coverage;
use expectation::assert_matches;
use fixture::CaseTenant;
use observed_state::ObservedState;
use requests::Request;

#[tokio::test]
async fn lumicon_answers_its_cases() {
    run_cases("lumicon").await;
}

#[tokio::test]
async fn lumi_1_answers_its_cases() {
    run_cases("lumi-1").await;
}

#[tokio::test]
async fn lumi_2_answers_its_cases() {
    run_cases("lumi-2").await;
}

#[tokio::test]
async fn lume_answers_its_cases() {
    run_cases("lume").await;
}

async fn run_cases(name: &str) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let read = |file: String| fs::read_to_string(dir.join(file)).expect("the file is there");
    let text = read(format!("{name}.toml"));
    let (policy, oracle_policy) = (compile(name, &text).expect("it compiles"), PolicyFile::read(&text));
    let cases = cases::read(name, &read(format!("{name}.tests.toml")), &policy).expect("its cases compile");
    let mut names = (0..).map(|number| format!("tenant-{number}"));
    let mut new_tenant = |facts: &[Change]| CaseTenant::new(names.next().expect("there are more"), facts);
    let shared: Vec<_> = groups(&cases).into_iter().map(|(facts, group)| (new_tenant(facts), group)).collect();
    let allowed = cases.iter().flat_map(|case| case.writes.iter().map(move |write| (case, write)));
    let allowed: Vec<_> = allowed.filter(|(_, write)| write.expected.allowed).collect();
    let allowed: Vec<_> = allowed.into_iter().map(|(case, write)| (new_tenant(&case.facts), case, write)).collect();

    let dir = tempfile::tempdir().expect("there is room");
    let tenants = shared.iter().map(|(tenant, _)| tenant).chain(allowed.iter().map(|(tenant, ..)| tenant));
    seed::seed_tenants(dir.path(), &policy, tenants).await;
    let server = Server::start(dir.path()).await;
    let (api, db) = (server.api().await, Db::open(dir.path()).await);

    let mut coverage = Coverage::default();
    for (tenant, group) in &shared {
        for case in group {
            run_checks(&api, tenant, case).await;
            run_refused_writes(&api, &policy, tenant, case, &mut coverage).await;
        }
        assert_eq!(
            ObservedState::read(&api, tenant).await,
            ObservedState::of(&tenant.facts),
            "a refused write changes nothing"
        );
    }
    for (tenant, case, write) in &allowed {
        let rules = operation::run_allowed_write(&api, &db, (&policy, &oracle_policy), tenant, case, write).await;
        coverage.allowed(write, rules);
    }
    db.close().await;
    coverage.assert_complete(&policy, &cases);
}

/// The cases, grouped by their facts.
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

/// Sends the checks of a case.
async fn run_checks(api: &Api, tenant: &CaseTenant, case: &Case) {
    // A request of a reasonable size each.
    for chunk in case.checks.chunks(500) {
        let items = chunk.iter().map(|check| tenant.item(check)).collect();
        let request = BatchCheckRequest { tenant: tenant.name.clone(), items, consistency: None };
        let answer = api.batch_check(request).await.expect("the questions are well formed");
        assert_eq!(answer.results.len(), chunk.len());
        for (check, result) in chunk.iter().zip(&answer.results) {
            let result = decision(result).expect("the questions are well formed");
            let reason = result.reason().as_str_name().trim_start_matches("REASON_").to_owned();
            let what = format!("{} {} on {}", check.subject, check.action, check.resource);
            let denied = (!result.allowed).then_some(reason);
            assert_matches(case, &check.expected, &what, denied.as_deref());
        }
    }
}

/// Sends the writes that a case refuses, not as dry runs.
async fn run_refused_writes(api: &Api, policy: &Policy, tenant: &CaseTenant, case: &Case, coverage: &mut Coverage) {
    for write_case in case.writes.iter().filter(|write| !write.expected.allowed) {
        let what = requests::describe(write_case);
        match tenant.request(policy, write_case) {
            Request::Same(write) => {
                let denied = api.write(write).await.err().map(|status| reason_of(&status));
                assert_matches(case, &write_case.expected, &what, denied.as_deref());
            }
            Request::NobodyInvited(write) => {
                let denied = api.write(write).await.err().map(|status| reason_of(&status));
                let line = write_case.expected.line;
                assert_eq!(denied.as_deref(), Some("INVITATION_NOT_FOUND"), "line {line}: {what}");
            }
        }
        coverage.refused(write_case);
    }
}
