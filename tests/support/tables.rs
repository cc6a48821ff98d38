//! All rows that a store's tables have of one tenant, as one value that can be compared.

use std::collections::BTreeSet;

use sea_orm::{DbBackend, QueryResult};

use super::db::Db;

/// The column with the tenant of a row.
const TENANT: &str = "tenant_id";

/// Each table with a column of a given name, and the SQL expression that writes one of its rows as `column=value …`.
const ROW_TEXTS: &str = r#"
    SELECT tables.name AS name,
           group_concat('''' || columns.name || '='' || quote("' || columns.name || '")', ' || '' '' || ') AS row_text
    FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
    WHERE tables.type = 'table'
    GROUP BY tables.name
    HAVING sum(columns.name = ?) > 0
"#;

/// The same in PostgreSQL.
const POSTGRES_ROW_TEXTS: &str = "SELECT table_name::text AS name, 'to_jsonb(\"' || table_name || '\")::text' AS row_text \
    FROM information_schema.columns WHERE table_schema = 'public' AND column_name = ?";

/// Every row of every table that is of a tenant, the log and the stored answers included, and the tenant's revision,
/// which is 0 for a tenant that is not there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tables {
    pub revision: i64,
    rows: BTreeSet<String>,
}

impl Tables {
    /// Reads them all with one statement, so that nothing is written in between.
    pub async fn read(db: &Db, tenant: &str) -> Self {
        let tables = if db.backend() == DbBackend::Sqlite { ROW_TEXTS } else { POSTGRES_ROW_TEXTS };
        let select = |table: &QueryResult| {
            let (name, row_text) = (text(table, "name"), text(table, "row_text"));
            format!("SELECT '{name}: ' || {row_text} AS row_text FROM \"{name}\" WHERE {TENANT} = ?1")
        };
        let selects = db.rows(tables, TENANT).await.iter().map(select).collect::<Vec<_>>();
        assert!(!selects.is_empty(), "the store has its tables");
        let sql = format!(
            "SELECT row_text, (SELECT revision FROM tenant WHERE {TENANT} = ?1) AS revision FROM ({}) AS every",
            selects.join(" UNION ALL ")
        );
        let rows = db.rows(&sql, tenant).await;
        let revision = rows.first().map(|row| row.try_get("", "revision").expect("a number"));
        Self { revision: revision.unwrap_or_default(), rows: rows.iter().map(|row| text(row, "row_text")).collect() }
    }

    /// The rows that came and went since an earlier reading.
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let gone = before.rows.difference(&self.rows).map(|row| format!("- {row}"));
        let come = self.rows.difference(&before.rows).map(|row| format!("+ {row}"));
        gone.chain(come).collect()
    }
}

fn text(row: &QueryResult, column: &str) -> String {
    row.try_get("", column).expect("a text")
}
