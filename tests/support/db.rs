//! The store, read and changed by SQL beside the server that has it open.

use std::{collections::BTreeMap, path::Path};

use rollcall::store::SqlReader;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction, DbBackend, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _, Value,
};
use serde_json::Value as JsonValue;

use super::{
    replay::{InvitationRow, Key, LogRow, MemberRow, ResourceRow, State},
    store::store_url,
};

/// The emails that a member's profile has and their addresses have not, or the other way round.
const MISPLACED_ADDRESSES: &str = "
    SELECT profile.email_key AS email FROM member JOIN profile USING (tenant_id, member_id)
    WHERE tenant_id = ?1 AND profile.email_key <> '' AND NOT EXISTS (
        SELECT * FROM address WHERE address.tenant_id = ?1 AND address.email = profile.email_key
        AND address.member_id = member.member_id AND address.verified = (member.status <> 1))
    UNION ALL
    SELECT address.email AS email FROM address
    WHERE address.tenant_id = ?1 AND address.member_id IS NOT NULL AND NOT EXISTS (
        SELECT * FROM member JOIN profile USING (tenant_id, member_id)
        WHERE tenant_id = ?1 AND member_id = address.member_id AND profile.email_key = address.email)";

/// A connection of the test's own to a store's file.
pub struct Db(DatabaseConnection);

impl Db {
    /// Opens the store of a server that was started in `dir`.
    pub async fn open(dir: &Path) -> Self {
        Self::over(store_url(dir)).await
    }

    /// Opens a store's file, which must exist.
    pub async fn at(file: &Path) -> Self {
        Self::over(format!("sqlite:{}", file.display())).await
    }

    /// Opens the store at a url.
    pub async fn over(url: String) -> Self {
        let mut options = ConnectOptions::new(url);
        Self(Database::connect(options.max_connections(1).sqlx_logging(false).clone()).await.expect("the store opens"))
    }

    /// The kind of database that it is in.
    pub fn backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    /// A statement of SQLite's with these values, as this database has it.
    fn statement(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        let sql = if self.backend() == DbBackend::Sqlite { sql.to_owned() } else { in_postgres(sql) };
        Statement::from_sql_and_values(self.backend(), sql, values)
    }

