//! The backup and the restore of docs/operations.md, command by command, and what is said of their consequences.

use std::{path::Path, process::Command};

use rollcall::proto::{Consistency, consistency::Requirement};
use sea_orm::{ConnectionTrait as _, Database};
use tonic::Code;

use crate::{
    markdown::of_language,
    support::{Server, WireTenant, db::audited, expect_error, server::store_file},
};

/// The commands of the block that begins with `first`, with our database in place of the document's.
fn commands(first: &str) -> Vec<String> {
    let blocks = of_language("docs/operations.md", "sh");
    let block = blocks.iter().find(|block| block.text.starts_with(first));
    let text = &block.unwrap_or_else(|| panic!("no block begins with `{first}`")).text;
    text.lines().map(|line| line.replace("data/rollcall.db", "rollcall.db")).collect()
}

/// Runs `sqlite3 FILE "SQL"` without the sqlite3 program, which not every machine has.
async fn sqlite3(command: &str, dir: &Path) {
    let (file, sql) =
        command.strip_prefix("sqlite3 ").and_then(|rest| rest.split_once(' ')).expect("`sqlite3 FILE SQL`");
    let sql = sql.trim_matches('"').replace("backup.db", &dir.join("backup.db").display().to_string());
    let db = Database::connect(format!("sqlite:{}", dir.join(file).display())).await.expect("the file opens");
    db.execute_unprepared(&sql).await.expect("the statement is good");
    db.close().await.expect("the file closes");
}

#[tokio::test]
async fn a_backup_of_a_running_server_restores_what_it_had() {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let server = Server::start(dir.path()).await;
    let world = WireTenant::seeded(&server.api().await, "acme").await;
    let before =
        world.api.write(world.invite("edith", "early@acme.test", "harbour", "viewer").under("the early request")).await;
    let early = before.expect("an editor invites").invite().results[0].invitation_token.clone();
    let observed_state = world.observed_state().await;

    let [backup] = commands("sqlite3").try_into().expect("one command");
    sqlite3(&backup, dir.path()).await;

    world.api.write(world.accept("early", &early)).await.expect("the invitation is open");
    let late = world.invite("edith", "late@acme.test", "harbour", "viewer").under("the late request");
    let lost = world.api.write(late.clone()).await.expect("an editor invites").invite();
    // The hardest case: what was written last is in the write-ahead log alone.
    server.kill9();
    let log = format!("{}-wal", store_file(dir.path()).display());
    assert!(Path::new(&log).exists(), "a killed server leaves its log behind");

    for command in commands("cp") {
        let status = Command::new("bash").args(["-c", &command]).current_dir(dir.path()).status();
        assert!(status.expect("bash runs").success(), "{command}");
    }
    let server = Server::start(dir.path()).await;
    let world = WireTenant { api: server.api().await, ..world };
    assert_eq!(world.observed_state().await, observed_state, "as at the time of the backup");
    audited(dir.path(), "acme").await;

    let mut question = world.question("edith", "data.edit", "harbour");
    question.consistency = Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh(lost.token)) });
    let ahead = world.api.check(question.clone()).await;
    expect_error(ahead, Code::FailedPrecondition, "TOKEN_AHEAD");
    let gone = world.api.write(world.accept("late", &lost.results[0].invitation_token)).await;
    expect_error(gone, Code::NotFound, "INVITATION_NOT_FOUND");
    world.api.write(late).await.expect("the retry is a new write");
    world.api.write(world.accept("early", &early)).await.expect("is pending again");
    let lost = world.api.check(question).await;
    expect_error(lost, Code::FailedPrecondition, "TOKEN_LOST");
    assert_eq!(server.terminate().await.code(), Some(0));
    assert!(!Path::new(&log).exists(), "after an orderly stop the file is whole");
}
