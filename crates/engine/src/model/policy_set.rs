//! The policies that a process has loaded.

use std::{collections::BTreeMap, sync::Arc};

use crate::model::{Policy, UnknownName, nearest::nearest};

/// The policies that are loaded, by name and version.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    policies: BTreeMap<(String, u32), Arc<Policy>>,
}

impl PolicySet {
    /// Adds a policy. Returns the one that had the same name and version before, if any.
    pub fn insert(&mut self, policy: impl Into<Arc<Policy>>) -> Option<Arc<Policy>> {
        let policy = policy.into();
        self.policies.insert((policy.name().to_owned(), policy.version()), policy)
    }

    /// The policy of this name at this version.
    pub fn get(&self, name: &str, version: u32) -> Option<&Arc<Policy>> {
        self.policies.get(&(name.to_owned(), version))
    }

    /// The policy of this name with the highest version.
    ///
    /// # Errors
    /// When there is none, with the nearest names.
    pub fn newest(&self, name: &str) -> Result<&Arc<Policy>, UnknownName> {
        let versions = self.policies.range((name.to_owned(), 0)..=(name.to_owned(), u32::MAX));
        versions.map(|(_, policy)| policy).next_back().ok_or_else(|| UnknownName {
            name: name.to_owned(),
            nearest: nearest(name, self.policies.keys().map(|(known, _)| known.as_str())),
        })
    }

    /// Whether this very policy is in the set, and not another one of its name and version.
    pub fn has(&self, policy: &Arc<Policy>) -> bool {
        self.get(policy.name(), policy.version()).is_some_and(|found| Arc::ptr_eq(found, policy))
    }

    /// Every policy, ordered by name and then by version.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.policies.values()
    }
}
