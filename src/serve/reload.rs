//! A changed policy file counts without a restart, and one with a mistake never does.

use std::{future, sync::Arc, time::Duration};

use rollcall_engine::{Diagnostics, PolicyStore};
use tokio::{task, time};

use crate::{
    cache::Registry,
    serve::policies::{Files, Refused, Sources, Texts},
};

/// Looks at the policy files again and again.
pub(super) struct Reload {
    sources: Sources,
    shelf: Arc<PolicyStore>,
    views: Arc<Registry>,
    /// What is loaded, but for policies that no file has any more.
    loaded: Files,
    /// What the last look found.
    found: Result<Texts, String>,
    /// Whether what was found has been dealt with.
    settled: bool,
}

impl Reload {
    /// Keeps the policies that were `loaded` from these sources up to date, on the shelf and in the views.
    pub(super) fn new(sources: Sources, loaded: Files, shelf: Arc<PolicyStore>, views: Arc<Registry>) -> Self {
        let found = Ok(loaded.texts().clone());
        Self { sources, shelf, views, loaded, found, settled: true }
    }

    /// Looks as often as told; zero: not at all. Never ends.
    pub(super) async fn watch(self, every: Duration) {
        let mut this = self;
        while !every.is_zero() {
            time::sleep(every).await;
            let looked = task::spawn_blocking(move || {
                this.look();
                this
            });
            match looked.await {
                Ok(looked) => this = looked,
                Err(error) => {
                    tracing::error!(%error, "policies are no longer looked at; restart to have changes count");
                    break;
                }
            }
        }
        future::pending::<()>().await;
    }

    /// Deals with what has changed once two looks in a row have found the same: a file may be half written.
    fn look(&mut self) {
        let found = self.sources.read();
        if found != self.found {
            self.found = found;
            self.settled = false;
        } else if !std::mem::replace(&mut self.settled, true) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let compiled = match &self.found {
            Ok(texts) => self.sources.compile(texts, &self.loaded),
            Err(problem) => return self.refused(problem),
        };
        match compiled {
            Ok(files) => self.take(files),
            Err(Refused::Twice(problem)) => self.refused(&problem),
            Err(Refused::Mistakes(files)) => {
                for (at, mistake) in files.iter().flat_map(Diagnostics::in_lines) {
                    tracing::error!(at, mistake, "a policy has a mistake; all policies stay as they are");
                }
            }
        }
    }

    fn refused(&self, problem: &str) {
        let dir = self.sources.dir().display();
        tracing::error!(%dir, problem, "the policies can't be read; all policies stay as they are");
    }

    fn take(&mut self, files: Files) {
        let before = self.shelf.current();
        let mut library = (*before).clone();
        for (_, policy) in files.iter() {
            library.insert(policy.clone());
        }
        self.shelf.replace(library);
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
        files.warn_beside(&before);
        let named = files.library();
        for (path, policy) in self.loaded.iter() {
            let (name, version, file) = (policy.name(), policy.version(), path.display());
            if named.get(name, version).is_none() {
                tracing::warn!(
                    policy = name, version, %file,
                    "no file has this policy any more; it stays until a restart, after which its tenants have none"
                );
                changed = true;
            }
        }
        if !changed {
            tracing::info!("the policy files say what is loaded");
        }
        self.loaded = files;
    }
}