    /// Keeps a server from writing until the transaction ends.
    pub async fn hold_writes(&self) -> DatabaseTransaction {
        if self.backend() == DbBackend::Sqlite {
            let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
            let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
            return self.0.begin_with_options(options).await.expect("nobody writes");
        }
        let transaction = self.0.begin().await.expect("the server takes it");
        transaction.execute_unprepared("LOCK TABLE tenant IN SHARE MODE").await.expect("nobody writes");
        transaction
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

    /// A tenant's change log, in order, with people and addresses by name.
    pub async fn log(&self, tenant: &str) -> Vec<LogRow> {
        self.named_log(tenant, "SELECT * FROM log_change WHERE tenant_id = ? ORDER BY revision, seq").await
    }

    /// What a revision of a tenant changed.
    pub async fn changes(&self, tenant: &str, revision: i64) -> Vec<LogRow> {
        let sql = format!("SELECT * FROM log_change WHERE tenant_id = ? AND revision = {revision} ORDER BY seq");
        self.named_log(tenant, &sql).await
    }

    /// The rows of a tenant's change log that a statement selects, with people and addresses by name. Whom they name is read
    /// after them, for a commit may come in between.
    async fn named_log(&self, tenant: &str, sql: &str) -> Vec<LogRow> {
        let rows = self.rows(sql, tenant).await;
        let names = self.names(tenant).await;
        rows.iter().map(|row| log_row(row, &names)).collect()
    }

    /// What the random ids of a tenant stand for.
    pub async fn names(&self, tenant: &str) -> Names {
        let mut names = Names::default();
        for row in self.rows("SELECT * FROM profile WHERE tenant_id = ?", tenant).await {
            let named = match key(&row, "subject") {
                (kind, _) if kind == "invited" => ("email".to_owned(), text(&row, "email_key")),
                named => named,
            };
            names.people.insert(text(&row, "member_id"), named);
        }
        for row in self.rows("SELECT * FROM address WHERE tenant_id = ?", tenant).await {
            names.addresses.insert(text(&row, "address_id"), text(&row, "email"));
        }
        names
    }

    /// A tenant's facts as the tables have them, with people and addresses by name: somebody invited by their email.
    pub async fn state(&self, tenant: &str) -> State {
        let (mut state, names) = (State::default(), self.names(tenant).await);
        let person = |id: &str| names.people[id].clone();
        for row in self.rows("SELECT policy_version FROM tenant WHERE tenant_id = ?", tenant).await {
            state.policy_version = number(&row, "policy_version");
        }
        let members = "SELECT * FROM member JOIN profile USING (tenant_id, member_id) WHERE tenant_id = ?";
        for row in self.rows(members, tenant).await {
            let fields = MemberRow {
                status: name(&row, &["INVITED", "ACTIVE", "DEACTIVATED"]),
                locked: row.try_get("", "locked").expect("a flag"),
                display_name: text(&row, "display_name"),
                email: Some(text(&row, "email_key")).filter(|email| !email.is_empty()),
                username: maybe(&row, "username"),
                phone: maybe(&row, "phone"),
                created_at: number(&row, "created_at"),
            };
            let before = state.members.insert(person(&text(&row, "member_id")), fields);
            assert_eq!(before, None, "a subject is one member");
        }
        for row in self.rows("SELECT * FROM binding WHERE tenant_id = ?", tenant).await {
            let binding = (person(&text(&row, "holder")), key(&row, "resource"), text(&row, "role"));
            state.givers.insert(binding.clone(), (person(&text(&row, "granted_by")), text(&row, "rule")));
            let offer_end = maybe_number(&row, "offer_ends_at");
            state.offer_ends.extend(offer_end.map(|end| (binding.clone(), end)));
            state.bindings.insert(binding, row.try_get("", "expires_at").expect("a number or null"));
        }
        for row in self.rows("SELECT * FROM resource WHERE tenant_id = ?", tenant).await {
            let fields = ResourceRow {
                parent: maybe(&row, "parent_type").zip(maybe(&row, "parent_id")),
                owner: maybe(&row, "owner").map(|owner| person(&owner)),
                archived: row.try_get("", "archived").expect("a flag"),
                display_name: text(&row, "display_name"),
                created_at: number(&row, "created_at"),
            };
            state.resources.insert(key(&row, "resource"), fields);
        }
        for row in self.rows("SELECT * FROM tombstone WHERE tenant_id = ?", tenant).await {
            state.tombstones.insert(key(&row, "resource"), number(&row, "revision"));
        }
        let invitations = "SELECT * FROM invitation JOIN invitation_link USING (tenant_id, invitation_id, issued_at) \
                           WHERE tenant_id = ?";
        for row in self.rows(invitations, tenant).await {
            let fields = InvitationRow {
                email: names.addresses[&text(&row, "address_id")].clone(),
                token_hash: text(&row, "token_hash"),
                inviter: person(&text(&row, "inviter")),
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
        let suppressed = "SELECT * FROM address WHERE tenant_id = ? AND suppressed_at IS NOT NULL";
        for row in self.rows(suppressed, tenant).await {
            state.suppressed.insert(text(&row, "email"), number(&row, "suppressed_at"));
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
        let sql = format!(
            "UPDATE invitation SET {columns} WHERE tenant_id = ?1 AND status = 1 \
             AND address_id = (SELECT address_id FROM address WHERE tenant_id = ?1 AND email = ?2)"
        );
        let values = [Value::from(tenant), Value::from(email)];
        let statement = self.statement(&sql, values);
        let result = self.0.execute_raw(statement).await.expect("the file can be written");
        assert_eq!(result.rows_affected(), 1, "`{email}` has a pending invitation");
    }

    /// Appends a tenant's last revision to its log once more, as another process that shares the store would write.
    pub async fn repeat_last(&self, tenant: &str) {
        let last = "(SELECT revision FROM tenant WHERE tenant_id = ?1)";
        let commit = format!(
            "INSERT INTO log_commit SELECT tenant_id, revision + 1, x'0707070707070707', at, actor, caller, trace_id, \
             format, digest, feed_position FROM log_commit WHERE tenant_id = ?1 AND revision = {last}"
        );
        let changes = format!(
            "INSERT INTO log_change SELECT tenant_id, revision + 1, seq, kind, at, actor, rule, about, resource_type, \
             resource_id, data FROM log_change WHERE tenant_id = ?1 AND revision = {last}"
        );
        let head = "UPDATE tenant SET revision = revision + 1, head = x'0707070707070707' WHERE tenant_id = ?1";
        for sql in [&*commit, &*changes, head] {
            let statement = self.statement(sql, [Value::from(tenant)]);
            self.0.execute_raw(statement).await.expect("the statement fits the tables");
        }
    }

    /// Runs a statement, without the server's knowledge.
    pub async fn execute(&self, sql: &str) {
        self.0.execute_unprepared(sql).await.expect("the statement fits the tables");
    }

    /// The rows of a query with one parameter.
    pub async fn rows(&self, sql: &str, parameter: &str) -> Vec<QueryResult> {
        let statement = self.statement(sql, [Value::from(parameter)]);
        self.0.query_all_raw(statement).await.expect("the file can be read")
    }
}

/// Compares the replay of a tenant's log with its tables, which must be equal, and returns both. The digests of the log
/// must be right, and each member must have the address that their profile names, verified unless they are invited.
pub async fn audited(dir: &Path, tenant: &str) -> (Vec<LogRow>, State) {
    let db = Db::open(dir).await;
    let (log, tables, revision) = (db.log(tenant).await, db.state(tenant).await, db.revision(tenant).await);
    let misplaced = db.rows(MISPLACED_ADDRESSES, tenant).await;
    let reader = SqlReader::open(&store_url(dir)).await.expect("the store can be read");
    let verified = reader.verify_log(tenant).await.expect("the log can be read");
    reader.close().await.expect("it was open all the time");
    db.close().await;
    let misplaced: Vec<String> = misplaced.iter().map(|row| text(row, "email")).collect();
    assert!(misplaced.is_empty(), "addresses that are not those of profiles: {misplaced:?}");
    assert_eq!(verified, Some((revision, None)), "the digests of the log are right");
    let replayed = State::replay(&log);
    assert_eq!(log.last().map(|row| row.revision), Some(revision), "the log ends at the tenant's revision");
    assert_eq!(replayed.policy_version, tables.policy_version, "the log and the table `tenant` agree");
    assert_eq!(replayed.members, tables.clone().without_profiles().members, "the log and the table `member` agree");
    assert_eq!(replayed.bindings, tables.bindings, "the log and the table `binding` agree");
    assert_eq!(replayed.offer_ends, tables.offer_ends, "and on when what is pending can be accepted no more");
    assert_eq!(replayed.givers, tables.givers, "the log and the table `binding` agree about who gave what");
    assert_eq!(replayed.resources, tables.resources, "the log and the table `resource` agree");
    assert_eq!(replayed.tombstones, tables.tombstones, "the log and the table `tombstone` agree");
    assert_eq!(replayed.invitations, tables.invitations, "the log and the table `invitation` agree");
    assert_eq!(replayed.suppressed, tables.suppressed, "the log and the table `address` agree");
    (log, tables)
}

/// What the random ids of a tenant stand for: somebody invited goes by their email.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub people: BTreeMap<String, Key>,
    pub addresses: BTreeMap<String, String>,
}

impl Names {
    /// A record with the ids of people and addresses replaced by what they stand for.
    fn in_record(&self, record: JsonValue) -> JsonValue {
        match record {
            JsonValue::String(id) => match (self.people.get(&id), self.addresses.get(&id)) {
                (Some((kind, id)), _) => serde_json::json!({ "type": kind, "id": id }),
                (None, Some(email)) => JsonValue::String(email.clone()),
                (None, None) => JsonValue::String(id),
            },
            JsonValue::Array(entries) => entries.into_iter().map(|entry| self.in_record(entry)).collect(),
            JsonValue::Object(fields) => {
                fields.into_iter().map(|(name, value)| (name, self.in_record(value))).collect()
            }
            other => other,
        }
    }
}

/// A statement of SQLite's as PostgreSQL has it: with other names of values, and other bytes.
fn in_postgres(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut chars = sql.replace("x'", "'\\x").chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(char) = chars.next() {
        if char != '?' {
            text.push(char);
            continue;
        }
        text.push('$');
        if !chars.peek().is_some_and(char::is_ascii_digit) {
            text.push('1');
        }
    }
    text
}

fn log_row(row: &QueryResult, names: &Names) -> LogRow {
    LogRow {
        revision: row.try_get("", "revision").expect("a number"),
        seq: row.try_get("", "seq").expect("a number"),
        kind: text(row, "kind"),
        rule: text(row, "rule"),
        actor: names.people[&text(row, "actor")].clone(),
        at: number(row, "at"),
        data: names.in_record(serde_json::from_str(&text(row, "data")).expect("the log keeps JSON")),
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
