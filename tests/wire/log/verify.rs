//! `rollcall log verify` finds what was done to a change log by hand.

use std::{fs, path::Path, process::Command};

use crate::support::{Server, WireTenant, db::Db, server::store_file};

/// What the command prints about a database, and its exit code.
fn verify(file: &Path, more: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    let output = command.args(["log", "verify", "--database"]).arg(file).args(more).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).expect("text"), output.status.code())
}

#[tokio::test]
async fn a_changed_a_missing_and_a_moved_row_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path()).await;
    let world = WireTenant::seeded(&server.api().await, "acme").await;
    let commits = world.revision().await;
    let file = store_file(dir.path());
    let whole = format!("$system: whole, 0 commits\nacme: whole, {commits} commits\n");
    assert_eq!(verify(&file, &[]), (whole.clone(), Some(0)), "beside its server");
    assert_eq!(server.terminate().await.code(), Some(0));
    assert_eq!(verify(&file, &[]), (whole, Some(0)));
    assert_eq!(verify(&file, &["--tenant", "nobody"]).1, Some(1));

    let altered = |revision: i64| {
        format!("acme: commit {revision} is not what its digest covers: it or the one before it was altered or moved\n")
    };
    for (done, expected) in [
        (
            "UPDATE log_change SET data = replace(data, '\"locked\":false', '\"locked\":true') WHERE revision = 3",
            altered(3),
        ),
        ("UPDATE log_change SET rule = 'operator' WHERE revision = 4 AND seq = 0", altered(4)),
        ("UPDATE log_commit SET caller = 'somebody' WHERE revision = 5", altered(5)),
        ("UPDATE log_commit SET digest = zeroblob(32) WHERE revision = 6", altered(6)),
        ("UPDATE log_change SET actor = 'somebody' WHERE revision = 4 AND seq = 0", altered(4)),
        ("UPDATE log_change SET at = at + 1 WHERE revision = 5 AND seq = 0", altered(5)),
        ("DELETE FROM log_change WHERE revision = 4 AND seq = 1", altered(4)),
        ("UPDATE log_change SET seq = seq + 100 WHERE revision = 5", altered(5)),
        ("UPDATE log_change SET revision = 6, seq = seq + 100 WHERE revision = 7", altered(6)),
        (
            "DELETE FROM log_change WHERE revision = 3; DELETE FROM log_commit WHERE revision = 3",
            "acme: commit 3 is missing\n".to_owned(),
        ),
        (
            "DELETE FROM log_change WHERE revision = (SELECT max(revision) FROM log_commit); \
          DELETE FROM log_commit WHERE revision = (SELECT max(revision) FROM log_commit)",
            format!("acme: commit {commits} is missing\n"),
        ),
        (
            "UPDATE tenant SET head = zeroblob(8) WHERE tenant_id = 'acme'",
            format!("acme: the newest commit, {commits}, is not the one that the tenant's row names\n"),
        ),
    ] {
        let copy = dir.path().join("copy.db");
        fs::copy(&file, &copy).unwrap();
        let db = Db::at(&copy).await;
        db.execute(&format!("PRAGMA foreign_keys = OFF; {done}")).await;
        db.close().await;
        assert_eq!(verify(&copy, &["--tenant", "acme"]), (expected, Some(1)), "{done}");
    }
}
