//! Personal data is in three tables, and nowhere else: not in the log, not in what is kept for retries, not in what the
//! server prints. So whoever is to be forgotten is forgotten by deleting their rows, and everything else goes on.

mod random_run;

use std::{fs, path::Path};

use rollcall::proto::{ListChangesRequest, Subject, WatchChangesRequest, watch_changes_request::Start};
use rollcall::store::SqlReader;

use self::random_run::{PersonalData, RandomRun};
use crate::{
    log::all,
    support::{Server, TestServer, WireTenant, db::Db, repetitions, rng::Rng, server::store_file, wire_tenant::DEPOT},
};

/// The most that a server can be made to print of its own accord.
const LOG_LEVEL: &str = "log.level=debug";

/// A server after a random run in which much was said about people, and what was said.
async fn after_a_random_run() -> (TestServer, WireTenant, RandomRun) {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let stage = TestServer::with(&[DEPOT, &[LOG_LEVEL, "sweep.every=50ms"]].concat()).await;
    let mut run = RandomRun::begin(&stage.api, seed).await;
    for _ in 0..repetitions("privacy_writes", 250, 2500) {
        run.step().await;
    }
    let world = run.world.clone();
    (stage, world, run)
}

/// What is found of these texts in bytes, whatever the case of their letters.
fn found_in<'t>(bytes: &[u8], personal: &'t PersonalData) -> Vec<&'t str> {
    let lower = bytes.to_ascii_lowercase();
    let text = String::from_utf8_lossy(&lower);
    personal.needles().filter(|needle| text.contains(*needle)).collect()
}

/// The bytes of a store's files.
fn bytes_of(dir: &Path) -> Vec<u8> {
    let name = store_file(dir);
    let files = ["", "-wal", "-shm", "-journal"].map(|end| format!("{}{end}", name.display()));
    files.iter().filter_map(|file| fs::read(file).ok()).flatten().collect()
}

/// Has the files hold what the tables have, and nothing of before.
async fn compact(db: &Db) {
    db.execute("VACUUM").await;
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
}

#[tokio::test]
async fn without_the_tables_of_profiles_addresses_and_reasons_nobody_is_named_anywhere() {
    let (stage, world, mut run) = after_a_random_run().await;
    // Where the store fails, the server prints why.
    for table in ["profile", "address", "reason"] {
        let db = Db::open(stage.dir.path()).await;
        db.execute(&format!("ALTER TABLE {table} RENAME TO gone")).await;
        for _ in 0..10 {
            run.step().await;
        }
        db.execute(&format!("ALTER TABLE gone RENAME TO {table}")).await;
        db.close().await;
    }
    assert!(run.accepted > 50 && run.refused > 10);
    let kinds = all(&world, ListChangesRequest::default()).await.len();
    assert!(kinds > 100, "{kinds} changes");
    let TestServer { server, dir, .. } = stage;
    let log = server.log();
    assert_eq!(server.terminate().await.code(), Some(0));
    assert!(log.iter().any(|line| line.contains("a request failed")), "what fails is printed: {log:?}");
    assert_eq!(found_in(log.join("\n").as_bytes(), &run.personal), Vec::<&str>::new(), "in the lines of the log");

    let before = found_in(&bytes_of(dir.path()), &run.personal).len();
    assert!(before > 50, "only {before} texts are in the store's files, so that the search would find nothing");
    let db = Db::open(dir.path()).await;
    for table in ["profile", "address", "reason"] {
        db.execute(&format!("DROP TABLE {table}")).await;
    }
    compact(&db).await;
    db.close().await;
    let bytes = bytes_of(dir.path());
    assert!(bytes.len() > 100_000, "the log is there still");
    assert_eq!(found_in(&bytes, &run.personal), Vec::<&str>::new(), "in the store's files");
}

#[tokio::test]
async fn whoever_is_forgotten_leaves_the_log_and_its_followers_as_they_were() {
    let (stage, world, run) = after_a_random_run().await;
    let before = all(&world, ListChangesRequest::default()).await;
    let moments = run.moments().await;
    let TestServer { server, dir, .. } = stage;
    assert_eq!(server.terminate().await.code(), Some(0));

    let forgotten = run.somebody();
    let db = Db::open(dir.path()).await;
    let personal = run.personal.of(&forgotten);
    assert!(!found_in(&bytes_of(dir.path()), &personal).is_empty(), "{forgotten} was known");
    db.execute("PRAGMA secure_delete = ON").await;
    db.execute(&format!(
        "DELETE FROM address WHERE member_id IN (SELECT member_id FROM profile WHERE subject_id = '{forgotten}'); \
         DELETE FROM address WHERE email LIKE '%{0}%'; \
         DELETE FROM reason WHERE text LIKE '%{0}%'; \
         DELETE FROM profile WHERE subject_id = '{forgotten}' OR email_key LIKE '%{0}%' OR display_name LIKE '%{0}%'",
        random_run::mark_of(&forgotten)
    ))
    .await;
    compact(&db).await;
    db.close().await;
    assert_eq!(found_in(&bytes_of(dir.path()), &personal), Vec::<&str>::new(), "{forgotten} is named nowhere");

    let server = Server::start_with(dir.path(), DEPOT).await;
    let world = WireTenant { api: server.api().await, ..world };
    let after = all(&world, ListChangesRequest::default()).await;
    assert_eq!(after.len(), before.len());
    let positions = |changes: &[rollcall::proto::Change]| changes.iter().map(crate::log::position).collect::<Vec<_>>();
    assert_eq!(positions(&after), positions(&before));
    let shown = format!("{after:?}");
    assert!(shown.contains("\"erased\"") && !shown.contains(&format!("id: \"{forgotten}\"")), "as somebody erased");
    assert_eq!(watched(&world, after.len()).await, positions(&after).into_iter().rev().collect::<Vec<_>>());

    // Everybody else is decided about as then, at every moment.
    for (token, who, expected) in moments {
        let found = run.decided(&world, &token, &who).await;
        if who == forgotten {
            assert!(found.iter().all(|allowed| !allowed), "nobody is called so any more");
        } else {
            assert_eq!(found, expected, "{who} at {token}");
        }
    }
    let reader = SqlReader::open(&store_file(dir.path()).display().to_string()).await.unwrap();
    let verified = reader.verify_log(&world.tenant).await.unwrap();
    assert!(matches!(verified, Some((_, None))), "{verified:?}");
    reader.close().await.unwrap();
    let actor = Some(Subject { r#type: "user".into(), id: forgotten });
    let request = ListChangesRequest { actor, ..Default::default() };
    assert!(all(&world, request).await.is_empty());
}

/// The positions of the changes that a watch from the beginning sends, until it has sent so many.
async fn watched(world: &WireTenant, count: usize) -> Vec<(i64, u32)> {
    let start = Some(Start::FromBeginning(true));
    let request = WatchChangesRequest { tenant: world.tenant.clone(), start, kinds: Vec::new() };
    let mut stream = world.api.watch.clone().watch_changes(request).await.unwrap().into_inner();
    let mut found = Vec::new();
    while found.len() < count {
        let response = stream.message().await.unwrap().expect("a watch goes on");
        found.extend(response.changes.iter().map(crate::log::position));
    }
    found
}
