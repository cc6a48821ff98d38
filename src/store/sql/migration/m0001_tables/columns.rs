//! What the first tables have in common: the tenant, its foreign key, and how keys and indexes are written.

use sea_orm_migration::{prelude::*, schema};

/// The column that every key of a tenant's table begins with.
pub(super) const TENANT: &str = "tenant_id";

/// A table of things within a tenant, keyed by strings.
pub(super) fn table(name: &'static str, key: &[&'static str]) -> TableCreateStatement {
    let mut table = Table::create().table(name).col(schema::string(TENANT)).take();
    let mut primary = Index::create().col(TENANT).take();
    for column in key {
        table.col(schema::string(*column));
        primary.col(*column);
    }
    table.primary_key(&mut primary).foreign_key(&mut tenant_key(name)).take()
}

pub(super) fn tenant_key(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(format!("{table}_tenant")).from(table, TENANT).to("tenant", TENANT).take()
}

pub(super) fn index(name: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col(*column);
    }
    index
}
