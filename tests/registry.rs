//! Policies that are replaced while a tenant is being loaded or written: whoever comes next finds the new one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use rollcall::{
    cache::{HistoryLimits, Registry},
    service::ports::{
        Clock, InvitationQuery, InvitationRecord, LogEntry, LogQuery, MemberBy, MemberQuery, MemberRecord,
        ResourceRecord, Store, StoreResult, TenantView, Views, WriteTx,
    },
    store::{Options, SqlStore},
};
use rollcall_engine::{
    Change, LoggedChange, Member, MemberStatus, PolicySet, PolicyStore, Profile, Resource, ResourceKey, ResourceRef,
    Revision, Snapshot, Subject, SuppressedAddress, Tenant, Timestamp, compile,
};
use tempfile::TempDir;
use tokio::task::yield_now;

const POLICY: &str = "policy = \"depot\"\nversion = 1\nroot = \"depot\"\n[depot.roles]\nboss = {}\n[depot.actions]\n\
                      \"RIGHT\" = \"boss\"\n";

/// A clock that stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

/// A policy with one action, of this name.
fn library(action: &str) -> PolicySet {
    let mut library = PolicySet::default();
    library.insert(compile("depot.toml", &POLICY.replace("RIGHT", action)).unwrap());
    library
}

fn runs(view: &dyn TenantView, action: &str) -> bool {
    view.with(|facts, _| facts.policy().root().find_action(action).is_ok())
}

/// The real store, and what happens once while a tenant is loaded from it: after its facts were read.
struct Overtaken {
    store: SqlStore,
    meanwhile: OnceLock<Box<dyn Fn() + Send + Sync>>,
    _dir: TempDir,
}

