//! How SQLite looks for pages: in an index, and without a sort.

use rollcall_engine::{LogPosition, ResourceRef, Revision};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter as _,
    QueryTrait as _, Select, Statement,
};

use crate::{
    service::ports::{LogFilter, LogQuery},
    store::{
        Options, SqlStore,
        sql::{
            entity::log_change::{self, Column},
            log::{PageFilter, changes},
        },
    },
};

/// How the database would look for a page.
async fn plan<E: EntityTrait>(db: &DatabaseTransaction, query: Select<E>) -> String {
    let Statement { sql, values, .. } = query.build(DbBackend::Sqlite);
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    let explain = Statement { sql: explain, values, db_backend: DbBackend::Sqlite };
    let steps = db.query_all_raw(explain).await.unwrap();
    let steps = steps.iter().map(|step| step.try_get::<String>("", "detail").unwrap());
    steps.collect::<Vec<_>>().join("; ")
}

/// What a page is narrowed by beside its filter.
type Condition = fn(Select<log_change::Entity>) -> Select<log_change::Entity>;

#[tokio::test]
async fn a_page_of_the_log_is_found_in_an_index_and_never_sorted() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("rollcall.db").display());
    let store = SqlStore::open(&Options::new(url)).await.unwrap();
    store.migrate().await.unwrap();
    let any = PageFilter { tenant: "acme", actor: None, resource: None };
    let harbour = ResourceRef { kind: "job_site", id: "harbour" };
    let by_actor = PageFilter { actor: Some("ada".to_owned()), ..any.clone() };
    let by_resource = PageFilter { resource: Some(harbour), ..any.clone() };
    let all: Condition = |page| page;
    let filters: [(PageFilter<'_>, Condition, &str); 5] = [
        (by_actor, all, "log_change_by_actor (tenant_id=? AND actor=?"),
        (by_resource, all, "log_change_by_resource (tenant_id=? AND resource_type=?"),
        (any.clone(), |page| page.filter(Column::About.eq("ada")), "log_change_by_about (tenant_id=? AND about=?"),
        (any.clone(), |page| page.filter(Column::Kind.eq("policy_set")), "log_change_by_kind (tenant_id=? AND kind=?"),
        (any, all, "sqlite_autoindex_log_change_1 (tenant_id=?"),
    ];
    let position = Some(LogPosition { revision: Revision(9), seq: 1 });
    for (filter, condition, index) in filters {
        for (after, newest_first) in [(None, true), (None, false), (position, true), (position, false)] {
            let revisions = LogQuery::ALL;
            let query = LogQuery { filter: LogFilter::default(), revisions, after, newest_first, limit: 100 };
            let plan = plan(&store.database.reader().await.unwrap(), condition(changes(&filter, &query))).await;
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
            assert!(after.is_none() || plan.contains("AND revision"), "it begins where the page before ended: {plan}");
        }
    }
}
