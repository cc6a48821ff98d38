//! Sequences of random operations, one after the other, each of whose results the oracle foresees.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::{ACTORS, opening, policy};
use crate::{
    driver::issued_invitations,
    oracle::{ModelFacts, Tokens, Verdict, decide},
    support::{TestServer, db::audited, error::reason_of, repetitions, rng::Rng},
};

/// Sends operations, each drawn from a number, one after the other; the oracle must foresee every response.
async fn run(stage: &TestServer, tenant: &str, numbers: Vec<u64>) -> Result<(), TestCaseError> {
    let world = opening(&stage.api, tenant).await;
    let (_, tables) = audited(stage.dir.path(), tenant).await;
    let (policy, mut facts, mut tokens) = (policy(), ModelFacts::of(&tables, &policy()), Tokens::default());
    for number in numbers {
        let operation = ACTORS.operation(&mut Rng::new(number), &tokens, tenant);
        let verdict = decide(&policy, &facts, &operation);
        let write = operation.write(tenant);
        let dry = world.api.write(write.clone().dry()).await.err().map(|status| reason_of(&status));
        let answer = world.api.write(write).await;
        let reason = answer.as_ref().err().map(reason_of);
        let mismatch =
            format!("{operation:?}: {reason:?} by the server, dry {dry:?}, {verdict:?} by the oracle, in {facts:?}");
        let foreseen = match (&verdict, &reason) {
            (Verdict::Allowed(_), None) => true,
            (Verdict::Refused(reasons), Some(reason)) => reasons.contains(reason.as_str()),
            _ => false,
        };
        if !foreseen || dry != reason {
            return Err(TestCaseError::fail(mismatch));
        }
        if let (Verdict::Allowed(mut after), Ok(answer)) = (verdict, answer) {
            let issued = issued_invitations(&answer);
            after.learn(&issued);
            tokens.learn(&issued);
            facts = after;
        }
    }
    let (_, tables) = audited(stage.dir.path(), tenant).await;
    let stored = ModelFacts::of(&tables, &policy);
    if stored != facts {
        return Err(TestCaseError::fail(format!("{stored:?} in the tables, {facts:?} by the oracle")));
    }
    Ok(())
}

#[test]
fn the_rules_foresee_every_answer() {
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    let stage = runtime.block_on(TestServer::new());
    let tenants = AtomicUsize::new(0);
    let cases = u32::try_from(repetitions("foreseen_sequences", 12, 80)).expect("few");
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let outcome = TestRunner::new(config).run(&vec(any::<u64>(), 40), |numbers| {
        let tenant = format!("tenant-{}", tenants.fetch_add(1, Ordering::Relaxed));
        runtime.block_on(run(&stage, &tenant, numbers))
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
