//! Writes that wait for the store while another process has its lock: those whose callers have left are never made, the
//! queue of a tenant is bounded, and what is told to the others is true.

use std::time::Duration;

use tokio::{task::JoinSet, time::sleep};
use tonic::{Code, Request};

use crate::support::{
    WireTenant, Write,
    db::{Db, audited},
    error::reason_of,
    golden,
    wire_tenant::fixture,
};

/// A write that is allowed once for each number.
fn allowed(world: &WireTenant, number: usize) -> Write {
    world.create_site("olga", &format!("site-{number}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_whose_deadlines_have_passed_are_not_carried_out() {
    let (stage, world) = fixture().await;
    let before = world.revision().await;
    let lock = Db::open(stage.dir.path()).await.hold_writes().await;
    let mut calls = JoinSet::new();
    for number in 0..120 {
        let Write::CreateResource(request) = allowed(&world, number) else { unreachable!() };
        let mut client = world.api.resources.clone();
        calls.spawn(async move {
            let mut request = Request::new(request);
            request.set_timeout(Duration::from_millis(300));
            client.create_resource(request).await.map(drop).map_err(|status| status.code())
        });
    }
    for outcome in calls.join_all().await {
        // The client's own deadline may come first, and then it says so itself.
        assert!(matches!(outcome, Err(Code::DeadlineExceeded | Code::Cancelled)), "{outcome:?}");
    }
    lock.rollback().await.unwrap();
    // The next write comes after whatever waited.
    world.api.write(allowed(&world, 999)).await.expect("the store is free");
    assert_eq!(world.revision().await, before + 1, "none of the others was made");
    audited(stage.dir.path(), &world.tenant).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_has_a_bound_and_a_busy_store_is_told_from_one_that_is_away() {
    let (stage, world) = fixture().await;
    let before = world.revision().await;
    let lock = Db::open(stage.dir.path()).await.hold_writes().await;
    let mut calls = JoinSet::new();
    let mut apis = Vec::new();
    for _ in 0..4 {
        apis.push(stage.server.api().await);
    }
    for number in 0..400 {
        let (api, write) = (apis[number % 4].clone(), allowed(&world, number));
        calls.spawn(async move { api.write(write).await });
    }
    let (mut full, mut busy, mut made) = (0, 0, 0);
    let mut lock = Some(lock);
    while let Some(outcome) = calls.join_next().await {
        match outcome.unwrap() {
            Ok(_) => made += 1,
            Err(status) => {
                if full == 0 && busy == 0 {
                    golden::error(&status);
                    let metadata = tonic_types::StatusExt::get_details_error_info(&status).unwrap().metadata;
                    assert_eq!((metadata["tenant"].as_str(), metadata["limit"].as_str()), ("acme", "256"));
                }
                assert!(tonic_types::StatusExt::get_details_retry_info(&status).is_some(), "it says when to come back");
                match reason_of(&status).as_str() {
                    "WRITE_QUEUE_FULL" => full += 1,
                    "WRITER_BUSY" => busy += 1,
                    other => panic!("`{other}`: {status:?}"),
                }
            }
        }
        // Those for whom there is no room are told at once; then the store is free again.
        if full == 100
            && let Some(lock) = lock.take()
        {
            sleep(Duration::from_millis(100)).await;
            lock.rollback().await.unwrap();
        }
    }
    assert_eq!(full + busy + made, 400);
    assert!((100..=144).contains(&full), "256 wait, and one is under way: {full}");
    assert_eq!(world.revision().await, before + made, "what is told is true");
    audited(stage.dir.path(), &world.tenant).await;
}
