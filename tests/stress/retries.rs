//! Every kind of write under a request id, with the server killed around the answer: sent again until it is answered,
//! it has happened once, and every answer equals the first.

use std::time::Duration;

use crate::contrary::Contrary;
use crate::support::{
    Api, Kind, Server,
    db::Db,
    repetitions,
    retry_case::{MAY_END_WITH, RetryCase},
    rng::Rng,
    wire_tenant::DEPOT,
};
use tokio::task::JoinSet;

/// How often the server is killed in a round.
const KILLS: usize = 2;
const CONNECTIONS: usize = 4;

/// Several connections to a server, to be used in turn.
async fn connections(server: &Server) -> Vec<Api> {
    let mut apis = Vec::new();
    for _ in 0..CONNECTIONS {
        apis.push(server.api().await);
    }
    apis
}

/// A case of every kind of write.
async fn cases(server: &Server, round: u64) -> Vec<RetryCase> {
    let apis = connections(server).await;
    let mut preparing = JoinSet::new();
    for (kind, api) in Kind::ALL.iter().zip(apis.iter().cycle()) {
        preparing.spawn(RetryCase::new(*kind, api.clone(), format!("{kind:?}-{round}").to_lowercase()));
    }
    preparing.join_all().await
}

/// Sends every write at once, kills the server somewhere in the midst of their answers, and keeps what came. Now and
/// then a client hangs up before its answer.
async fn send_and_kill(server: Server, cases: &mut [RetryCase], rng: &mut Rng) {
    let apis = connections(&server).await;
    let mut sent = JoinSet::new();
    for (index, case) in cases.iter().enumerate() {
        let (api, write) = (apis[index % CONNECTIONS].clone(), case.write.clone());
        let timeout_ms = if rng.range(0, 3) == 0 { rng.range(0, 40) } else { 60_000 };
        sent.spawn(async move {
            let answer = tokio::time::timeout(Duration::from_millis(timeout_ms), api.write(write)).await.ok();
            (index, answer)
        });
    }
    let (mut server, killed_after) = (Some(server), rng.range(0, cases.len() as u64));
    let mut ended = 0;
    loop {
        if ended == killed_after
            && let Some(server) = server.take()
        {
            tokio::time::sleep(Duration::from_micros(rng.range(0, 4000))).await;
            server.kill9();
        }
        let Some(result) = sent.join_next().await else { break };
        ended += 1;
        match result.expect("no panic") {
            (index, Some(Ok(answer))) => cases[index].record_answer(&answer),
            (index, Some(Err(status))) => {
                let detail = tonic_types::StatusExt::get_details_error_info(&status);
                let write = &cases[index].write;
                assert!(detail.is_none_or(|info| MAY_END_WITH.contains(&&*info.reason)), "{write:?}: {status:?}");
            }
            (_, None) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_sent_until_it_is_answered_happens_once() {
    retries(Contrary::Nothing, repetitions("retry_rounds", 8, 20)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_sent_until_it_is_answered_happens_once_when_outcomes_are_unknown() {
    retries(Contrary::Unknown, repetitions("contrary_retry_rounds", 3, 10)).await;
}

/// Rounds of writes that are sent until they are answered.
async fn retries(contrary: Contrary, rounds: u64) {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let dir = tempfile::tempdir().expect("there is room");
    let mut server = contrary.server(dir.path(), DEPOT).await;
    let (mut answered, mut unacknowledged, mut absent) = (0, 0, 0);
    for round in 0..rounds {
        let mut cases = cases(&server, round).await;
        for _ in 0..KILLS {
            send_and_kill(server, &mut cases, &mut rng).await;
            server = contrary.server(dir.path(), DEPOT).await;
            let db = Db::open(dir.path()).await;
            for case in &cases {
                match (case.first.is_some(), case.has_happened(&db).await) {
                    (true, _) => answered += 1,
                    (false, true) => unacknowledged += 1,
                    (false, false) => absent += 1,
                }
            }
            db.close().await;
        }
        let apis = connections(&server).await;
        let mut concluding = JoinSet::new();
        for (case, api) in cases.into_iter().zip(apis.iter().cycle()) {
            let (dir, api) = (dir.path().to_owned(), api.clone());
            concluding.spawn(async move { case.conclude(&dir, api).await });
        }
        concluding.join_all().await;
    }
    eprintln!("{answered} answered; {unacknowledged} had happened without an answer, {absent} had not");
    // That a kill or a leave comes between a commit and its answer is rare: a few rounds may have none.
    let is_seen = unacknowledged > 0 || rounds < 20;
    assert!(answered > 0 && absent > 0 && is_seen, "the test tests something");
}
