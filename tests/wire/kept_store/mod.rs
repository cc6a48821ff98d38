//! A store of the first format with every kind of change in it is kept as a file. What opens it now migrates it, and then
//! everything that was asked when it was made is answered as it was then.

mod story;

use std::{collections::BTreeSet, fs, ops::RangeInclusive, path::PathBuf, process::Command};

use rollcall::proto::ChangeKind;
use serde_json::{Value, json};

use self::story::{Answers, Teller};
use crate::support::{db::Db, golden, server::store_file};

/// The numbers of the kinds of changes that the first format has.
const KINDS_OF_FORMAT_1: RangeInclusive<i32> = 1..=23;

/// What is kept of a format: policies, the story, the store that it made, and the answers.
fn folder(format: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire/kept_store").join(format)
}

/// A directory with a copy of the kept store. Where there is none, it is made by telling the story, with
/// `TEST_GOLDEN=write` only.
async fn copy_of(format: &str) -> (tempfile::TempDir, bool) {
    let (dir, kept) = (tempfile::tempdir().unwrap(), folder(format).join("store.db"));
    if kept.exists() {
        fs::copy(&kept, store_file(dir.path())).unwrap();
        // As if it had been kept in this file ever since: an adopted copy is another store, whose tokens are others.
        let db = Db::open(dir.path()).await;
        db.execute("UPDATE owner SET file = NULL").await;
        db.close().await;
        return (dir, false);
    }
    assert!(golden::writes(), "{} is gone; take it from the history of this repository", kept.display());
    let teller = Teller::start(dir.path(), &folder(format)).await;
    let answers = teller.answers().await;
    drop(teller);
    let db = Db::open(dir.path()).await;
    db.execute("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").await;
    db.close().await;
    fs::copy(store_file(dir.path()), kept).unwrap();
    fs::write(folder(format).join("answers.json"), format!("{:#}\n", json!(answers))).unwrap();
    (dir, true)
}

#[tokio::test]
async fn a_store_of_the_first_format_answers_as_when_it_was_made() {
    let (dir, is_new) = copy_of("format_1").await;
    let teller = Teller::start(dir.path(), &folder("format_1")).await;
    let kept: Answers =
        serde_json::from_str(&fs::read_to_string(folder("format_1").join("answers.json")).unwrap()).unwrap();
    assert_that_every_kind_is_in(&kept);

    assert_kept("a request that is sent again", &kept.story, &teller.story().await);
    assert_kept("a read", &kept.reads, &teller.reads().await);
    assert_kept("a moment of the past", &kept.moments, &teller.moments(&kept.moments).await);
    assert!(is_new || kept.moments.len() > 20);
    teller.assert_that_writes_go_on().await;
    drop(teller);

    let db = Db::open(dir.path()).await;
    for check in ["PRAGMA integrity_check", "PRAGMA foreign_key_check"] {
        let rows = db.rows(check, "").await;
        let found: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert!(found.iter().all(|row| row == "ok"), "{check}: {found:?}");
    }
    db.close().await;
    let mut verify = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    let status = verify.args(["log", "verify", "--database"]).arg(store_file(dir.path())).status().unwrap();
    assert!(status.success(), "its log is whole");
}

fn assert_that_every_kind_is_in(kept: &Answers) {
    let changes = kept.reads.iter().filter_map(|read| read.pointer("/answer/changes")).flat_map(|changes| {
        changes.as_array().unwrap().iter().map(|change| change.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
    });
    let fields: BTreeSet<String> = changes.flatten().collect();
    let descriptor = story::message_of("rollcall.v1.Change");
    for number in KINDS_OF_FORMAT_1 {
        let kind = ChangeKind::try_from(number).unwrap().as_str_name();
        let name = kind.trim_start_matches("CHANGE_KIND_").to_lowercase();
        let field = descriptor.get_field_by_name(&name).unwrap_or_else(|| panic!("no field `{name}`"));
        assert!(fields.contains(field.json_name()), "no `{name}` in the kept log");
    }
}

fn assert_kept(what: &str, kept: &[Value], found: &[Value]) {
    assert_eq!(kept.len(), found.len());
    for (kept, found) in kept.iter().zip(found) {
        assert_eq!(kept, found, "{what} has another answer than was kept:\n--- kept\n{kept:#}\n--- now\n{found:#}");
    }
}
