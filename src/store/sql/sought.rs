//! The statements of looks at tenants: each finds, for all of them, the rows of one table.
//!
//! What is sought is a table of values, with as many rows as the next power of two, so that statements are of few texts: a
//! text that the database does not know costs more to prepare than to run.

use sea_orm::{
    ColumnTrait, Iterable as _, Value,
    sea_query::{Expr, ExprTrait as _, Query, SelectStatement, ValueTuple},
};

use crate::store::sql::{
    entity::{address, binding, member, profile, request, tenant},
    look::{PROFILE, select_as},
    newest,
    script::{Script, TABLE},
    template::Template,
};

/// The column with the number of what was sought, after that with the table.
const NUMBER: &str = "number";

pub(super) const TENANTS: i32 = 0;
pub(super) const RESPONSES: i32 = 1;
pub(super) const MEMBERS: i32 = 2;
pub(super) const BINDINGS: i32 = 3;
pub(super) const PERSON_IDS: i32 = 4;
pub(super) const ADDRESS_IDS: i32 = 5;

/// The most that a statement looks up.
const MOST: usize = 256;

/// The table of values, whose columns the database names.
const SOUGHT: &str = "sought";
const FIRST: &str = "column1";
const SECOND: &str = "column2";
const THIRD: &str = "column3";
const FOURTH: &str = "column4";

