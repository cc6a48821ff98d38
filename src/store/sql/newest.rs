//! A tenant at its newest commit.

use rollcall_engine::{Head, Tenant, Timestamp};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult as _, QueryFilter as _, QueryResult,
    QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    service::ports::StoreResult,
    store::sql::{
        entity::{log_commit, tenant},
        rows,
        script::{Script, TABLE},
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
    let mut script = Script::new(db);
    look_up(tenant, 0, &mut script);
    script.find(db).await?.pop().map(|row| Newest::of(&row)).transpose()
}

/// Looks a tenant up, as a row of a table with this number.
pub(super) fn look_up(tenant: &str, number: i32, script: &mut Script<'_>) {
    static TEMPLATE: Template = Template::new();
    script.fill(&TEMPLATE, &[tenant.into(), number.into()], |[tenant, number]| {
        let of_tenant = Expr::col((log_commit::Entity, log_commit::Column::Revision));
        let at = log_commit::Entity::find()
            .select_only()
            .column(log_commit::Column::At)
            .filter(log_commit::Column::TenantId.eq(&tenant))
            .filter(of_tenant.equals((tenant::Entity, tenant::Column::Revision)));
        let query = tenant::Entity::find_by_id(tenant).expr_as(Expr::from(at.into_query()), COMMITTED_AT);
        query.expr_as(Expr::value(number), TABLE).into_query()
    });
}

impl Newest {
    /// The tenant in a row that was looked up.
    pub(super) fn of(row: &QueryResult) -> StoreResult<Self> {
        let at: Option<i64> = row.try_get("", COMMITTED_AT)?;
        let (tenant, head) = rows::into_tenant(tenant::Model::from_query_result(row, "")?)?;
        Ok(Self { tenant, head, committed_at: at.map(Timestamp).unwrap_or_default() })
    }
}
