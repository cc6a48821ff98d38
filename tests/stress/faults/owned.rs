//! Who serves a database: one process at a time, whichever path leads to its file, and only while the file is there.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Output,
};

use rollcall::proto::{Consistency, consistency::Requirement};
use tempfile::TempDir;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::support::{
    Server, TestServer, WireTenant, expect_error, golden,
    server::{command, refused, store_file},
    wire_tenant::fixture,
};

fn at_least(token: &str) -> Option<Consistency> {
    Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh(token.to_owned())) })
}

/// What a second server prints and exits with, whose store is this file.
fn second(file: &Path) -> Output {
    let store = format!("store.url=sqlite:{}", file.display());
    let dir = file.parent().expect("the file is in a directory");
    refused(command(dir, &[&store]))
}

/// A new directory beside the store, for other paths to it.
fn beside(stage: &TestServer) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir_in(stage.dir.path()).expect("there is room for a directory");
    let file = dir.path().join("other.db");
    (dir, file)
}

#[tokio::test]
async fn a_second_server_does_not_start_whichever_path_leads_to_the_file() {
    let (stage, world) = fixture().await;
    let store = store_file(stage.dir.path());
    let ((_linked, by_symlink), (_hard, by_hard_link)) = (beside(&stage), beside(&stage));
    symlink(&store, &by_symlink).unwrap();
    fs::hard_link(&store, &by_hard_link).unwrap();
    let (_dir, through_directory) = beside(&stage);
    symlink(stage.dir.path(), through_directory.with_file_name("dir")).unwrap();
    let through_directory = through_directory.with_file_name("dir").join("rollcall.db");
    for path in [&store, &by_symlink, &by_hard_link, &through_directory] {
        let refused = second(path);
        let printed = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{}: {printed}", path.display());
        assert!(printed.contains("another process serves"), "{}: {printed}", path.display());
    }
    assert!(!store.with_extension("db.lock").exists(), "no file beside it is the lock, which could be removed");
    world.allowed(world.remove("edith", "victor", "harbour")).await;
    assert!(!world.may("victor", "data.view", "harbour").await);
}

async fn status(server: &Server, service: &str) -> ServingStatus {
    let mut health = HealthClient::new(server.channel().await);
    let request = HealthCheckRequest { service: service.into() };
    health.check(request).await.expect("the service is known").into_inner().status()
}

