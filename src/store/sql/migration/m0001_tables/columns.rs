//! What the first tables have in common: the tenant, its foreign key, and how keys and indexes are written.

use sea_orm_migration::{prelude::*, schema};

/// The column that every key of a tenant's table begins with.
pub(super) const TENANT: &str = "tenant_id";

/// Makes columns whose strings are compared bytewise, whatever the database does by itself.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    /// What a column of strings says for that.
    pub(super) bytewise: Option<&'static str>,
}

impl Columns {
    /// A table of things within a tenant, keyed by strings.
    pub(super) fn table(self, name: &'static str, key: &[&'static str]) -> TableCreateStatement {
        let mut table = Table::create().table(name).col(self.string(TENANT)).take();
        let mut primary = Index::create().col(TENANT).take();
        for column in key {
            table.col(self.string(column));
            primary.col(*column);
        }
        table.primary_key(&mut primary).foreign_key(&mut tenant_key(name)).take()
    }

    pub(super) fn string(self, name: &'static str) -> ColumnDef {
        self.comparing(schema::string(name))
    }

    pub(super) fn string_null(self, name: &'static str) -> ColumnDef {
        self.comparing(schema::string_null(name))
    }

    pub(super) fn text(self, name: &'static str) -> ColumnDef {
        self.comparing(schema::text(name))
    }

    fn comparing(self, mut column: ColumnDef) -> ColumnDef {
        if let Some(bytewise) = self.bytewise {
            column.extra(bytewise);
        }
        column
    }
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

/// The same, with the direction said: there are databases that spread an index by the hash of its first column unless it is.
pub(super) fn ascending(name: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col((*column, IndexOrder::Asc));
    }
    index
}
