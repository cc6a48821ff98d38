//! The store's file, read and changed by SQL beside the server that has it open.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, QueryResult, Statement, Value};

use super::{
    replay::{InvitationRow, Key, LogRow, MemberRow, ResourceRow, State},
    server::store_file,
};

/// A connection of the test's own to a store's file.
pub struct Db(DatabaseConnection);

impl Db {
    /// Opens the store of a server that was started in `dir`.
    pub async fn open(dir: &Path) -> Self {
        Self::at(&store_file(dir)).await
    }

    /// Opens a store's file, which must exist.
    pub async fn at(file: &Path) -> Self {
        let url = format!("sqlite:{}", file.display());
        Self(Database::connect(url).await.expect("the file opens"))
    }

    /// Closes the connection.
    pub async fn close(self) {
        self.0.close().await.expect("the file closes");
    }

    /// The revision in the row of a tenant, which must exist.
    pub async fn revision(&self, tenant: &str) -> i64 {
        let rows = self.rows("SELECT revision FROM tenant WHERE tenant_id = ?", tenant).await;
        rows.first().expect("the tenant exists").try_get("", "revision").expect("a number")
    }

    /// A tenant's change log, in order.
    pub async fn log(&self, tenant: &str) -> Vec<LogRow> {
        let sql = "SELECT * FROM change WHERE tenant_id = ? ORDER BY revision, seq";
        self.rows(sql, tenant).await.iter().map(log_row).collect()
    }

    /// The newest revision of a tenant's change log.
    pub async fn newest(&self, tenant: &str) -> Vec<LogRow> {
        let sql = "SELECT * FROM change WHERE tenant_id = ?1 \
                   AND revision = (SELECT max(revision) FROM change WHERE tenant_id = ?1) ORDER BY seq";
        self.rows(sql, tenant).await.iter().map(log_row).collect()
    }

    /// A tenant's facts as the tables have them.
    pub async fn state(&self, tenant: &str) -> State {
        let mut state = State::default();
        for row in self.rows("SELECT policy_version FROM tenant WHERE tenant_id = ?", tenant).await {
            state.policy_version = number(&row, "policy_version");
        }
        for row in self.rows("SELECT * FROM member WHERE tenant_id = ?", tenant).await {
            let fields = MemberRow {
                status: name(&row, &["INVITED", "ACTIVE", "DEACTIVATED"]),
                locked: row.try_get("", "locked").expect("a flag"),
                display_name: text(&row, "display_name"),
                email: maybe(&row, "email"),
                username: maybe(&row, "username"),
                phone: maybe(&row, "phone"),
                created_at: number(&row, "created_at"),
            };
            state.members.insert(key(&row, "subject"), fields);
        }
        for row in self.rows("SELECT * FROM binding WHERE tenant_id = ?", tenant).await {
            let binding = (key(&row, "holder"), key(&row, "resource"), text(&row, "role"));
            state.bindings.insert(binding, row.try_get("", "expires_at").expect("a number or null"));
        }
        for row in self.rows("SELECT * FROM resource WHERE tenant_id = ?", tenant).await {
            let fields = ResourceRow {
                parent: maybe(&row, "parent_type").zip(maybe(&row, "parent_id")),
                owner: maybe(&row, "owner_type").zip(maybe(&row, "owner_id")),
                archived: row.try_get("", "archived").expect("a flag"),
                display_name: text(&row, "display_name"),
                created_at: number(&row, "created_at"),
            };
            state.resources.insert(key(&row, "resource"), fields);
        }
        for row in self.rows("SELECT * FROM invitation WHERE tenant_id = ?", tenant).await {
            let fields = InvitationRow {
                email: text(&row, "email"),
                token_hash: text(&row, "token_hash"),
                inviter: key(&row, "inviter"),
                status: name(&row, &["PENDING", "ACCEPTED", "REVOKED", "DECLINED", "EXPIRED"]),
                expires_at: number(&row, "expires_at"),
                remind_at: maybe_number(&row, "remind_at"),
                due_at: maybe_number(&row, "due_at"),
                issued_at: number(&row, "issued_at"),
                created_at: number(&row, "created_at"),
                revision: number(&row, "revision"),
            };
            state.invitations.insert(text(&row, "invitation_id"), fields);
        }
        for row in self.rows("SELECT * FROM suppressed_address WHERE tenant_id = ?", tenant).await {
            state.suppressed.insert(text(&row, "email"), (text(&row, "detail"), number(&row, "created_at")));
        }
        state
    }

