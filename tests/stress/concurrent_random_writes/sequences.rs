//! Sequences of random operations, one after the other, each of whose results the rules foresee.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::{ACTORS, opening};
use crate::support::{
    TestServer,
    db::audited,
    error::reason_of,
    facts::{Deed, Facts, Op, Secrets},
    repetitions,
    rng::Rng,
    rules::{Verdict, decide},
};

/// Sends operations, each drawn from a number, one after the other; the rules must foresee every response.
async fn run(stage: &TestServer, tenant: &str, numbers: Vec<u64>) -> Result<(), TestCaseError> {
    let world = opening(stage, tenant).await;
    let (_, tables) = audited(stage.dir.path(), tenant).await;
    let mut facts = Facts::from(&tables);
    let mut secrets = Secrets::default();
    for number in numbers {
        let mut operation = Deed::any(&mut Rng::new(number), &ACTORS);
        if let Op::Accept { email, token } = &mut operation.op {
            secrets.of(email).unwrap_or("no-such-secret").clone_into(token);
        }
        let verdict = decide(&facts, &operation);
        let dry = world.api.write(operation.write(&world).dry()).await.err().map(|status| reason_of(&status));
        let answer = world.api.write(operation.write(&world)).await;
        let reason = answer.as_ref().err().map(reason_of);
        let mismatch =
            format!("{operation:?}: {reason:?} by the server, dry {dry:?}, {verdict:?} by the rules, in {facts:?}");
        let foreseen = match (&verdict, &reason) {
            (Verdict::Allowed(_), None) => true,
            (Verdict::Refused(reasons), Some(reason)) => reasons.contains(&reason.as_str()),
            _ => false,
        };
        if !foreseen || dry != reason {
            return Err(TestCaseError::fail(mismatch));
        }
        if let (Verdict::Allowed(after), Ok(answer)) = (verdict, answer) {
            secrets.learn(&answer);
            facts = after;
        }
    }
    let (_, tables) = audited(stage.dir.path(), tenant).await;
    if Facts::from(&tables) != facts {
        return Err(TestCaseError::fail(format!("{:?} in the tables, {facts:?} by the rules", Facts::from(&tables))));
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
