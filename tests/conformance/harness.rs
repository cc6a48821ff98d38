//! A store with the tenant `acme`, and what tests do with it again and again.

use std::{sync::Arc, time::Duration};

use rollcall::{
    service::ports::{Batch, Committed, Snapshot, Store as _, StoreResult},
    store::{Options, SqlStore},
};
use rollcall_engine::{Change, Commit, Head, Revision, Timestamp};
use sea_orm::{ConnectionTrait as _, Database, Statement};

use crate::{
    changes::{ACME, allowed, batch, resource_created, root, tenant_created},
    dialect::{Dialect, TestDatabase},
    model::LoadedFacts,
};

/// A store on a database of its own.
#[derive(Clone)]
pub struct Harness {
    pub store: Arc<SqlStore>,
    pub database: Arc<dyn TestDatabase>,
    dialect: &'static dyn Dialect,
}

/// The limits that a store is opened with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub read_connections: u32,
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { read_connections: 4, timeout: Duration::from_secs(20) }
    }
}

impl Harness {
    /// A new store with the tenant `acme`, whose root resource is `workspace:acme`, at revision 1.
    pub async fn create(dialect: &'static dyn Dialect) -> Self {
        let harness = Self::open(dialect, dialect.create().await, Limits::default()).await;
        let head = harness.write(&[tenant_created(ACME), resource_created(&root(), None)]).await;
        assert_eq!(head.revision, Revision(1));
        harness
    }

    /// Another new store of the same dialect.
    pub async fn another(&self) -> Self {
        Self::create(self.dialect).await
    }

    /// The same database after a restart.
    pub async fn reopened(&self, limits: Limits) -> Self {
        self.store.close().await.unwrap();
        Self::open(self.dialect, Arc::clone(&self.database), limits).await
    }

    async fn open(dialect: &'static dyn Dialect, database: Arc<dyn TestDatabase>, limits: Limits) -> Self {
        let Limits { read_connections, timeout } = limits;
        let store =
            SqlStore::open(&Options { read_connections, timeout, ..Options::new(database.url()) }).await.unwrap();
        store.migrate().await.unwrap();
        Self { store: Arc::new(store), database, dialect }
    }

    /// The newest commit of a tenant.
    pub async fn head(&self, tenant: &str) -> Option<Head> {
        self.store.heads(&[tenant.to_owned()]).await.unwrap().pop().map(|(_, head)| head)
    }

    /// The tenant `acme` as it is now.
    pub async fn snapshot(&self) -> Box<dyn Snapshot> {
        self.store.snapshot(ACME).await.unwrap().expect("the tenant exists")
    }

    /// What a load of `acme` feeds now.
    pub async fn facts(&self) -> LoadedFacts {
        LoadedFacts::loaded(&mut *self.snapshot().await).await
    }

    /// The whole log of `acme`.
    pub async fn commits(&self) -> Vec<Commit> {
        self.snapshot().await.commits_after(Revision(0), u32::MAX).await.unwrap()
    }

    /// The commit of `acme` that made a revision.
    pub async fn commit_at(&self, revision: i64) -> Head {
        self.snapshot().await.commit_at(Revision(revision)).await.unwrap().expect("there is one")
    }

    /// Commits a batch of `acme` after its newest commit.
    pub async fn try_commit(&self, batch: &Batch<'_>) -> StoreResult<Committed> {
        self.store.commit(ACME, self.head(ACME).await, batch).await
    }

    /// Commits a batch of `acme`, which nobody else may write meanwhile.
    pub async fn commit(&self, batch: &Batch<'_>) -> Head {
        match self.try_commit(batch).await.unwrap() {
            Committed::Done(head) => head,
            other => panic!("nobody else writes: {other:?}"),
        }
    }

    /// Commits changes of `acme`.
    pub async fn write(&self, changes: &[Change]) -> Head {
        self.commit(&batch(&allowed(changes))).await
    }

    /// Commits changes of `acme` at a time.
    pub async fn write_at(&self, at: i64, changes: &[Change]) -> Head {
        self.commit(&Batch { at: Timestamp(at), ..batch(&allowed(changes)) }).await
    }

    /// Commits changes of `acme` if they fit.
    pub async fn try_write(&self, changes: &[Change]) -> StoreResult<Committed> {
        self.try_commit(&batch(&allowed(changes))).await
    }

    /// Commits changes of `acme` beside others who do so, as soon as none of them was faster.
    pub async fn write_beside_others(&self, changes: &[Change]) -> Head {
        loop {
            if let Committed::Done(head) = self.try_write(changes).await.unwrap() {
                return head;
            }
        }
    }

    /// Creates a further tenant, with a root resource and these changes.
    pub async fn create_tenant(&self, tenant: &str, changes: &[Change]) -> Head {
        let all = [&[tenant_created(tenant)][..], changes].concat();
        let committed = self.store.commit(tenant, None, &batch(&allowed(&all))).await.unwrap();
        let Committed::Done(head) = committed else { panic!("there is no such tenant yet") };
        head
    }

    /// All rows of `acme`.
    pub async fn rows(&self) -> String {
        self.database.rows(ACME).await
    }

    /// Everything that is text in the log of `acme`, a row each.
    pub async fn logged_texts(&self) -> Vec<String> {
        let sql = format!(
            "SELECT kind || ' ' || rule || ' ' || actor || ' ' || coalesce(about, '') || ' ' || data AS row_text \
             FROM log_change WHERE tenant_id = '{ACME}' UNION ALL \
             SELECT actor || ' ' || caller || ' ' || coalesce(trace_id, '') FROM log_commit WHERE tenant_id = '{ACME}'"
        );
        let connection = Database::connect(self.database.url()).await.unwrap();
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.try_get("", "row_text").unwrap()).collect()
    }

    /// Runs a statement beside the store.
    pub async fn execute(&self, sql: &str) {
        let connection = Database::connect(self.database.url()).await.unwrap();
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    }
}
