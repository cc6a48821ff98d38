//! A store that is put back to an earlier state under a running server: no view goes on, and what was learned from the
//! lost history is told from what is true.

use std::{path::Path, time::Duration};

use rollcall::proto::{
    ChangeRoleRequest, Consistency, WatchChangesRequest, consistency::Requirement, watch_changes_request::Start,
};
use tokio::time::sleep;
use tonic::Code;

use crate::support::{
    WireTenant, Write, db::Db, error::reason_of, expect_error, tokens::revision_of, wire_tenant::fixture,
};

/// How often a watch looks at the log, if nothing wakes it.
const POLL: Duration = Duration::from_secs(1);

/// Copies the store as it is now.
async fn back_up(dir: &Path) {
    let db = Db::open(dir).await;
    db.execute(&format!("VACUUM INTO '{}'", dir.join("backup.db").display())).await;
    db.close().await;
}

/// Puts the rows of the copy in the place of those that are there, in one transaction.
async fn put_back(dir: &Path) {
    let db = Db::open(dir).await;
    let tables = db.rows("SELECT name FROM sqlite_master WHERE type = ?", "table").await;
    let tables = tables.iter().map(|row| row.try_get::<String>("", "name").expect("a name"));
    let replaced: Vec<String> = tables
        .map(|table| format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM backup.{table};"))
        .collect();
    let replaced = replaced.concat();
    let backup = dir.join("backup.db");
    db.execute(&format!(
        "PRAGMA foreign_keys = OFF; ATTACH '{}' AS backup; BEGIN IMMEDIATE; {replaced} COMMIT;",
        backup.display()
    ))
    .await;
    db.close().await;
}

fn at_least(token: &str) -> Option<Consistency> {
    Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh(token.to_owned())) })
}

fn exactly(token: &str) -> Option<Consistency> {
    Some(Consistency { requirement: Some(Requirement::AtExactSnapshot(token.to_owned())) })
}

/// What is said of a token.
async fn said_of(world: &WireTenant, consistency: Option<Consistency>) -> Result<bool, String> {
    let mut question = world.question("victor", "data.view", "harbour");
    question.consistency = consistency;
    world.api.check(question).await.map(|answer| answer.allowed).map_err(|status| reason_of(&status))
}

#[tokio::test]
async fn no_view_goes_on_and_tokens_of_the_lost_history_are_refused_as_such() {
    let (stage, world) = fixture().await;
    let common = world.token().await;
    back_up(stage.dir.path()).await;
    world.does(world.remove("edith", "victor", "harbour")).await;
    let lost = world.token().await;
    assert!(!world.may("victor", "data.view", "harbour").await);
    put_back(stage.dir.path()).await;

    // Nothing asks the store but the server itself.
    while !world.may("victor", "data.view", "harbour").await {
        sleep(Duration::from_millis(20)).await;
    }
    let refused = || Err("TOKEN_LOST".to_owned());
    assert_eq!(said_of(&world, at_least(&lost)).await, refused(), "its revision is not there");
    assert_eq!(said_of(&world, exactly(&lost)).await, refused());
    assert_eq!(said_of(&world, at_least(&common)).await, Ok(true));
    world.does(world.create_site("olga", "new")).await;
    let newest = world.token().await;
    assert_eq!(revision_of(&newest), revision_of(&lost), "the same number is of another history");
    assert_eq!(said_of(&world, at_least(&lost)).await, refused(), "its revision is another write's");
    assert_eq!(said_of(&world, exactly(&lost)).await, refused());
    assert_eq!(said_of(&world, exactly(&newest)).await, Ok(true));
    let listed = world.api.list_members(rollcall::proto::ListMembersRequest {
        consistency: at_least(&lost),
        ..world.members_at("harbour")
    });
    expect_error(listed.await, Code::FailedPrecondition, "TOKEN_LOST");
    assert!(stage.server.log().iter().any(|line| line.contains("the store was put back to an earlier state")));
}

#[tokio::test]
async fn a_write_right_after_it_is_decided_by_what_is_there() {
    let (stage, world) = fixture().await;
    back_up(stage.dir.path()).await;
    world.does(world.change("edith", "victor", "harbour", "editor")).await;
    let lost_etag = world.etag("victor").await;
    put_back(stage.dir.path()).await;
    // Victor is a viewer again, and may not do what he might a moment ago.
    let refused = world.api.write(world.invite("victor", "new@acme.test", "harbour", "viewer")).await;
    expect_error(refused, Code::PermissionDenied, "NOT_PERMITTED");
    world.does(world.change("edith", "victor", "harbour", "editor")).await;
    assert!(world.may("victor", "data.edit", "harbour").await);
    let Write::ChangeRole(request) = world.change("edith", "victor", "harbour", "viewer") else { unreachable!() };
    let refused = world.api.write(Write::from(ChangeRoleRequest { etag: lost_etag, ..request })).await;
    expect_error(refused, Code::Aborted, "ETAG_MISMATCH");
}

#[tokio::test]
async fn a_watcher_is_told_to_begin_anew() {
    let (stage, world) = fixture().await;
    back_up(stage.dir.path()).await;
    let start = Some(Start::After(world.token().await));
    let request = WatchChangesRequest { tenant: world.tenant.clone(), start, kinds: Vec::new() };
    let mut client = world.api.watch.clone();
    let mut stream = client.watch_changes(request).await.expect("the token is of the tenant").into_inner();
    world.does(world.create_site("olga", "lost")).await;
    let lost = loop {
        let response = stream.message().await.expect("the watch goes on").expect("there is a change");
        if !response.changes.is_empty() {
            break response.token;
        }
    };
    put_back(stage.dir.path()).await;
    let reset = loop {
        let response = stream.message().await.expect("the watch goes on").expect("it is told");
        if response.reset.is_some() {
            break response;
        }
    };
    assert!(reset.changes.is_empty() && revision_of(&reset.token) < revision_of(&lost));
    // Time enough to look at the log once more and find nothing.
    sleep(POLL * 3).await;
    world.does(world.create_site("olga", "pier")).await;
    let next = stream.message().await.expect("the watch goes on").expect("there are changes");
    assert!(next.reset.is_none(), "it is told once");
    assert_eq!(revision_of(&next.token), revision_of(&lost), "and what comes after it is sent, whatever its number");
    assert!(!next.changes.is_empty());
}

#[tokio::test]
async fn a_tenant_that_is_not_there_any_more_may_be_made_anew() {
    let (stage, world) = fixture().await;
    back_up(stage.dir.path()).await;
    let second = WireTenant::seeded(&stage.api, "globex").await;
    let lost = second.token().await;
    put_back(stage.dir.path()).await;
    while said_of(&second, None).await != Err("TENANT_NOT_FOUND".to_owned()) {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(said_of(&world, None).await, Ok(true));
    second.does(second.create_tenant("ada")).await;
    assert!(second.revision().await < revision_of(&lost));
    for consistency in [at_least(&lost), exactly(&lost)] {
        assert_eq!(said_of(&second, consistency).await, Err("TOKEN_LOST".to_owned()));
    }
}