    /// Makes the pending invitation of an email expire a second after 1970, in a way that no sweep notices.
    pub async fn expire(&self, tenant: &str, email: &str) {
        self.set(tenant, email, "expires_at = 1000000").await;
    }

    /// As [`Self::expire`], and the next sweep notices.
    pub async fn come_due(&self, tenant: &str, email: &str) {
        self.set(tenant, email, "expires_at = 1000000, due_at = 1000000").await;
    }

    /// Makes the next reminder of the pending invitation of an email due.
    pub async fn remind(&self, tenant: &str, email: &str) {
        self.set(tenant, email, "due_at = 1000000").await;
    }

    async fn set(&self, tenant: &str, email: &str, columns: &str) {
        let sql = format!("UPDATE invitation SET {columns} WHERE tenant_id = ? AND email = ? AND status = 1");
        let values = [Value::from(tenant), Value::from(email)];
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        let result = self.0.execute_raw(statement).await.expect("the file can be written");
        assert_eq!(result.rows_affected(), 1, "`{email}` has a pending invitation");
    }

    /// Appends a tenant's last revision to its log once more, as another process that shares the store would write.
    pub async fn repeat_last(&self, tenant: &str) {
        let copy = "INSERT INTO change SELECT tenant_id, revision + 1, seq, kind, at, actor_type, actor_id, caller, rule, \
                    trace_id, subject_type, subject_id, resource_type, resource_id, data FROM change \
                    WHERE tenant_id = ?1 AND revision = (SELECT revision FROM tenant WHERE tenant_id = ?1)";
        for sql in [copy, "UPDATE tenant SET revision = revision + 1 WHERE tenant_id = ?1"] {
            let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [Value::from(tenant)]);
            self.0.execute_raw(statement).await.expect("the statement fits the tables");
        }
    }

    /// Runs a statement, without the server's knowledge.
    pub async fn execute(&self, sql: &str) {
        self.0.execute_unprepared(sql).await.expect("the statement fits the tables");
    }

    /// The rows of a query with one parameter.
    pub(super) async fn rows(&self, sql: &str, parameter: &str) -> Vec<QueryResult> {
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [Value::from(parameter)]);
        self.0.query_all_raw(statement).await.expect("the file can be read")
    }
}

/// Compares the replay of a tenant's log with its tables, which must be equal, and returns both.
pub async fn audited(dir: &Path, tenant: &str) -> (Vec<LogRow>, State) {
    let db = Db::open(dir).await;
    let (log, tables, revision) = (db.log(tenant).await, db.state(tenant).await, db.revision(tenant).await);
    db.close().await;
    let replayed = State::replay(&log);
    assert_eq!(log.last().map(|row| row.revision), Some(revision), "the log ends at the tenant's revision");
    assert_eq!(replayed.policy_version, tables.policy_version, "the log and the table `tenant` agree");
    assert_eq!(replayed.members, tables.members, "the log and the table `member` agree");
    assert_eq!(replayed.bindings, tables.bindings, "the log and the table `binding` agree");
    assert_eq!(replayed.resources, tables.resources, "the log and the table `resource` agree");
    assert_eq!(replayed.invitations, tables.invitations, "the log and the table `invitation` agree");
    assert_eq!(replayed.suppressed, tables.suppressed, "the log and the table `suppressed_address` agree");
    (log, tables)
}

fn log_row(row: &QueryResult) -> LogRow {
    LogRow {
        revision: row.try_get("", "revision").expect("a number"),
        seq: row.try_get("", "seq").expect("a number"),
        kind: text(row, "kind"),
        actor: key(row, "actor"),
        data: serde_json::from_str(&text(row, "data")).expect("the log keeps JSON"),
    }
}

fn text(row: &QueryResult, column: &str) -> String {
    row.try_get("", column).expect("a text")
}

fn maybe(row: &QueryResult, column: &str) -> Option<String> {
    row.try_get("", column).expect("a text or nothing")
}

fn number(row: &QueryResult, column: &str) -> i64 {
    row.try_get("", column).expect("a number")
}

fn maybe_number(row: &QueryResult, column: &str) -> Option<i64> {
    row.try_get("", column).expect("a number or nothing")
}

fn key(row: &QueryResult, prefix: &str) -> Key {
    (text(row, &format!("{prefix}_type")), text(row, &format!("{prefix}_id")))
}

/// The name of the status that a row has as a number, counted from 1.
fn name(row: &QueryResult, names: &[&str]) -> String {
    let code: i16 = row.try_get("", "status").expect("a number");
    names[usize::try_from(code - 1).expect("statuses count from 1")].to_owned()
}
