//! Reloads the policy files when they change, all of them or, if any has a mistake, none.

use std::{sync::Arc, time::Duration};

use rollcall_engine::{Diagnostics, PolicyStore};

use crate::{
    cache::Registry,
    serve::{
        policies::{Files, Refused, Sources, Texts},
        settled::{Settled, look_every},
    },
};

/// Reads the policy files periodically, and takes over their changes.
pub(super) struct Reload {
    sources: Sources,
    policies: Arc<PolicyStore>,
    views: Arc<Registry>,
    /// What is loaded, without policies that no file has any more.
    loaded: Files,
    /// What the last reading found.
    found: Settled<Result<Texts, String>>,
}

impl Reload {
    /// Keeps the policies that were `loaded` from these sources up to date, in the policy store and in the views.
    pub(super) fn new(sources: Sources, loaded: Files, policies: Arc<PolicyStore>, views: Arc<Registry>) -> Self {
        let found = Settled::new(Ok(loaded.texts().clone()));
        Self { sources, policies, views, loaded, found }
    }

    /// Reads the files every so often; zero: never. Never ends.
    pub(super) async fn watch(self, every: Duration) {
        look_every(self, every, "the policy files", Self::look).await;
    }

    fn look(&mut self) {
        let found = self.sources.read();
        if self.found.look(found).is_some() {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let compiled = match self.found.found() {
            Ok(texts) => self.sources.compile(texts, &self.loaded),
            Err(problem) => return self.log_refusal(problem),
        };
        match compiled {
            Ok(files) => self.take_over(files),
            Err(Refused::Duplicate(problem)) => self.log_refusal(&problem),
            Err(Refused::Mistakes(files)) => {
                for (at, mistake) in files.iter().flat_map(Diagnostics::in_lines) {
                    tracing::error!(at, mistake, "a policy has a mistake; all policies stay as they are");
                }
            }
        }
    }

    fn log_refusal(&self, problem: &str) {
        let dir = self.sources.dir().display();
        tracing::error!(%dir, problem, "the policies can't be read; all policies stay as they are");
    }

    fn take_over(&mut self, files: Files) {
        let before = self.policies.current();
        let mut policies = (*before).clone();
        for (_, policy) in files.iter() {
            policies.insert(policy.clone());
        }
        self.policies.replace(policies);
        self.views.forget_replaced();
        let mut changed = false;
        for (path, policy) in files.iter().filter(|(_, policy)| !before.has(policy)) {
            let (name, version, file) = (policy.name(), policy.version(), path.display());
            if before.get(name, version).is_some() {
                tracing::info!(policy = name, version, %file, "a policy was replaced");
            } else {
                tracing::info!(policy = name, version, %file, "a policy was added");
            }
            changed = true;
        }
        files.log_new_warnings(&before);
        let in_files = files.policy_set();
        for (path, policy) in self.loaded.iter() {
            let (name, version, file) = (policy.name(), policy.version(), path.display());
            if in_files.get(name, version).is_none() {
                tracing::warn!(
                    policy = name, version, %file,
                    "no file has this policy any more; it stays until a restart, after which its tenants have none"
                );
                changed = true;
            }
        }
        if !changed {
            tracing::info!("the policy files match the loaded policies");
        }
        self.loaded = files;
    }
}
