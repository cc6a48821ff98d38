//! The way of a write, step by step: what happens between two of them, who waits for whom, and when it is too late.

mod bounds;
mod clocks;
mod ends;
mod large;
mod parked;

use std::{sync::Arc, time::Duration};

use rollcall::service::{CheckQuestion, Consistency, Service};
use rollcall_engine::{StatedFacts, Subject, Timestamp};

use crate::support::{
    clock::{self, ManualClock},
    contrary::ContraryStore,
    fixture::{ServiceTenant, tenant_on},
};

/// Bosses invite and remove; guests enter.
const POLICY: &str = "edition = 1\npolicy = \"club\"\nversion = 1\nroot = \"club\"\n\
                      [club]\ncreator_role = \"boss\"\n[club.roles]\nboss = {}\nguest = {}\n\
                      [club.actions]\nenter = \"guest | boss\"\n\
                      [club.members]\ninvite = [{ by = \"boss\", to = [\"boss\", \"guest\"] }]\n\
                      remove = [{ by = \"boss\", from = [\"boss\", \"guest\"] }]\n\
                      change = [{ by = \"boss\", from = [\"boss\", \"guest\"], to = [\"boss\", \"guest\"] }]\n\
                      lock = [{ by = \"boss\" }]\n";

/// The time at which the clubs are founded.
const START: Timestamp = Timestamp(1_795_676_400_000_000);

/// A club whose boss is `ada`, in a service on a contrary store.
struct Club {
    store: Arc<ContraryStore>,
    tenant: ServiceTenant,
    _dir: tempfile::TempDir,
}

impl Club {
    async fn new() -> Self {
        let ((store, dir), clock) = (clock::store().await, Arc::new(ManualClock::default()));
        clock.set(START);
        let store = ContraryStore::over(store);
        let club = tenant_on(POLICY).named("acme").person("ada", "boss");
        let policies = std::slice::from_ref(&club.policy);
        let service = Arc::new(clock::service_over(store.clone(), clock.clone(), policies).await);
        let tenant = club.in_service(&service, &clock).await;
        Self { store, tenant, _dir: dir }
    }

    /// Another club in the same service.
    async fn another(&self, name: &str) -> ServiceTenant {
        let club = tenant_on(POLICY).named(name).person("ada", "boss");
        club.in_service(&self.tenant.service, &self.tenant.clock).await
    }
}

/// An instant so long after the start.
fn after(span: Duration) -> Timestamp {
    START.plus(span)
}

/// Whether somebody may enter a club.
async fn enters(service: &Service, tenant: &str, who: &str) -> bool {
    let (who, club) = (Subject::user(who), rollcall_engine::ResourceKey::new("club", tenant));
    let question = CheckQuestion {
        subject: who.as_ref(),
        action: "enter",
        resource: club.as_ref(),
        stated: StatedFacts::default(),
    };
    let checked = service.check(tenant, Consistency::MinimizeLatency, &question, false).await;
    checked.expect("the question is answered").decision.allowed()
}
