//! Writes the tenants of cases into a store, before a server opens it.

use std::{iter, path::Path};

use rollcall_engine::{Change, Policy};

use crate::{
    policy_cases_over_grpc::fixture::CaseTenant,
    support::{
        clock::store_in,
        fixture::{changes::commit, facts::tenant_record},
    },
};

/// Creates a store in `dir` with these tenants, each at revision 1.
pub async fn seed_tenants(dir: &Path, policy: &Policy, tenants: impl Iterator<Item = &CaseTenant>) {
    let store = store_in(dir).await;
    for case in tenants {
        let created = Change::TenantCreated { tenant: tenant_record(&case.name, policy) };
        let changes: Vec<Change> = iter::once(created).chain(case.stored_facts()).collect();
        commit(&store, &case.name, &changes).await;
    }
    store.close().await.expect("the store closes");
}
