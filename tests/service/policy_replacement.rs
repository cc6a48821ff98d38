//! Policies that are replaced while a tenant is loaded or written: the next use of the tenant runs the new one.

use std::sync::{Arc, OnceLock};

use rollcall::{
    cache::{HistoryLimits, Registry},
    service::ports::{Feed, Store as _, TenantView, Views as _},
    store::SqlStore,
};
use rollcall_engine::{
    Change, Member, MemberStatus, PolicySet, PolicyStore, Profile, Revision, Subject, Timestamp, compile,
};
use tempfile::TempDir;

use crate::support::{
    clock::{self, ManualClock},
    contrary::ContraryStore,
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

/// A store with the tenant `acme`, and its directory.
async fn with_acme() -> (Arc<SqlStore>, Arc<ContraryStore>, TempDir) {
    let (store, dir) = clock::store().await;
    commit(&store, "acme", &tenant_on(&POLICY.replace("RIGHT", "open")).creation()).await;
    let contrary = ContraryStore::over(store.clone());
    (store, contrary, dir)
}

#[tokio::test]
async fn a_load_that_a_replacement_overtakes_is_done_again() {
    let (_, store, _dir) = with_acme().await;
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
    store.after_each_look(meanwhile);
    let view = views.open("acme").await.unwrap().unwrap();
    assert!(runs(&*view, "new") && !runs(&*view, "old"));
    assert!(runs(&*views.warm("acme").unwrap(), "new"));
}

#[tokio::test]
async fn a_write_under_way_keeps_its_policy_and_shows_in_the_view_that_is_loaded_meanwhile() {
    let (real, store, _dir) = with_acme().await;
    let policy_store = Arc::new(PolicyStore::new(policy_set("old")));
    let views =
        Registry::new(store.clone(), policy_store.clone(), Arc::new(ManualClock::default()), HistoryLimits::default());
    let write_view = views.open("acme").await.unwrap().unwrap();
    policy_store.replace(policy_set("new"));
    views.forget_replaced();
    assert!(runs(&*write_view, "old") && views.warm("acme").is_none());
    let next = views.open("acme").await.unwrap().unwrap();
    assert!(runs(&*next, "new"));

    let member = Member {
        subject: Subject::user("ada"),
        profile: Profile::default(),
        status: MemberStatus::Active,
        locked: false,
        created_at: Timestamp(1),
    };
    commit(&real, "acme", &[Change::MemberAdded { member }]).await;
    let Feed::Commits(commits) = store.commits_after("acme", next.head()).await.unwrap() else {
        panic!("the history goes on");
    };
    views.show("acme", &commits[0]);
    assert_eq!(next.head().revision, Revision(2));
    assert!(next.with(|facts, _| facts.member_state(Subject::user("ada").as_ref()).is_some()));
}

#[tokio::test]
async fn views_of_other_policies_stay() {
    let (_, store, _dir) = with_acme().await;
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
