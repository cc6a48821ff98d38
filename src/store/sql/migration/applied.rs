//! Which migrations a database has.

use sea_orm::{ConnectionTrait, EntityTrait as _, IntoDatabaseExecutor, QueryOrder as _, QuerySelect as _};
use sea_orm_migration::{MigratorTrait as _, SchemaManager, seaql_migrations};

use crate::{
    service::ports::StoreResult,
    store::{error::defect, sql::migration::Migrator},
};

/// The names of the migrations that it lacks, oldest first.
///
/// # Errors
/// When it has one that this version does not know, for then a newer version has changed its tables.
pub(in crate::store) async fn missing<'c, C>(db: &'c C) -> StoreResult<Vec<String>>
where
    C: ConnectionTrait,
    &'c C: IntoDatabaseExecutor<'c>,
{
    let ours: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let applied: Vec<String> = if SchemaManager::new(db).has_table("seaql_migrations").await? {
        let query = seaql_migrations::Entity::find()
            .select_only()
            .column(seaql_migrations::Column::Version)
            .order_by_asc(seaql_migrations::Column::Version);
        query.into_tuple().all(db).await?
    } else {
        Vec::new()
    };
    let unknown: Vec<&str> = applied.iter().filter(|name| !ours.contains(name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        return Err(defect(format!(
            "a newer version of rollcall has changed its tables ({}); use that version, or a newer one",
            unknown.join(", ")
        )));
    }
    Ok(ours.into_iter().filter(|name| !applied.contains(name)).collect())
}

/// Succeeds when it has all.
///
/// # Errors
/// When it lacks some, or has one that this version does not know.
pub(in crate::store) async fn check<'c, C>(db: &'c C) -> StoreResult<()>
where
    C: ConnectionTrait,
    &'c C: IntoDatabaseExecutor<'c>,
{
    let missing = missing(db).await?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(defect(format!(
        "its tables are not those of this version ({} missing); run `rollcall migrate`",
        missing.join(", ")
    )))
}