impl Overtaken {
    async fn with_acme() -> Arc<Self> {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("rollcall.db").display());
        let store = SqlStore::open(&Options::new(url)).await.unwrap();
        store.migrate().await.unwrap();
        let this = Self { store, meanwhile: OnceLock::new(), _dir: dir };
        let tenant = Tenant {
            id: "acme".into(),
            display_name: String::new(),
            policy: "depot".into(),
            policy_version: 1,
            created_at: Timestamp(1),
        };
        let resource = Resource {
            key: ResourceKey::new("depot", "acme"),
            parent: None,
            owner: None,
            archived: false,
            display_name: String::new(),
            created_at: Timestamp(1),
        };
        this.write(&[Change::TenantCreated { tenant }, Change::ResourceCreated { resource }]).await;
        Arc::new(this)
    }

    async fn write(&self, changes: &[Change]) {
        let mut tx = self.store.begin("acme").await.unwrap();
        let actor = Subject::new("operator", "root");
        let entry = LogEntry {
            changes,
            actor: actor.as_ref(),
            caller: "test",
            at: Timestamp(1),
            rule: "operator",
            trace_id: None,
        };
        tx.append(&entry).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[async_trait]
impl Store for Overtaken {
    async fn ping(&self) -> StoreResult<()> {
        self.store.ping().await
    }

    async fn tenant(&self, tenant: &str) -> StoreResult<Option<(Tenant, Revision)>> {
        self.store.tenant(tenant).await
    }

    async fn load(&self, tenant: &str, snapshot: &mut dyn Snapshot) -> StoreResult<bool> {
        let found = self.store.load(tenant, snapshot).await;
        if let Some(meanwhile) = self.meanwhile.get() {
            meanwhile();
        }
        found
    }

    async fn changes_after(&self, tenant: &str, revision: Revision) -> StoreResult<Vec<(Revision, Change)>> {
        self.store.changes_after(tenant, revision).await
    }

    async fn log(&self, query: &LogQuery<'_>) -> StoreResult<Vec<LoggedChange>> {
        self.store.log(query).await
    }

    async fn revisions_between(
        &self,
        tenant: &str,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> StoreResult<Option<(Revision, Revision)>> {
        self.store.revisions_between(tenant, from, until).await
    }

    async fn resource(&self, tenant: &str, key: ResourceRef<'_>) -> StoreResult<Option<(ResourceRecord, Revision)>> {
        self.store.resource(tenant, key).await
    }

    async fn member(&self, tenant: &str, by: MemberBy<'_>) -> StoreResult<Option<(MemberRecord, Revision)>> {
        self.store.member(tenant, by).await
    }

    async fn list_members(&self, query: &MemberQuery<'_>) -> StoreResult<(Vec<MemberRecord>, Revision)> {
        self.store.list_members(query).await
    }

    async fn invitation(&self, tenant: &str, id: &str) -> StoreResult<Option<(InvitationRecord, Revision)>> {
        self.store.invitation(tenant, id).await
    }

    async fn list_invitations(&self, query: &InvitationQuery<'_>) -> StoreResult<(Vec<InvitationRecord>, Revision)> {
        self.store.list_invitations(query).await
    }

    async fn list_suppressed(
        &self,
        tenant: &str,
        after: &str,
        limit: u32,
    ) -> StoreResult<(Vec<SuppressedAddress>, Revision)> {
        self.store.list_suppressed(tenant, after, limit).await
    }

    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>> {
        self.store.due(now, after, limit).await
    }

    async fn begin(&self, tenant: &str) -> StoreResult<Box<dyn WriteTx>> {
        self.store.begin(tenant).await
    }
}

#[tokio::test]
async fn a_load_that_a_replacement_overtakes_is_done_again() {
    let store = Overtaken::with_acme().await;
    let shelf = Arc::new(PolicyStore::new(library("old")));
    let views = Arc::new(Registry::new(store.clone(), shelf.clone(), Arc::new(Still), HistoryLimits::default()));
    let (once, replaced) = (OnceLock::new(), (shelf, Arc::downgrade(&views)));
    let meanwhile = move || {
        if once.set(()).is_ok() {
            replaced.0.replace(library("new"));
            replaced.1.upgrade().unwrap().forget_replaced();
        }
    };
    assert!(store.meanwhile.set(Box::new(meanwhile)).is_ok());
    let view = views.open("acme").await.unwrap().unwrap();
    assert!(runs(&*view, "new") && !runs(&*view, "old"));
    assert!(runs(&*views.warm("acme").unwrap(), "new"));
}

#[tokio::test]
async fn a_write_under_way_keeps_its_policy_and_the_next_use_waits_for_it() {
    let store = Overtaken::with_acme().await;
    let shelf = Arc::new(PolicyStore::new(library("old")));
    let views = Registry::new(store.clone(), shelf.clone(), Arc::new(Still), HistoryLimits::default());
    let turn = views.write_permit("acme").await;
    let own = views.open_with_permit("acme").await.unwrap().unwrap();

    shelf.replace(library("new"));
    views.forget_replaced();
    assert!(runs(&*own, "old") && views.warm("acme").is_none());
    let mut next = Box::pin(views.open("acme"));
    tokio::select! {
        biased;
        _ = &mut next => panic!("the view is loaded before the write has ended"),
        () = yield_now() => {}
    }
    let member = Member {
        subject: Subject::user("ada"),
        profile: Profile::default(),
        status: MemberStatus::Active,
        locked: false,
        created_at: Timestamp(1),
    };
    let added = Change::MemberAdded { member };
    store.write(std::slice::from_ref(&added)).await;
    assert!(own.apply(&[(Revision(2), added)]), "the write shows its change in its own view");
    drop(turn);
    let view = next.await.unwrap().unwrap();
    assert_eq!((runs(&*view, "new"), view.revision()), (true, Revision(2)));
    assert!(view.with(|facts, _| facts.member_state(Subject::user("ada").as_ref()).is_some()));
}

#[tokio::test]
async fn views_of_other_policies_stay() {
    let store = Overtaken::with_acme().await;
    let shelf = Arc::new(PolicyStore::new(library("old")));
    let views = Registry::new(store.clone(), shelf.clone(), Arc::new(Still), HistoryLimits::default());
    let view = views.open("acme").await.unwrap().unwrap();
    let mut more = (*shelf.current()).clone();
    let other = POLICY.replace("RIGHT", "other").replace("version = 1", "version = 2");
    more.insert(compile("next.toml", &other).unwrap());
    shelf.replace(more);
    views.forget_replaced();
    assert!(Arc::ptr_eq(&views.warm("acme").unwrap(), &view));
}
