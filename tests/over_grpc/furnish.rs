use std::path::Path;

use rollcall::{
    service::ports::{LogEntry, Store as _},
    store::{Options, SqlStore},
};
use rollcall_engine::{Change, Policy, Subject, Tenant, Timestamp};

use crate::{ground::Ground, support::server::store_file};

/// Puts tenants into a new store in `dir`.
pub async fn furnish(dir: &Path, policy: &Policy, grounds: impl Iterator<Item = &Ground>) {
    let options = Options::new(format!("sqlite:{}", store_file(dir).display()));
    let store = SqlStore::open(&options).await.expect("the store opens");
    store.migrate().await.expect("and takes its tables");
    for ground in grounds {
        let tenant = Tenant {
            id: ground.tenant.clone(),
            display_name: String::new(),
            policy: policy.name().to_owned(),
            policy_version: policy.version(),
            created_at: Timestamp::default(),
        };
        let created = Change::TenantCreated { tenant };
        let changes: Vec<Change> = std::iter::once(created).chain(ground.facts.iter().cloned()).collect();
        let actor = Subject::user("nobody");
        let entry = LogEntry {
            changes: &changes,
            actor: actor.as_ref(),
            caller: "test",
            at: Timestamp::default(),
            rule: "operator",
            trace_id: None,
        };
        let mut tx = store.begin(&ground.tenant).await.expect("a write begins");
        tx.append(&entry).await.expect("the facts fit");
        tx.commit().await.expect("and stay");
    }
    store.close().await.expect("the store closes");
}
