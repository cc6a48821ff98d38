//! The service as a value: its ports, its quotas, and what its use cases share while they run.

use std::sync::Arc;

use rollcall_engine::{Moment, PolicySet, PolicyStore, Tokens};

use crate::service::{
    commits::CommitNotifier,
    hidden::Hidden,
    page::PageToken,
    ports,
    watchers::{WatchOptions, Watchers},
    write::{Computations, WriteQueues},
};

/// Every use case, over the ports that it is given. The fields are for the use cases in this module.
pub struct Service {
    pub(super) store: Arc<dyn ports::Store>,
    pub(super) views: Arc<dyn ports::Views>,
    pub(super) policies: Arc<PolicyStore>,
    pub(super) clock: Arc<dyn ports::Clock>,
    pub(super) random: Arc<dyn ports::Random>,
    pub(super) tokens: Tokens,
    page_key: Hidden<[u8; 32]>,
    pub(super) commits: CommitNotifier,
    /// By tenant.
    pub(super) write_queues: WriteQueues,
    /// By the hash of a request id.
    pub(super) request_queues: WriteQueues,
    pub(super) computations: Computations,
    pub(super) watchers: Watchers,
    pub(super) quotas: Quotas,
}

/// How much a tenant may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// How many invitations a tenant may issue in any 24 hours; issuing one anew counts as another. The settings allow
    /// 1 to 4,294,967,295.
    pub invitations_per_day: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { invitations_per_day: 1000 }
    }
}

impl Service {
    /// The service over these ports, with the default quotas. `identity` is that of the store.
    pub fn new(
        (store, identity): (Arc<dyn ports::Store>, ports::StoreIdentity),
        views: Arc<dyn ports::Views>,
        policies: Arc<PolicyStore>,
        clock: Arc<dyn ports::Clock>,
        random: Arc<dyn ports::Random>,
        watch: WatchOptions,
    ) -> Self {
        let (commits, watchers) = (CommitNotifier::default(), Watchers::new(watch));
        let quotas = Quotas::default();
        let (tokens, page_key) = (Tokens::of_store(identity.id), identity.page_key);
        let [write_queues, request_queues] = [(); 2].map(|()| WriteQueues::default());
        Self {
            store,
            views,
            policies,
            clock,
            random,
            tokens,
            page_key,
            commits,
            write_queues,
            request_queues,
            computations: Computations::default(),
            watchers,
            quotas,
        }
    }

    /// The same service with other quotas, which hold for every tenant.
    #[must_use]
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// The page tokens of a query with these parts.
    pub(super) fn page_token(&self, query: &[impl AsRef<str>]) -> PageToken {
        PageToken::of(*self.page_key.expose(), query)
    }

    /// The token of a tenant's moment, for its answer.
    pub fn token(&self, tenant: &str, moment: &Moment) -> String {
        self.tokens.encode(tenant, moment)
    }

    /// The policies that are loaded at this moment; a reload replaces them all at once.
    pub fn policies(&self) -> Arc<PolicySet> {
        self.policies.current()
    }
}
