//! The way to the database breaks at any message of any kind of write: what was acknowledged stays, each write happens once,
//! and no answer is older than what was acknowledged.

use std::time::{Duration, Instant};

use rollcall::proto::{Consistency, ListActionsRequest, consistency::Requirement};
use tokio::time::sleep;

use crate::{
    stage::Stage,
    support::{
        Kind, WireTenant,
        db::{Db, audited},
        error::reason_of,
        postgres_proxy::Fault,
        repetitions, resource,
        retry_case::{MAY_END_WITH, RetryCase},
        rng::Rng,
        subject,
    },
};

/// How long it may take until a write goes through again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Later than the server waits for an answer of the database.
const LATE: Duration = Duration::from_secs(7);

/// Sends a write until it is answered.
async fn insist(case: &mut RetryCase) {
    let begun = Instant::now();
    loop {
        match case.world.api.write(case.write.clone()).await {
            Ok(answer) => return case.record_answer(&answer),
            Err(status) => {
                assert!(MAY_END_WITH.contains(&&*reason_of(&status)), "{:?}: {status:?}", case.write);
                assert!(begun.elapsed() < PATIENCE, "{:?} does not go through: {status:?}", case.write);
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// What somebody may do in a tenant, by a server's memory or by the store.
async fn actions(world: &WireTenant, who: &str, requirement: Option<Requirement>) -> Vec<String> {
    let request = ListActionsRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject(who)),
        resource: Some(resource(&world.tenant, "depot:")),
        consistency: requirement.map(|requirement| Consistency { requirement: Some(requirement) }),
        ..Default::default()
    };
    world.api.clone().list_actions(request).await.expect("the request is well formed").actions
}

/// Puts a fault at a message of a write, or of what follows, and repeats the write until it is answered.
async fn cut(stage: &Stage, beside: &WireTenant, (kind, number, fault): (Kind, usize, Fault)) {
    let tenant = format!("{kind:?}-{number}-{fault:?}").to_lowercase().replace(['(', ')', ' '], "-");
    let mut case = RetryCase::new(kind, stage.api.clone(), tenant).await;
    stage.proxy.record();
    stage.proxy.fault_at(number, fault);
    insist(&mut case).await;
    stage.proxy.disarm();
    let beside = WireTenant { tenant: case.world.tenant.clone(), ..beside.clone() };
    for who in ["ada", "otto", "olga"] {
        let remembered = actions(&case.world, who, None).await;
        let stored = actions(&beside, who, Some(Requirement::FullyConsistent(true))).await;
        assert_eq!(remembered, stored, "{who} after {kind:?}, {fault:?} at {number}");
    }
    case.conclude(stage.dir.path(), stage.api.clone()).await;
}

/// How many messages a write of a kind takes.
async fn messages(stage: &Stage, kind: Kind) -> usize {
    let mut case = RetryCase::new(kind, stage.api.clone(), format!("{kind:?}-whole").to_lowercase()).await;
    stage.proxy.record();
    insist(&mut case).await;
    let messages = stage.proxy.recorded().len();
    stage.proxy.disarm();
    messages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_made_once_whichever_message_the_way_breaks_at() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let stage = Stage::new(&["sweep.every=0s", "watch.poll=0s"]).await;
    let server = stage.beside().await;
    let beside = WireTenant { api: server.api().await, tenant: String::new() };
    let most = usize::try_from(repetitions("cuts", 4, 1000)).expect("few");
    // While the server knows few tenants: each second it asks after all that it knows, which is recorded too.
    let mut kinds = Vec::new();
    for kind in Kind::ALL {
        let messages = messages(&stage, *kind).await;
        assert!(messages > 10, "{kind:?} asks the database");
        kinds.push((kind, messages));
    }
    for (kind, messages) in kinds {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            // All of them, or some that are spread over them.
            let step = messages.div_ceil(most).max(1);
            let first = usize::try_from(rng.range(0, step as u64)).expect("few");
            for number in (first..messages).step_by(step) {
                Box::pin(cut(&stage, &beside, (*kind, number, fault))).await;
            }
        }
    }
}

/// Sends a write without a request id, so that nothing but the look at the log keeps it from being made twice, with a fault at
/// its COMMIT; and asserts that it is answered, and was made once.
async fn with_fault_at_commit(stage: &Stage, kind: Kind, fault: Fault) {
    let tenant = format!("{kind:?}-{fault:?}").to_lowercase().replace(['(', ')', ' '], "-");
    let mut case = RetryCase::new(kind, stage.api.clone(), tenant).await;
    case.write = case.write.under("");
    stage.proxy.record();
    stage.proxy.fault_on(|seen| seen.text.as_deref() == Some("COMMIT"), fault);
    // Nobody sees anything of it: it is found out, and made anew if need be.
    let answer = case.world.api.write(case.write.clone()).await;
    assert_eq!(stage.proxy.faults_done(), 1);
    stage.proxy.disarm();
    let db = Db::open(stage.dir.path()).await;
    match answer {
        Ok(answer) => case.record_answer(&answer),
        // It took longer than a caller waits.
        Err(status) => {
            assert_eq!(reason_of(&status), "COMMIT_UNKNOWN", "{status:?}");
            let begun = Instant::now();
            while !case.has_happened(&db).await {
                assert!(begun.elapsed() < PATIENCE, "it is not found out what became of it");
                sleep(Duration::from_millis(50)).await;
            }
            // Whatever would make it twice has had its time.
            sleep(LATE).await;
        }
    }
    assert!(case.has_happened(&db).await, "{kind:?}");
    db.close().await;
    audited(stage.dir.path(), &case.world.tenant).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_looked_up() {
    let stage = Stage::new(&[]).await;
    for kind in [Kind::ChangeRole, Kind::CreateTenant, Kind::Invite, Kind::CreateResource] {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            with_fault_at_commit(&stage, kind, fault).await;
        }
    }
}

/// The database gets the COMMIT when the server has given it up already: not before its transaction is over is it known what
/// became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_arrives_late_is_waited_for() {
    let stage = Stage::new(&["sweep.every=0s", "watch.poll=0s"]).await;
    for kind in [Kind::Invite, Kind::CreateTenant] {
        with_fault_at_commit(&stage, kind, Fault::Delay(LATE)).await;
    }
}

