//! Each migration leaves what the version before it reads and writes: it only adds, and nothing that must be given.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, QueryResult, Statement};
use sea_orm_migration::MigratorTrait as _;

use super::Migrator;

/// The migrations that take something away which no version uses any more that may run beside them, oldest first.
const CONTRACTING: [&str; 0] = [];

/// Columns with their tables, their types, whether they must be given, and what fills them in otherwise.
const COLUMNS: &str = r#"SELECT "table".name || '.' || "column".name,
        "column".type, "column"."notnull" AND "column".dflt_value IS NULL
    FROM sqlite_schema "table", pragma_table_info("table".name) "column" WHERE "table".type = 'table'"#;
/// Unique indexes with their columns, the keys of tables included.
const UNIQUE: &str = r#"SELECT "table".name || '(' || group_concat(coalesce("column".name, 'an expression')) || ')'
    FROM sqlite_schema "table", pragma_index_list("table".name) "index", pragma_index_info("index".name) "column"
    WHERE "table".type = 'table' AND "index"."unique" GROUP BY "table".name, "index".name"#;

/// What a version relies on.
struct Tables {
    /// The type of each column, and whether it must be given.
    columns: BTreeMap<String, (String, bool)>,
    unique: Vec<String>,
}

impl Tables {
    async fn read(db: &DatabaseConnection) -> Self {
        let column = |row: &QueryResult| {
            let (name, kind, must_be_given) = row.try_get_many_by_index().unwrap();
            (name, (kind, must_be_given))
        };
        let columns = find(db, COLUMNS).await.iter().map(column).collect();
        let unique = find(db, UNIQUE).await.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        Self { columns, unique }
    }

    fn has_table(&self, name: &str) -> bool {
        self.columns.keys().any(|column| table_of(column) == name)
    }
}

async fn find(db: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
    db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap()
}

fn table_of(name: &str) -> &str {
    name.split(['.', '(']).next().unwrap_or_default()
}

/// What a version that expects `before` can't do with `after`.
fn faults(before: &Tables, after: &Tables) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, (kind, must_be_given)) in &before.columns {
        match after.columns.get(name) {
            None => faults.push(format!("{name} is gone")),
            Some((other, _)) if other != kind => faults.push(format!("{name} was {kind} and is {other}")),
            Some((_, true)) if !must_be_given => faults.push(format!("{name} must be given")),
            Some(_) => {}
        }
    }
    for (name, (_, must_be_given)) in &after.columns {
        if *must_be_given && !before.columns.contains_key(name) && before.has_table(table_of(name)) {
            faults.push(format!("{name} is new and must be given"));
        }
    }
    for key in &after.unique {
        if !before.unique.contains(key) && before.has_table(table_of(key)) {
            faults.push(format!("{key} must be unique"));
        }
    }
    faults
}

/// A database of its own, which goes away with the directory.
async fn database() -> (tempfile::TempDir, DatabaseConnection) {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::connect(format!("sqlite:{}?mode=rwc", dir.path().join("tables.db").display())).await.unwrap();
    (dir, db)
}

#[tokio::test]
async fn each_migration_only_adds() {
    let (_dir, db) = database().await;
    let mut before = Tables::read(&db).await;
    for migration in Migrator::migrations() {
        Migrator::up(&db, Some(1)).await.unwrap();
        let after = Tables::read(&db).await;
        if !CONTRACTING.contains(&migration.name()) {
            let name = migration.name();
            assert_eq!(faults(&before, &after), Vec::<String>::new(), "{name} is in the way of the version before it");
        }
        before = after;
    }
    assert!(before.has_table("tenant") && before.unique.len() > 15, "{:?}", before.unique);
}

#[tokio::test]
async fn what_is_in_the_way_of_the_version_before_is_found() {
    for (sql, fault) in [
        ("ALTER TABLE reason DROP COLUMN text", &["reason.text is gone"][..]),
        ("DROP TABLE lease", &["lease.ends_at is gone", "lease.holder is gone", "lease.name is gone"]),
        (
            "ALTER TABLE owner RENAME COLUMN epoch TO era",
            &["owner.epoch is gone", "owner.era is new and must be given"],
        ),
        ("ALTER TABLE owner ADD COLUMN era bigint NOT NULL DEFAULT 0", &[]),
        ("ALTER TABLE owner ADD COLUMN era bigint", &[]),
        ("CREATE TABLE era (number bigint NOT NULL PRIMARY KEY)", &[]),
        ("CREATE INDEX by_name ON tenant (display_name)", &[]),
        ("CREATE UNIQUE INDEX by_name ON tenant (display_name)", &["tenant(display_name) must be unique"]),
    ] {
        let (_dir, db) = database().await;
        Migrator::up(&db, None).await.unwrap();
        let before = Tables::read(&db).await;
        db.execute_unprepared(sql).await.unwrap();
        assert_eq!(faults(&before, &Tables::read(&db).await), fault, "{sql}");
    }
}
