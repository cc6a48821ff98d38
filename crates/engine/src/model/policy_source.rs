//! Where the policy comes from that decides about a tenant.

use std::sync::Arc;

use crate::{
    domain::Tenant,
    model::{Policy, policy_set::PolicySet},
};

/// Finds the policy that decides about a tenant.
pub trait PolicySource: Send {
    /// The policy for this tenant; none when there is none for it.
    fn policy_of(&self, tenant: &Tenant) -> Option<Arc<Policy>>;
}

/// The policy of the name and version that the tenant runs.
impl PolicySource for PolicySet {
    fn policy_of(&self, tenant: &Tenant) -> Option<Arc<Policy>> {
        self.get(&tenant.policy, tenant.policy_version).cloned()
    }
}

/// This policy, whichever the tenant runs.
impl PolicySource for Arc<Policy> {
    fn policy_of(&self, _: &Tenant) -> Option<Arc<Policy>> {
        Some(Arc::clone(self))
    }
}

impl<S: PolicySource + Sync + ?Sized> PolicySource for &S {
    fn policy_of(&self, tenant: &Tenant) -> Option<Arc<Policy>> {
        (**self).policy_of(tenant)
    }
}
