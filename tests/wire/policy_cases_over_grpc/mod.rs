//! Every case that stands beside a policy, sent over gRPC to a real server whose store has the case's facts. The policy
//! tests ask the engine the same; here nothing between the wire and the engine may change the answer. Further cases, at
//! times of their own, are sent to a server in this process whose clock is set to them.
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

use std::{fs, path::Path, sync::Arc};

use rollcall::proto::BatchCheckRequest;
use rollcall_engine::{Policy, Timestamp, compile};
use rollcall_policy_tools::cases::{self, Case, WriteCase};

use crate::{
    oracle::PolicyFile,
    support::{Api, clocked_server::ClockedServer, db::Db, decision, error::reason_of, server::Server},
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

#[tokio::test]
async fn roles_end_as_their_cases_say() {
    run_cases_at_their_time("lumicon", "ends").await;
}

#[tokio::test]
async fn things_with_ids_of_any_form_answer_their_cases() {
    run_cases_at_their_time("lumi-1", "names").await;
}

/// Sends the cases beside a policy to the real server, whose clock is the machine's.
async fn run_cases(name: &str) {
    let file = CaseFile::read(name, &format!("policies/{name}.tests.toml"));
    let (tenants, dir) = (CaseTenants::of(&file.cases), tempfile::tempdir().expect("there is room"));
    tenants.seed(dir.path(), &file.policy).await;
    let server = Server::start(dir.path()).await;
    let set_clock =
        |now: Option<Timestamp>| assert_eq!(now, None, "the cases beside a policy have no time of their own");
    let coverage = tenants.send(&file, &server.api().await, dir.path(), &set_clock).await;
    coverage.assert_complete(&file.policy, &file.cases);
}

/// Sends further cases about a policy to a server in this process, each at its own time.
async fn run_cases_at_their_time(name: &str, cases: &str) {
    let file = CaseFile::read(name, &format!("crates/policy-tools/tests/case_files/{cases}.tests.toml"));
    let (tenants, dir) = (CaseTenants::of(&file.cases), tempfile::tempdir().expect("there is room"));
    tenants.seed(dir.path(), &file.policy).await;
    let server = ClockedServer::start(dir.path(), std::slice::from_ref(&file.policy)).await;
    let set_clock = |now: Option<Timestamp>| server.clock.set(now.unwrap_or_default());
    tenants.send(&file, &server.api().await, dir.path(), &set_clock).await;
}

/// A policy, and cases about it.
struct CaseFile {
    policy: Arc<Policy>,
    oracle_policy: PolicyFile,
    cases: Vec<Case>,
}

impl CaseFile {
    /// Reads the policy of this name, and cases by the path of their file in the repository.
    fn read(name: &str, path: &str) -> Self {
        let read = |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        let text = read(&format!("policies/{name}.toml")).expect("the policy is there");
        let policy = compile(name, &text).expect("it compiles");
        let cases = cases::read(path, &read(path).expect("the cases are there"), &policy).expect("they compile");
        Self { policy: Arc::new(policy), oracle_policy: PolicyFile::read(&text), cases }
    }
}

/// The tenants that cases are sent to.
struct CaseTenants<'c> {
    /// One for the checks and refused writes of all cases with the same facts and time.
    shared: Vec<(CaseTenant, Vec<&'c Case>)>,
    /// One for each allowed write.
    allowed: Vec<(CaseTenant, &'c Case, &'c WriteCase)>,
}

impl<'c> CaseTenants<'c> {
    fn of(cases: &'c [Case]) -> Self {
        let mut names = (0..).map(|number| format!("tenant-{number}"));
        let mut new_tenant =
            |case: &Case| CaseTenant::new(names.next().expect("there are more"), &case.facts, case.now);
        let mut shared: Vec<(CaseTenant, Vec<&Case>)> = Vec::new();
        for case in cases {
            let is_alike = |other: &&Case| other.facts == case.facts && other.now == case.now;
            match shared.iter_mut().find(|(_, group)| group.first().is_some_and(is_alike)) {
                Some((_, group)) => group.push(case),
                None => shared.push((new_tenant(case), vec![case])),
            }
        }
        let writes = cases.iter().flat_map(|case| case.writes.iter().map(move |write| (case, write)));
        let allowed = writes.filter(|(_, write)| write.expected.allowed);
        let allowed = allowed.map(|(case, write)| (new_tenant(case), case, write)).collect();
        Self { shared, allowed }
    }

    async fn seed(&self, dir: &Path, policy: &Policy) {
        let allowed = self.allowed.iter().map(|(tenant, ..)| tenant);
        seed::seed_tenants(dir, policy, self.shared.iter().map(|(tenant, _)| tenant).chain(allowed)).await;
    }

    /// Sends everything, after `set_clock` has been told when it is asked. What of the policy was reached by that.
    async fn send(&self, file: &CaseFile, api: &Api, dir: &Path, set_clock: &dyn Fn(Option<Timestamp>)) -> Coverage {
        let (policy, oracle_policy): (&Policy, &PolicyFile) = (&file.policy, &file.oracle_policy);
        let (db, mut coverage) = (Db::open(dir).await, Coverage::default());
        for (tenant, group) in &self.shared {
            set_clock(tenant.now);
            for case in group {
                run_checks(api, tenant, case).await;
                run_refused_writes(api, policy, tenant, case, &mut coverage).await;
            }
            let state = ObservedState::read(api, tenant).await;
            assert_eq!(state, ObservedState::of(tenant), "a refused write changes nothing");
        }
        for (tenant, case, write) in &self.allowed {
            set_clock(tenant.now);
            let rules = operation::run_allowed_write(api, &db, (policy, oracle_policy), tenant, case, write).await;
            coverage.allowed(write, rules);
        }
        db.close().await;
        coverage
    }
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
