//! Reads that fail: what the same connection reads next is the newest, and nothing older than what was shown is loaded.

use rollcall::proto::{Consistency, Reason, consistency::Requirement};
use tonic::Code;

use super::disk::{ESTALE, FaultyServer};
use crate::support::{WireTenant, expect_error, golden, server::store_file};

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

/// Somebody who restores a backup under a running server, or a connection that sees an old snapshot: the same to the
/// server.
#[tokio::test]
async fn nothing_older_than_what_was_shown_is_loaded() {
    let faulty = FaultyServer::start().await;
    let world = &faulty.world;
    let question = || world.question("victor", "data.view", "harbour");
    assert!(world.may("victor", "data.view", "harbour").await);

    sqlite(&faulty, "UPDATE tenant SET revision = revision - 1").await;
    faulty.reload().await;
    let refused = world.api.check(question()).await.expect_err("is older than what was shown");
    golden::error(&refused);
    let detail = tonic_types::StatusExt::get_details_error_info(&refused).expect("has a reason");
    assert_eq!((refused.code(), detail.reason.as_str()), (Code::Unavailable, "STORE_BEHIND"));
    let number = |key: &str| detail.metadata.get(key).and_then(|text| text.parse::<i64>().ok()).unwrap();
    assert_eq!(number("revision"), number("shown_revision") - 1);
    expect_error(world.api.write(world.create_site("olga", "new")).await, Code::Unavailable, "STORE_BEHIND");

    sqlite(&faulty, "UPDATE tenant SET revision = revision + 1").await;
    assert!(world.api.check(question()).await.expect("is as it was").allowed);
    // What was created here is there, too, before any view showed it.
    WireTenant::bare(&world.api, "fresh").await;
    sqlite(&faulty, "UPDATE tenant SET tenant_id = 'gone' WHERE tenant_id = 'fresh'").await;
    let fresh = WireTenant { tenant: "fresh".into(), ..world.clone() };
    expect_error(
        fresh.api.check(fresh.question("ada", "job_site.create", "workspace")).await,
        Code::Unavailable,
        "STORE_BEHIND",
    );
}

/// Runs a statement on the store's file, beside the server.
async fn sqlite(faulty: &FaultyServer, sql: &str) {
    use sea_orm::{ConnectionTrait as _, Database};
    let url = format!("sqlite:{}", store_file(faulty.dir.path()).display());
    let db = Database::connect(url).await.expect("the file opens");
    db.execute_unprepared(&format!("PRAGMA foreign_keys = OFF; {sql}")).await.expect("the statement is good");
    db.close().await.expect("the file closes");
}