/// What is sought in one go.
#[derive(Default)]
pub(super) struct Sought<'a> {
    pub(super) tenants: Vec<[&'a str; 1]>,
    /// Tenants, and hashes of requests.
    pub(super) responses: Vec<[&'a str; 2]>,
    /// Tenants, and types and ids of subjects by which their members are found.
    pub(super) people: Vec<[&'a str; 3]>,
}

impl Sought<'_> {
    /// Looks all up. Of the bindings there are so many at most, and one more.
    pub(super) fn look_up(&self, most_bindings: usize, script: &mut Script<'_>) {
        static TEMPLATES: [Template; 4] = [const { Template::new() }; 4];
        let [tenants, responses, members, bindings] = &TEMPLATES;
        // One size for all, so that the text of them together is one of few.
        let size = self.tenants.len().max(self.responses.len()).max(self.people.len()).next_power_of_two();
        script.fill_many(tenants, &values(&self.tenants, 0, size), "", tenants_of);
        if !self.responses.is_empty() {
            script.fill_many(responses, &values(&self.responses, 0, size), "", responses_of);
        }
        if !self.people.is_empty() {
            let values = values(&self.people, 0, size);
            script.fill_many(members, &values, "", members_of);
            // Not a value, with which the statement would be prepared anew each time.
            let ending = format!(" LIMIT {}", most_bindings + 1);
            script.fill_many(bindings, &values, &ending, bindings_of);
        }
    }
}

/// Looks up the ids of people by tenant and subject, and of addresses by tenant and email. A row has the table, the number
/// in the list, the id, and no bytes.
pub(super) fn look_up_ids(people: &[[&str; 3]], addresses: &[[&str; 2]], script: &mut Script<'_>) {
    static TEMPLATES: [Template; 2] = [const { Template::new() }; 2];
    let [person_ids, address_ids] = &TEMPLATES;
    for values in chunks(people) {
        script.fill_many(person_ids, &values, "", person_ids_of);
    }
    for values in chunks(addresses) {
        script.fill_many(address_ids, &values, "", address_ids_of);
    }
}

/// The values of rows, for as many statements as they need.
fn chunks<const N: usize>(rows: &[[&str; N]]) -> impl Iterator<Item = Vec<Value>> {
    let chunks = rows.chunks(MOST).zip((0..).step_by(MOST));
    chunks.map(|(rows, first)| values(rows, first, rows.len().next_power_of_two()))
}

/// The values of rows with their numbers from the first on, and of rows by which nothing is found.
fn values<const N: usize>(rows: &[[&str; N]], first: i32, size: usize) -> Vec<Value> {
    let mut values = Vec::with_capacity(size * (N + 1));
    for (number, row) in (first..).zip(rows) {
        values.push(number.into());
        values.extend(row.map(Value::from));
    }
    while values.len() < size * (N + 1) {
        values.push((-1).into());
        // Which equals nothing.
        values.extend([const { Value::String(None) }; N]);
    }
    values
}

/// Tenants, and when their newest commits were made.
fn tenants_of(marks: Vec<String>) -> SelectStatement {
    let mut query = sought(marks, 2, TENANTS);
    newest::select(query.inner_join(tenant::Entity, is_column(tenant::Column::TenantId, SECOND)));
    query
}

fn responses_of(marks: Vec<String>) -> SelectStatement {
    let is_it = is_column(request::Column::TenantId, SECOND).and(is_column(request::Column::RequestHash, THIRD));
    let mut query = sought(marks, 3, RESPONSES);
    query
        .inner_join(request::Entity, is_it)
        .columns(request::Column::iter().map(|column| column.as_column_ref()))
        .take()
}

/// Members with their profiles.
fn members_of(marks: Vec<String>) -> SelectStatement {
    let mut query = people(marks, MEMBERS, member::Column::TenantId, member::Column::MemberId);
    query.columns(member::Column::iter().map(|column| column.as_column_ref()));
    select_as::<profile::Column>(&mut query, PROFILE);
    query
}

fn bindings_of(marks: Vec<String>) -> SelectStatement {
    let mut query = people(marks, BINDINGS, binding::Column::TenantId, binding::Column::Holder);
    query.columns(binding::Column::iter().map(|column| column.as_column_ref())).take()
}

fn person_ids_of(marks: Vec<String>) -> SelectStatement {
    let mut query = with_profiles(marks, PERSON_IDS);
    query.column(profile::Column::MemberId.as_column_ref()).expr(Expr::value(None::<Vec<u8>>)).take()
}

fn address_ids_of(marks: Vec<String>) -> SelectStatement {
    use address::{Column, Entity};
    let is_it = is_column(Column::TenantId, SECOND).and(is_column(Column::Email, THIRD));
    let mut query = sought(marks, 3, ADDRESS_IDS);
    query.inner_join(Entity, is_it).column(Column::AddressId.as_column_ref()).expr(Expr::value(None::<Vec<u8>>)).take()
}

/// The people sought, by their profiles, and the rows of a table that have their ids.
fn people<C: ColumnTrait>(marks: Vec<String>, table: i32, tenant: C, member: C) -> SelectStatement {
    use profile::Column;
    let is_theirs = |column: C, profile: Column| Expr::col(column.as_column_ref()).equals(profile.as_column_ref());
    let is_theirs = is_theirs(tenant, Column::TenantId).and(is_theirs(member, Column::MemberId));
    with_profiles(marks, table).inner_join(tenant.entity_name(), is_theirs).take()
}

/// The people sought, by their profiles.
fn with_profiles(marks: Vec<String>, table: i32) -> SelectStatement {
    use profile::Column;
    let is_it = is_column(Column::TenantId, SECOND).and(is_column(Column::SubjectType, THIRD));
    let is_it = is_it.and(is_column(Column::SubjectId, FOURTH));
    sought(marks, 4, table).inner_join(profile::Entity, is_it).take()
}

/// The values of these rows as a table, to which others are joined.
fn sought(marks: Vec<String>, columns: usize, table: i32) -> SelectStatement {
    let mut rows: Vec<ValueTuple> = Vec::new();
    let mut marks = marks.into_iter().map(Value::from).peekable();
    while marks.peek().is_some() {
        rows.push(ValueTuple::Many(marks.by_ref().take(columns).collect()));
    }
    let mut query = Query::select();
    query.from_values(rows, SOUGHT).expr_as(Expr::value(table), TABLE);
    query.expr_as(Expr::col((SOUGHT, FIRST)), NUMBER).take()
}

/// Whether a column is what is sought.
fn is_column(column: impl ColumnTrait, sought: &'static str) -> Expr {
    Expr::col(column.as_column_ref()).equals((SOUGHT, sought))
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait as _, DbBackend, Statement, StatementBuilder};

    use super::*;
    use crate::store::{Options, SqlStore};

    type Make = fn(Vec<String>) -> SelectStatement;

    #[tokio::test]
    async fn what_is_sought_is_found_by_keys_alone() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("rollcall.db").display());
        let store = SqlStore::open(&Options::new(url)).await.unwrap();
        store.migrate().await.unwrap();
        let statements: [(Make, usize); 6] = [
            (tenants_of, 2),
            (responses_of, 3),
            (members_of, 4),
            (bindings_of, 4),
            (person_ids_of, 4),
            (address_ids_of, 3),
        ];
        for (statement, columns) in statements {
            for size in [1, 2, 32, MOST] {
                let marks = (0..size * columns).map(|mark| mark.to_string()).collect();
                let Statement { sql, values, .. } = StatementBuilder::build(&statement(marks), &DbBackend::Sqlite);
                let explain = format!("EXPLAIN QUERY PLAN {sql}");
                let explain = Statement { sql: explain, values, db_backend: DbBackend::Sqlite };
                let steps = store.database.reader().await.unwrap().query_all_raw(explain).await.unwrap();
                for step in steps {
                    let step: String = step.try_get("", "detail").unwrap();
                    let is_of_values = ["CONSTANT ROW", "VALUES CLAUSE", SOUGHT].iter().any(|what| step.contains(what));
                    assert!(is_of_values || !step.starts_with("SCAN"), "{step}");
                    assert!(!step.contains("AUTOMATIC") && !step.contains("TEMP B-TREE"), "{step}");
                }
            }
        }
    }
}
