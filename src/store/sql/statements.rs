//! How much one statement may name or insert, on every database.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};

use crate::service::ports::StoreResult;

/// The most ids that one statement names, well below the limit of parameters.
pub(super) const IDS_PER_STATEMENT: usize = 1000;

/// The most rows that one statement inserts: with fifteen columns they stay well below the 32,766 parameters that
/// SQLite takes and the 65,535 of PostgreSQL.
pub(super) const ROWS_PER_STATEMENT: usize = 1000;

/// Inserts rows, up to [`ROWS_PER_STATEMENT`] by one statement.
pub(super) async fn insert<A>(db: &impl ConnectionTrait, mut rows: Vec<A>) -> StoreResult<()>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS_PER_STATEMENT));
        A::Entity::insert_many(rows).exec_without_returning(db).await?;
        rows = rest;
    }
    Ok(())
}
