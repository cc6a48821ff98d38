//! Policies that are replaced while a tenant is loaded or written: the next use of the tenant runs the new one.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use rollcall::{
    cache::{HistoryLimits, Registry},
    service::ports::{
        InvitationQuery, InvitationRecord, LogQuery, MemberBy, MemberQuery, MemberRecord, ResourceRecord, Store,
        StoreResult, TenantView, Views, WriteTx,
    },
    store::SqlStore,
};
use rollcall_engine::{
    Change, LoggedChange, Member, MemberStatus, PolicySet, PolicyStore, Profile, ResourceRef, Revision, SnapshotSink,
    Subject, SuppressedAddress, Tenant, Timestamp, compile,
};
use tempfile::TempDir;
use tokio::task::yield_now;

use crate::support::{
    clock::{self, ManualClock},
    fixture::{changes::commit, tenant_on},
};

const POLICY: &str = "edition = 1\npolicy = \"depot\"\nversion = 1\nroot = \"depot\"\n\
                      [depot.roles]\nboss = {}\n[depot.actions]\n\
                      \"RIGHT\" = \"boss\"\n";

/// A policy with one action, of this name.
fn policy_set(action: &str) -> PolicySet {
    let mut policies = PolicySet::default();
    policies.insert(compile("depot.toml", &POLICY.replace("RIGHT", action)).unwrap());
    policies
}

fn runs(view: &dyn TenantView, action: &str) -> bool {
    view.with(|facts, _| facts.policy().root().find_action(action).is_ok())
}

/// A store whose `load` runs `meanwhile` after the facts were read, and before it returns.
struct OvertakenStore {
    store: Arc<SqlStore>,
    meanwhile: OnceLock<Box<dyn Fn() + Send + Sync>>,
    _dir: TempDir,
}

impl OvertakenStore {
    async fn with_acme() -> Arc<Self> {
        let (store, dir) = clock::store().await;
        commit(&store, "acme", &tenant_on(&POLICY.replace("RIGHT", "open")).creation()).await;
        Arc::new(Self { store, meanwhile: OnceLock::new(), _dir: dir })
    }
}

#[async_trait]
impl Store for OvertakenStore {
    async fn ping(&self) -> StoreResult<()> {
        self.store.ping().await
    }

    async fn page_key(&self) -> StoreResult<[u8; 32]> {
        self.store.page_key().await
    }

    async fn tenant(&self, tenant: &str) -> StoreResult<Option<(Tenant, Revision)>> {
        self.store.tenant(tenant).await
    }

    async fn load(&self, tenant: &str, snapshot: &mut dyn SnapshotSink) -> StoreResult<bool> {
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
    let store = OvertakenStore::with_acme().await;
    let policy_store = Arc::new(PolicyStore::new(policy_set("old")));
    let views = Arc::new(Registry::new(
        store.clone(),
        policy_store.clone(),
        Arc::new(ManualClock::default()),
        HistoryLimits::default(),
    ));
    let (once, replaced) = (OnceLock::new(), (policy_store, Arc::downgrade(&views)));
    let meanwhile = move || {
        if once.set(()).is_ok() {
            replaced.0.replace(policy_set("new"));
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
    let store = OvertakenStore::with_acme().await;
    let policy_store = Arc::new(PolicyStore::new(policy_set("old")));
    let views =
        Registry::new(store.clone(), policy_store.clone(), Arc::new(ManualClock::default()), HistoryLimits::default());
    let permit = views.write_permit("acme").await;
    let write_view = views.open_with_permit("acme").await.unwrap().unwrap();

    policy_store.replace(policy_set("new"));
    views.forget_replaced();
    assert!(runs(&*write_view, "old") && views.warm("acme").is_none());
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
    commit(&store.store, "acme", std::slice::from_ref(&added)).await;
    assert!(write_view.apply(&[(Revision(2), added)]), "the write shows its change in its own view");
    drop(permit);
    let view = next.await.unwrap().unwrap();
    assert_eq!((runs(&*view, "new"), view.revision()), (true, Revision(2)));
    assert!(view.with(|facts, _| facts.member_state(Subject::user("ada").as_ref()).is_some()));
}

#[tokio::test]
async fn views_of_other_policies_stay() {
    let store = OvertakenStore::with_acme().await;
    let policy_store = Arc::new(PolicyStore::new(policy_set("old")));
    let views =
        Registry::new(store.clone(), policy_store.clone(), Arc::new(ManualClock::default()), HistoryLimits::default());
    let view = views.open("acme").await.unwrap().unwrap();
    let mut more = (*policy_store.current()).clone();
    let other = POLICY.replace("RIGHT", "other").replace("version = 1", "version = 2");
    more.insert(compile("next.toml", &other).unwrap());
    policy_store.replace(more);
    views.forget_replaced();
    assert!(Arc::ptr_eq(&views.warm("acme").unwrap(), &view));
}
