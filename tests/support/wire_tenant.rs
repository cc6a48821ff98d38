//! The real server with the directory of its store, and a tenant on it with the writes that prepare it for a test.

use std::sync::atomic::{AtomicU32, Ordering};

use rollcall::proto::Invitation;
use tempfile::TempDir;

use super::{
    Answer, Api, Server, Write,
    error::{code_of, reason_of},
    fixture::{self, seeded::lumicon},
    names::email_of,
};

pub use super::names::profile;

/// The setting with which a server knows the policy `depot`, under which every kind of write can happen.
pub const DEPOT: &[&str] = &["policies.dir=tests/support/policies"];
/// The operator that tests name as an actor.
pub const OPERATOR: &str = "operator:root";

/// A running server, and the directory of its store.
pub struct TestServer {
    pub server: Server,
    pub api: Api,
    pub dir: TempDir,
    tenants: AtomicU32,
}

/// One tenant, and every question and write about it in short form. Names are read as [`subject`](super::subject) and
/// [`resource`](super::resource) read them.
#[derive(Clone)]
pub struct WireTenant {
    pub api: Api,
    pub tenant: String,
}

/// A seeded tenant on `lumicon` named `acme`, on a server of its own.
pub async fn fixture() -> (TestServer, WireTenant) {
    let server = TestServer::new().await;
    let tenant = WireTenant::seeded(&server.api, "acme").await;
    (server, tenant)
}

impl TestServer {
    /// A server with an empty store.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A server with an empty store and further settings.
    pub async fn with(settings: &[&str]) -> Self {
        Self::over(tempfile::tempdir().expect("there is room for a directory"), settings).await
    }

    /// A server over what an earlier one left in a directory.
    pub async fn over(dir: TempDir, settings: &[&str]) -> Self {
        let server = Server::start_with(dir.path(), settings).await;
        let api = server.api().await;
        Self { server, api, dir, tenants: AtomicU32::new(0) }
    }

    /// A seeded tenant on `lumicon` of a new name.
    pub async fn tenant(&self) -> WireTenant {
        let number = self.tenants.fetch_add(1, Ordering::Relaxed);
        WireTenant::seeded(&self.api, &format!("acme-{number}")).await
    }
}

impl WireTenant {
    /// A tenant on `lumicon` with the admin `ada` and nothing else.
    pub async fn bare(api: &Api, tenant: &str) -> Self {
        fixture::tenant("lumicon").named(tenant).person("ada", "admin").wire_on(api).await
    }

    /// A tenant on `depot` with the keeper `ada` and members of the role `hand`.
    pub async fn depot(api: &Api, tenant: &str, hands: &[&str]) -> Self {
        let depot = fixture::tenant("depot-1").named(tenant).person("ada", "keeper");
        hands.iter().fold(depot, |depot, hand| depot.person(hand, "hand")).wire_on(api).await
    }

    /// The tenant that most tests use, as [`lumicon`] describes it.
    pub async fn seeded(api: &Api, tenant: &str) -> Self {
        lumicon().named(tenant).wire_on(api).await
    }

    /// Sends a write that must be allowed.
    pub async fn does(&self, write: impl Into<Write>) -> Answer {
        let write = write.into();
        self.api.write(write.clone()).await.unwrap_or_else(|status| panic!("{write:?}: {status:?}"))
    }

    /// Sends a write. Its response, or the reason of its refusal, whose code must be the one of that reason.
    pub async fn tried(&self, write: impl Into<Write>) -> Result<Answer, String> {
        self.api.write(write.into()).await.map_err(|status| {
            let reason = reason_of(&status);
            assert_eq!(status.code(), code_of(&reason), "{status:?}");
            reason
        })
    }

    /// Invites users of new names to the workspace and accepts for each of them.
    pub async fn join(&self, actor: &str, users: &[&str], role: &str) {
        self.join_at(actor, users, "workspace", role).await;
    }

    /// Invites users of new names to a resource, all at once, and accepts for each of them.
    pub async fn join_at(&self, actor: &str, users: &[&str], resource: &str, role: &str) {
        let emails = users.iter().map(|user| email_of(user)).collect::<Vec<_>>();
        let emails = emails.iter().map(String::as_str).collect::<Vec<_>>();
        let answer = self.does(self.invite_all(actor, &emails, &[(resource, role)])).await.invite();
        for (user, result) in users.iter().zip(answer.results) {
            self.does(self.accept(user, &result.invitation_token)).await;
        }
    }

    /// Invites by email somebody who is no member. The invitation and its token.
    pub async fn invited(&self, actor: &str, email: &str, at: &str, role: &str) -> (Invitation, String) {
        let mut answer = self.does(self.invite(actor, email, at, role)).await.invite();
        let result = answer.results.remove(0);
        (result.invitation.expect("somebody new is invited"), result.invitation_token)
    }
}
