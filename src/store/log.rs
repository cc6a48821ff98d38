//! Pages of the change log. A page starts where the one before ended, found by its position in the log.

use rollcall_engine::{LogPosition, LoggedChange, Revision, Timestamp};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select, sea_query::ExprTrait as _,
};

use crate::{
    service::ports::{LogQuery, StoreResult},
    store::entity::change::{self, Column},
};

/// A page of a tenant's log. With several kinds it takes several statements, so `db` must be a transaction: a commit
/// between two of them would leave a part of its revision out, and the page after would begin past that.
pub(super) async fn page(db: &impl ConnectionTrait, query: &LogQuery<'_>) -> StoreResult<Vec<LoggedChange>> {
    let all = rows(query);
    let mut found = Vec::new();
    if query.filter.kinds.is_empty() {
        found = all.all(db).await?;
    } else {
        // One kind at a time: an index has each kind in order, but several kinds in none.
        for kind in query.filter.kinds {
            found.extend(all.clone().filter(Column::Kind.eq(kind)).all(db).await?);
        }
        let position = |row: &change::Model| LogPosition { revision: Revision(row.revision), seq: row.seq };
        found.sort_by_key(position);
        if query.newest_first {
            found.reverse();
        }
        found.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
    }
    found.into_iter().map(change::Model::into_logged).collect()
}

/// The statement of the page, without the condition on kinds.
fn rows(query: &LogQuery<'_>) -> Select<change::Entity> {
    let LogQuery { tenant, filter, revisions: (first, last), after, newest_first, limit } = query;
    let (mut first, mut last) = (*first, *last);
    let mut rows = change::Entity::find().filter(Column::TenantId.eq(*tenant));
    if let Some(LogPosition { revision, seq }) = after {
        // Not a row of two values, for which SQLite prefers the primary key to the index of a filter.
        rows = rows.filter(if *newest_first {
            last = last.min(*revision);
            Column::Revision.lt(revision.0).or(Column::Seq.lt(*seq))
        } else {
            first = first.max(*revision);
            Column::Revision.gt(revision.0).or(Column::Seq.gt(*seq))
        });
    }
    // A limit that excludes nothing makes SQLite prefer the primary key to the index of the kinds.
    if first > LogQuery::ALL.0 {
        rows = rows.filter(Column::Revision.gte(first.0));
    }
    if last < LogQuery::ALL.1 {
        rows = rows.filter(Column::Revision.lte(last.0));
    }
    if let Some(actor) = filter.actor {
        rows = rows.filter(Column::ActorType.eq(actor.kind)).filter(Column::ActorId.eq(actor.id));
    }
    if let Some(subject) = filter.subject {
        rows = rows.filter(Column::SubjectType.eq(subject.kind)).filter(Column::SubjectId.eq(subject.id));
    }
    if let Some(resource) = filter.resource {
        rows = rows.filter(Column::ResourceType.eq(resource.kind)).filter(Column::ResourceId.eq(resource.id));
    }
    if let Some(from) = filter.from {
        rows = rows.filter(Column::At.gte(from.0));
    }
    if let Some(until) = filter.until {
        rows = rows.filter(Column::At.lt(until.0));
    }
    let order = if *newest_first { Order::Desc } else { Order::Asc };
    rows.order_by(Column::Revision, order.clone()).order_by(Column::Seq, order).limit(u64::from(*limit))
}

/// The first and the last revision with a change in a time span. Clocks may be set back, so every change of the span is
/// looked at, though only in an index.
pub(super) async fn revisions_between(
    db: &impl ConnectionTrait,
    tenant: &str,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> StoreResult<Option<(Revision, Revision)>> {
    let mut query = change::Entity::find()
        .select_only()
        .column_as(Column::Revision.min(), "first")
        .column_as(Column::Revision.max(), "last")
        .filter(Column::TenantId.eq(tenant));
    if let Some(from) = from {
        query = query.filter(Column::At.gte(from.0));
    }
    if let Some(until) = until {
        query = query.filter(Column::At.lt(until.0));
    }
    let found: Option<(Option<i64>, Option<i64>)> = query.into_tuple().one(db).await?;
    Ok(found.and_then(|(first, last)| Some((Revision(first?), Revision(last?)))))
}

#[cfg(test)]
mod tests {
    use sea_orm::{DatabaseConnection, DbBackend, QueryTrait as _, Statement};

    use super::*;
    use crate::service::ports::LogFilter;
    use crate::store::{Options, SqlStore};
    use rollcall_engine::{ResourceRef, SubjectRef};

    /// How the database would look for a page.
    async fn plan(db: &DatabaseConnection, query: Select<change::Entity>) -> String {
        let Statement { sql, values, .. } = query.build(DbBackend::Sqlite);
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let explain = Statement { sql: explain, values, db_backend: DbBackend::Sqlite };
        let steps = db.query_all_raw(explain).await.unwrap();
        let steps = steps.iter().map(|step| step.try_get::<String>("", "detail").unwrap());
        steps.collect::<Vec<_>>().join("; ")
    }

    #[tokio::test]
    async fn a_page_is_found_in_an_index_and_never_sorted() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("rollcall.db").display());
        let store = SqlStore::open(&Options::new(url)).await.unwrap();
        store.migrate().await.unwrap();
        let (ada, harbour) = (SubjectRef { kind: "user", id: "ada" }, ResourceRef { kind: "job_site", id: "harbour" });
        let kinds = ["policy_set".to_owned()];
        let any = LogFilter::default();
        let filters = [
            (LogFilter { actor: Some(ada), ..any.clone() }, "change_by_actor (tenant_id=? AND actor_type=?"),
            (LogFilter { subject: Some(ada), ..any.clone() }, "change_by_subject (tenant_id=? AND subject_type=?"),
            (
                LogFilter { resource: Some(harbour), ..any.clone() },
                "change_by_resource (tenant_id=? AND resource_type=?",
            ),
            (LogFilter { kinds: &kinds, ..any.clone() }, "change_by_kind (tenant_id=? AND kind=?"),
            (any, "sqlite_autoindex_change_1 (tenant_id=?"),
        ];
        let position = Some(LogPosition { revision: Revision(9), seq: 1 });
        for (filter, index) in filters {
            for (after, newest_first) in [(None, true), (None, false), (position, true), (position, false)] {
                let (revisions, filter) = (LogQuery::ALL, filter.clone());
                let query = LogQuery { tenant: "acme", filter, revisions, after, newest_first, limit: 100 };
                let kinds = query.filter.kinds.iter();
                let rows = kinds.fold(rows(&query), |rows, kind| rows.filter(Column::Kind.eq(kind)));
                let plan = plan(&store.pools.reader().await.unwrap(), rows).await;
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
                assert!(
                    after.is_none() || plan.contains("AND revision"),
                    "it begins where the page before ended: {plan}"
                );
            }
        }
    }
}
