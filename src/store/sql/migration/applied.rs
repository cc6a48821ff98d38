//! Which migrations a database has.

use sea_orm::{ConnectionTrait, EntityTrait as _, IntoDatabaseExecutor, QuerySelect as _};
use sea_orm_migration::{MigratorTrait as _, SchemaManager, seaql_migrations};

use crate::{
    service::ports::StoreResult,
    store::{error::defect, sql::migration::Migrator},
};

/// Succeeds when it has none that this version does not know.
///
/// # Errors
/// When it has one, for then a newer version has changed its tables, and is the one to change them further.
pub(in crate::store) async fn check_known<'c, C>(db: &'c C) -> StoreResult<()>
where
    C: ConnectionTrait,
    &'c C: IntoDatabaseExecutor<'c>,
{
    let (ours, applied) = (ours(), applied(db).await?);
    let unknown: Vec<&str> = applied.iter().filter(|name| !ours.contains(name)).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(defect(format!(
        "a newer version of rollcall has changed its tables ({}); migrate with that version, or a newer one, and serve with \
         `store.migrate = false` what is older",
        unknown.join(", ")
    )))
}

/// Succeeds when it has all that this version knows. Whether a version serves what a newer one has changed, the row of
/// `owner` says.
///
/// # Errors
/// When it lacks some.
pub(in crate::store) async fn check<'c, C>(db: &'c C) -> StoreResult<()>
where
    C: ConnectionTrait,
    &'c C: IntoDatabaseExecutor<'c>,
{
    let applied = applied(db).await?;
    let missing: Vec<String> = ours().into_iter().filter(|name| !applied.contains(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(defect(format!("its tables are not those of this version ({missing} missing); run `rollcall migrate`")))
}

fn ours() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// The names of those that were applied.
async fn applied<'c, C>(db: &'c C) -> StoreResult<Vec<String>>
where
    C: ConnectionTrait,
    &'c C: IntoDatabaseExecutor<'c>,
{
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let query = seaql_migrations::Entity::find().select_only().column(seaql_migrations::Column::Version);
    Ok(query.into_tuple().all(db).await?)
}
