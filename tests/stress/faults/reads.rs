//! Reads that fail: what the same connection reads next is the newest.

use rollcall::proto::{Consistency, Reason, consistency::Requirement};
use tonic::Code;

use super::disk::{ESTALE, FaultyServer};
use crate::support::{expect_error, golden};

/// A server one of whose reads has just failed.
async fn after_a_failed_read() -> FaultyServer {
    let faulty = FaultyServer::start().await;
    let world = &faulty.world;
    // Pages that the connection has in its cache are read no more; this makes them old.
    world.api.write(world.create_site("olga", "new")).await.expect("anybody may");
    faulty.fail_next("read", ESTALE);
    let failed = world.api.list_members(world.members_at("harbour")).await;
    golden::error(failed.as_ref().expect_err("the disk failed"));
    expect_error(failed, Code::Unavailable, "STORE_UNAVAILABLE");
    assert!(!faulty.is_pending());
    faulty
}

#[tokio::test]
async fn after_a_failed_read_lists_go_on_with_the_newest() {
    let faulty = after_a_failed_read().await;
    let world = &faulty.world;
    assert!(world.names(world.members_at("harbour")).await.contains(&"victor".to_owned()));
    world.api.write(world.remove("edith", "victor", "harbour")).await.expect("an editor may");
    assert!(!world.names(world.members_at("harbour")).await.contains(&"victor".to_owned()));
    assert!(world.grants("victor").await.iter().all(|grant| !grant.starts_with("harbour")));
}

#[tokio::test]
async fn a_view_that_is_loaded_after_a_failed_read_is_the_newest() {
    let faulty = after_a_failed_read().await;
    let world = &faulty.world;
    // The next read would start the snapshot that the load then sees.
    world.names(world.members_at("harbour")).await;
    world.api.write(world.remove("edith", "victor", "harbour")).await.expect("an editor may");
    assert_eq!(world.check("victor", "data.view", "harbour").await, (false, Reason::NotGranted));
    faulty.reload().await;
    assert_eq!(world.check("victor", "data.view", "harbour").await, (false, Reason::NotGranted));
    assert!(world.may("vera", "data.view", "harbour").await);
}

#[tokio::test]
async fn a_load_that_fails_leaves_nothing_behind() {
    let faulty = FaultyServer::start().await;
    let world = &faulty.world;
    world.api.write(world.remove("edith", "victor", "harbour")).await.expect("an editor may");
    faulty.reload().await;
    faulty.fail_next("read", ESTALE);
    let failed = world.api.check(world.question("victor", "data.view", "harbour")).await;
    expect_error(failed, Code::Unavailable, "STORE_UNAVAILABLE");
    assert!(!faulty.is_pending());
    assert!(!world.may("victor", "data.view", "harbour").await);
    world.api.write(world.remove("edith", "vera", "harbour")).await.expect("an editor may");
    faulty.reload().await;
    let mut question = world.question("vera", "data.view", "harbour");
    question.consistency = Some(Consistency { requirement: Some(Requirement::FullyConsistent(true)) });
    assert!(!world.api.check(question).await.expect("the disk is well again").allowed);
}
