//! What others do to the database: they use up its connections, leave transactions open, end sessions, and crash the server.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait as _};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    stage::Stage,
    support::{
        Server, WireTenant, db::Db, error::reason_of, postgres::Server as PostgresServer, repetitions,
        retry_case::MAY_END_WITH, store::postgres_url, wire_tenant::DEPOT,
    },
};

const PATIENCE: Duration = Duration::from_secs(30);
/// Tenants that are written to at once.
const TENANTS: usize = 8;

/// A connection of the test's own past the proxy.
async fn connection(stage: &Stage) -> DatabaseConnection {
    Database::connect(postgres_url(stage.dir.path())).await.expect("the server takes connections")
}

/// Tenants with a member each whose role is changed.
async fn tenants(stage: &Stage) -> Vec<WireTenant> {
    let mut worlds = Vec::new();
    for number in 0..TENANTS {
        worlds.push(WireTenant::depot(&stage.api, &format!("tenant-{number}"), &["otto"]).await);
    }
    worlds
}

/// Changes a role there and back until somebody says stop, and insists on each change: how many were made. Each is under a
/// request id of its own, so that one whose answer was lost is not made twice.
async fn write_on(world: WireTenant, until: Instant) -> usize {
    let mut made = 0;
    while Instant::now() < until {
        let role = ["keeper", "hand"][made % 2];
        let change = world.change("ada", "otto", "depot:", role).under(&format!("a-change-at-random-{made}"));
        let begun = Instant::now();
        while let Err(status) = world.api.write(change.clone()).await {
            assert!(MAY_END_WITH.contains(&&*reason_of(&status)), "{status:?}");
            assert!(begun.elapsed() < PATIENCE, "it does not go through: {status:?}");
            sleep(Duration::from_millis(20)).await;
        }
        made += 1;
    }
    made
}

/// Writes to all tenants for a while, in which something is done, and asserts that each write was made once.
async fn write_while<F: Future<Output = ()>>(stage: &Stage, span: Duration, hardship: F) {
    let worlds = tenants(stage).await;
    let until = Instant::now() + span;
    let mut writing = JoinSet::new();
    for world in worlds.clone() {
        writing.spawn(async move {
            let before = world.revision().await;
            let made = write_on(world.clone(), until).await;
            (world, before, made)
        });
    }
    hardship.await;
    let db = Db::over(postgres_url(stage.dir.path())).await;
    for (world, before, made) in writing.join_all().await {
        assert!(made > 0, "something was written to {}", world.tenant);
        let revision = db.revision(&world.tenant).await;
        assert_eq!(revision, before + i64::try_from(made).unwrap(), "each was made once in {}", world.tenant);
        assert_eq!(world.grants("otto").await, [format!("{} {}", world.tenant, ["hand", "keeper"][made % 2])]);
    }
    db.close().await;
}

fn span() -> Duration {
    Duration::from_secs(repetitions("seconds_of_hardship", 4, 30))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_ended_are_opened_again() {
    let stage = Stage::new(&["store.write_connections=4"]).await;
    let killer = connection(&stage).await;
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let until = Instant::now() + span();
    write_while(&stage, span(), async {
        while Instant::now() < until {
            sleep(Duration::from_millis(150)).await;
            killer.execute_unprepared(others).await.expect("the test is the owner");
        }
    })
    .await;
}

/// A transaction of somebody else has a tenant's row: writes to that tenant end, others go on, and reads too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_somebody_left_open_holds_up_one_tenant() {
    let stage = Stage::new(&[]).await;
    let worlds = tenants(&stage).await;
    let (held_up, other) = (&worlds[0], &worlds[1]);
    let somebody = connection(&stage).await;
    let left_open = somebody.begin().await.expect("the server takes it");
    let lock = format!("SELECT 1 FROM tenant WHERE tenant_id = '{}' FOR UPDATE", held_up.tenant);
    left_open.execute_unprepared(&lock).await.expect("nobody else has it");
    let waiting = tokio::spawn({
        let world = held_up.clone();
        async move { world.api.write(world.change("ada", "otto", "depot:", "keeper")).await }
    });
    for role in ["keeper", "hand", "keeper"] {
        other.does(other.change("ada", "otto", "depot:", role)).await;
    }
    assert!(held_up.may("ada", "box.create", "depot:").await && !held_up.grants("otto").await.is_empty());
    let status = waiting.await.expect("no panic").expect_err("somebody has the row");
    assert_eq!(reason_of(&status), "WRITER_BUSY", "{status:?}");
    left_open.rollback().await.expect("it was open");
    held_up.does(held_up.change("ada", "otto", "depot:", "keeper")).await;
}

/// The server takes no more connections than are open: what needs another ends, and nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_another_connection_what_there_is_goes_on() {
    let stage = Stage::new(&["store.write_connections=16", "store.read_connections=16"]).await;
    let url = postgres_url(stage.dir.path());
    let (server, name) = url.rsplit_once('/').expect("it names a database");
    // It is told so from another database.
    let owner = Database::connect(format!("{server}/postgres")).await.expect("the server takes connections");
    let allow = async |allows: bool| {
        let sql = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allows}");
        owner.execute_unprepared(&sql).await.expect("the test is the owner");
    };
    let hardship = async {
        allow(false).await;
        sleep(span() / 2).await;
        allow(true).await;
    };
    Box::pin(write_while(&stage, span(), hardship)).await;
}

/// A crash of one session makes the server end all and recover.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_crashes_loses_nothing_that_was_acknowledged() {
    let postgres = PostgresServer::start();
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let url = format!("store.url={}", postgres.url);
    let server = Server::start_with(dir.path(), &[DEPOT, &[&*url]].concat()).await;
    let api = server.api().await;
    let world = WireTenant::depot(&api, "acme", &["otto"]).await;
    let before = world.revision().await;
    let until = Instant::now() + span();
    let writing = tokio::spawn(write_on(world.clone(), until));
    while Instant::now() < until {
        sleep(Duration::from_millis(700)).await;
        let Ok(session) = Database::connect(&postgres.url).await else { continue };
        let pid = session.query_all_raw(Statement::from_string(DbBackend::Postgres, "SELECT pg_backend_pid()"));
        let Ok(found) = pid.await else { continue };
        let pid: i32 = found[0].try_get_by_index(0).expect("a number");
        Command::new("kill").args(["-KILL", &pid.to_string()]).status().expect("`kill` runs");
    }
    let made = writing.await.expect("no panic");
    assert!(made > 0);
    let back = Instant::now();
    while world.member("otto").await.is_err() {
        assert!(back.elapsed() < PATIENCE, "it does not come back");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.revision().await, before + i64::try_from(made).unwrap(), "each was made once");
    drop(server);
}
