//! A tenant at its newest commit.

use rollcall_engine::{Head, Tenant, Timestamp};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, FromQueryResult as _, Iterable as _, QueryResult,
    sea_query::{Expr, ExprTrait as _, Query, SelectStatement},
};

use crate::{
    service::ports::StoreResult,
    store::sql::{
        entity::{log_commit, tenant},
        rows,
        script::Script,
        template::Template,
    },
};

/// The column with the instant at which the newest commit was made.
const COMMITTED_AT: &str = "committed_at";

/// A tenant, its newest commit, and when that was made.
#[derive(Clone)]
pub(super) struct Newest {
    pub(super) tenant: Tenant,
    pub(super) head: Head,
    pub(super) committed_at: Timestamp,
}

/// The tenant at its newest commit; none where there is no such tenant.
pub(super) async fn newest(db: &impl ConnectionTrait, tenant: &str) -> StoreResult<Option<Newest>> {
    static TEMPLATE: Template = Template::new();
    let mut script = Script::new(db);
    script.fill(&TEMPLATE, &[tenant.into()], |[tenant]| {
        let mut query = Query::select().from(tenant::Entity).and_where(tenant::Column::TenantId.eq(tenant)).take();
        select(&mut query);
        query
    });
    script.find(db).await?.pop().map(|row| Newest::of(&row)).transpose()
}

/// Has a query that finds tenants say what [`Newest::of`] takes.
pub(super) fn select(query: &mut SelectStatement) {
    let is_its =
        |commit: log_commit::Column, its: tenant::Column| Expr::col(commit.as_column_ref()).equals(its.as_column_ref());
    let at = Query::select()
        .column(log_commit::Column::At.as_column_ref())
        .from(log_commit::Entity)
        .and_where(is_its(log_commit::Column::TenantId, tenant::Column::TenantId))
        .and_where(is_its(log_commit::Column::Revision, tenant::Column::Revision))
        .take();
    query.columns(tenant::Column::iter().map(|column| column.as_column_ref())).expr_as(Expr::from(at), COMMITTED_AT);
}

impl Newest {
    /// The tenant in a row that was looked up.
    pub(super) fn of(row: &QueryResult) -> StoreResult<Self> {
        let at: Option<i64> = row.try_get("", COMMITTED_AT)?;
        let (tenant, head) = rows::into_tenant(tenant::Model::from_query_result(row, "")?)?;
        Ok(Self { tenant, head, committed_at: at.map(Timestamp).unwrap_or_default() })
    }
}
