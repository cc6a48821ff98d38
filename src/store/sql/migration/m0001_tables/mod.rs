//! The first tables. Every key of a tenant's table begins with the tenant, so that a database can be distributed by it.
//!
//! People stand apart: `profile`, `address` and `reason` have all that is personal, and every other table knows a person
//! by a random id. So erasing somebody is deleting their rows there, and nothing refers to those by a foreign key.

mod columns;
mod indexes;
mod people;
mod tables;

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::store::{dialect, sql::identity};

use columns::Columns;

/// Makes all tables and indexes in one transaction.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_tables"
    }
}

/// The tenant of the writes that belong to none.
const SYSTEM: &str = "$system";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let columns = Columns { bytewise: dialect::bytewise(backend) };
        for mut table in tables::all(columns).into_iter().chain(people::all(columns)) {
            if backend == DbBackend::Sqlite && table.get_table_name().is_some_and(is_found_by_key) {
                table.extra("WITHOUT ROWID");
            }
            manager.create_table(table).await?;
        }
        for index in indexes::all() {
            manager.create_index(index).await?;
        }
        for row in [owner_row()?, system_row()] {
            manager.execute(row).await?;
        }
        Ok(())
    }
}

/// Whether a table has short rows that are found by their key and changed in place, so that SQLite had better keep them in
/// the tree of the key than in one of their own.
fn is_found_by_key(table: &TableRef) -> bool {
    ["tenant", "member", "binding"].map(TableRef::from).contains(table)
}

/// The one row of `owner`: what this store is, and which versions of the service may use it.
fn owner_row() -> Result<InsertStatement, DbErr> {
    let (store_id, page_key) = identity::draw().map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(Query::insert()
        .into_table("owner")
        .columns(["id", "store_id", "page_key", "min_reader", "min_writer", "epoch", "barriers"])
        .values_panic([1.into(), store_id.into(), page_key.into(), 1.into(), 1.into(), 0.into(), 0.into()])
        .take())
}

fn system_row() -> InsertStatement {
    let columns =
        ["tenant_id", "display_name", "policy", "policy_version", "root_type", "revision", "head", "created_at"];
    Query::insert()
        .into_table("tenant")
        .columns(columns)
        .values_panic([
            SYSTEM.into(),
            "".into(),
            "".into(),
            0.into(),
            "".into(),
            0.into(),
            vec![0_u8; 8].into(),
            0.into(),
        ])
        .take()
}