/// Has each COMMIT take a while.
const SLOW_COMMITS: &str = "
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.7); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON log_commit DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow()";

/// The database is at the COMMIT still when the server asks what became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_under_way_is_waited_for() {
    let stage = Stage::new(&["sweep.every=0s", "watch.poll=0s"]).await;
    let db = Db::open(stage.dir.path()).await;
    db.execute(SLOW_COMMITS).await;
    for kind in [Kind::Invite, Kind::CreateTenant] {
        with_fault_at_commit(&stage, kind, Fault::CutAfter).await;
    }
    db.close().await;
}

/// Nobody is told that a message was lost: neither the server, which waits for its answer, nor the database, whose transaction
/// stays open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_made_once_when_a_message_is_swallowed() {
    let stage = Stage::new(&["sweep.every=0s", "watch.poll=0s"]).await;
    for (name, is_commit) in [("commit", true), ("statement", false)] {
        let mut case = RetryCase::new(Kind::ChangeRole, stage.api.clone(), format!("swallowed-{name}")).await;
        stage.proxy.record();
        let matches = move |text: &str| {
            if is_commit { text == "COMMIT" } else { text.starts_with("BEGIN ISOLATION LEVEL READ COMMITTED") }
        };
        stage.proxy.fault_on(move |seen| seen.text.as_deref().is_some_and(matches), Fault::Swallow);
        insist(&mut case).await;
        assert_eq!(stage.proxy.faults_done(), 1);
        stage.proxy.disarm();
        case.conclude(stage.dir.path(), stage.api.clone()).await;
    }
}
