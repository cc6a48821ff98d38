//! Chains of writes: nobody comes by what no rule gives them.

mod acceptance;
mod changed_offers;
mod ends;
mod granters;
mod joining;
mod last_who_can_act;
mod offer_ends;
mod registered;
mod targets;
mod together;
mod unverified;

use std::fs;

use prost_types::Timestamp;
use rollcall::proto::{AcceptInvitationResponse, Grant, InviteResult};
use tempfile::TempDir;
use tonic_types::StatusExt as _;

use crate::support::{
    Answer, TestServer, WireTenant, Write,
    fixture::{TenantFixture, tenant_on},
    names::email_of,
    own_roles, subject,
};

/// A small policy in which every kind of chain can happen.
const CREW: &str = include_str!("crew.toml");

/// Instants far ahead, in seconds since 1970.
const SOONER: i64 = 4_000_000_000;
const LATER: i64 = 5_000_000_000;

fn at(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.map(|seconds| Timestamp { seconds, nanos: 0 })
}

/// A server that knows a policy by its text, and a tenant on it.
struct Stage {
    server: TestServer,
    policies: TempDir,
    world: WireTenant,
}

impl Stage {
    async fn new(policy: &str, describe: impl FnOnce(TenantFixture) -> TenantFixture) -> Self {
        let policies = tempfile::tempdir().unwrap();
        fs::write(policies.path().join("policy.toml"), policy).unwrap();
        let server = TestServer::with(&[&format!("policies.dir={}", policies.path().display())]).await;
        let world = describe(tenant_on(policy).named("acme")).wire_on(&server.api).await;
        Self { server, policies, world }
    }

    /// The same, after the server was stopped and started.
    async fn restarted(self) -> Self {
        let Self { server: TestServer { server, dir, .. }, policies, world } = self;
        server.terminate().await;
        let server = TestServer::over(dir, &[&format!("policies.dir={}", policies.path().display())]).await;
        let world = WireTenant { api: server.api.clone(), ..world };
        Self { server, policies, world }
    }

    /// A crew of the boss `ada` with the yards `north` and `south`.
    async fn crew() -> Self {
        Self::new(CREW, |crew| crew.person("ada", "boss").resource("yard:north").resource("yard:south")).await
    }
}

/// Invites an email, pending or not: the token of the invitation.
async fn invite(world: &WireTenant, actor: &str, email: &str, at: &str, role: &str) -> String {
    let answer = world.does(world.invite(actor, &email_of(email), at, role)).await.invite();
    let result: InviteResult = answer.results.into_iter().next().expect("one is invited");
    result.invitation_token
}

/// A subject accepts an invitation that was sent to an email.
fn acceptance(world: &WireTenant, who: &str, email: &str, token: &str) -> Write {
    let Write::AcceptInvitation(mut accept) = world.accept(email, token) else { panic!("it accepts") };
    accept.actor = Some(subject(who));
    accept.into()
}

/// Has a subject accept: what it was given, and what it was not with the reason, as texts.
async fn accept(world: &WireTenant, who: &str, email: &str, token: &str) -> (Vec<String>, Vec<String>) {
    let Answer::AcceptInvitation(answer) = world.allowed(acceptance(world, who, email, token)).await else {
        panic!("it answers as an acceptance")
    };
    let AcceptInvitationResponse { grants, failed_grants, .. } = answer;
    let at = |resource: Option<rollcall::proto::ResourceRef>| resource.unwrap_or_default().id;
    let given = grants.into_iter().map(|Grant { resource, role, .. }| format!("{} {role}", at(resource)));
    let failed = failed_grants.into_iter().map(|failed| {
        let reason = failed.reason().as_str_name().to_owned();
        format!("{} {} {reason}", at(failed.resource), failed.role)
    });
    (given.collect(), failed.collect())
}

/// An invitation can't be accepted, for this reason, until somebody else takes it over.
async fn assert_void(world: &WireTenant, who: &str, email: &str, token: &str, reason: &str) {
    let status = world.refused(acceptance(world, who, email, token), "INVITATION_VOID").await;
    let details = status.get_details_error_info().expect("every error has a reason");
    assert_eq!(details.metadata["refused"], reason, "{status:?}");
}

/// When somebody's role in the crew itself ends; none where it does not.
async fn root_role_end(world: &WireTenant, who: &str) -> Option<i64> {
    let roles = own_roles(world.member(who).await.expect("they are a member"));
    let hand = roles.iter().find(|grant| grant.role == "hand").expect("they are a hand");
    hand.expire_time.map(|end| end.seconds)
}
