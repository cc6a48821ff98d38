//! The schema, one migration after another. A migration that was released never changes: the next one corrects it.

pub(in crate::store) mod applied;
#[cfg(test)]
mod expand;
mod m0001_tables;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All migrations, oldest first.
pub(in crate::store) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_tables::Migration)]
    }
}