async fn until(server: &Server, service: &str, expected: ServingStatus) {
    while status(server, service).await != expected {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Nothing is written at once, and nothing answered once that has been seen; health says both.
async fn assert_lost(stage: &TestServer, world: &WireTenant) {
    let refused = world.api.write(world.remove("edith", "victor", "harbour")).await;
    golden::error(refused.as_ref().expect_err("the file is gone"));
    expect_error(refused, Code::Unavailable, "STORE_LOST");
    let refused = world.api.check(world.question("ada", "data.view", "harbour")).await;
    expect_error(refused, Code::Unavailable, "STORE_LOST");
    let refused = world.api.list_members(world.members_at("harbour")).await;
    expect_error(refused, Code::Unavailable, "STORE_LOST");
    for service in ["", "writes"] {
        until(&stage.server, service, ServingStatus::NotServing).await;
    }
    assert_eq!(status(&stage.server, "liveness").await, ServingStatus::Serving, "a restart would only lose more");
}

#[tokio::test]
async fn a_server_whose_file_is_moved_away_answers_nothing_until_it_is_back() {
    for name in ["rollcall.db", "rollcall.db-wal"] {
        let (stage, world) = fixture().await;
        let (file, away) = (stage.dir.path().join(name), stage.dir.path().join("away"));
        fs::rename(&file, &away).unwrap();
        assert_lost(&stage, &world).await;
        // Whoever puts another file there changes nothing.
        fs::write(&file, "").unwrap();
        assert_lost(&stage, &world).await;
        // A few looks later it is as it was, for nobody opens what is there.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        fs::rename(&away, &file).unwrap();
        until(&stage.server, "writes", ServingStatus::Serving).await;
        world.allowed(world.remove("edith", "victor", "harbour")).await;
        assert!(!world.may("victor", "data.view", "harbour").await);
        let state = world.observed_state().await;
        let TestServer { server, dir, .. } = stage;
        assert_eq!(server.terminate().await.code(), Some(0));
        let server = Server::start(dir.path()).await;
        let world = WireTenant { api: server.api().await, ..world };
        assert_eq!(world.observed_state().await, state, "nothing was lost");
        crate::support::db::audited(dir.path(), &world.tenant).await;
    }
}

#[tokio::test]
async fn a_server_whose_file_is_deleted_acknowledges_nothing() {
    for names in [&["rollcall.db"][..], &["rollcall.db-wal"], &["rollcall.db", "rollcall.db-wal", "rollcall.db-shm"]] {
        let (stage, world) = fixture().await;
        for name in names {
            fs::remove_file(stage.dir.path().join(name)).unwrap();
        }
        assert_lost(&stage, &world).await;
    }
}

#[tokio::test]
async fn a_server_whose_file_is_read_only_answers_and_writes_nothing() {
    let (stage, world) = fixture().await;
    let file = store_file(stage.dir.path());
    let writable = fs::metadata(&file).unwrap().permissions();
    let mut read_only = writable.clone();
    read_only.set_readonly(true);
    fs::set_permissions(&file, read_only).unwrap();
    let refused = world.api.write(world.remove("edith", "victor", "harbour")).await;
    golden::error(refused.as_ref().expect_err("the file is read-only"));
    expect_error(refused, Code::Unavailable, "STORE_READ_ONLY");
    until(&stage.server, "writes", ServingStatus::NotServing).await;
    assert_eq!(status(&stage.server, "").await, ServingStatus::Serving, "it can decide");
    assert!(world.may("victor", "data.view", "harbour").await);
    let dry = world.api.write(world.remove("edith", "victor", "harbour").dry()).await;
    dry.expect("a question is answered");
    fs::set_permissions(&file, writable).unwrap();
    world.allowed(world.remove("edith", "victor", "harbour")).await;
}

#[tokio::test]
async fn a_copy_starts_only_where_it_is_adopted_and_is_another_store() {
    let (stage, world) = fixture().await;
    let token = world.api.write(world.remove("edith", "victor", "harbour")).await.expect("an editor may");
    let token = token.token().to_owned();
    let TestServer { server, dir, .. } = stage;
    assert_eq!(server.terminate().await.code(), Some(0));
    let copy = tempfile::tempdir().unwrap();
    fs::copy(store_file(dir.path()), store_file(copy.path())).unwrap();

    let refused = second(&store_file(copy.path()));
    let printed = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{printed}");
    assert!(printed.contains("is a copy") && printed.contains("--adopt"), "{printed}");

    // The first start adopts it, and a further one finds that it is no copy any more.
    let mut tokens = vec![token];
    for _ in 0..2 {
        let mut adopting = command(copy.path(), &[]);
        adopting.arg("--adopt");
        let server = Server::spawn(adopting).await;
        let adopted = WireTenant { api: server.api().await, ..world.clone() };
        let mut question = adopted.question("victor", "data.view", "harbour");
        for (index, token) in tokens.iter().enumerate() {
            question.consistency = at_least(token);
            let answer = adopted.api.check(question.clone()).await;
            if index == 0 {
                expect_error(answer, Code::InvalidArgument, "TOKEN_FOREIGN");
            } else {
                assert!(!answer.expect("a token of its own is good").allowed);
            }
        }
        question.consistency = None;
        tokens.push(adopted.api.check(question).await.expect("the copy is served").token);
        assert_eq!(server.terminate().await.code(), Some(0));
    }
    // A start without it is enough from then on, as for the first.
    for dir in [dir.path(), copy.path()] {
        assert_eq!(Server::start(dir).await.terminate().await.code(), Some(0));
    }
}
