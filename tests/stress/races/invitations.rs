//! Races about invitations that are accepted, declined, revoked and sent again at the same time.

use rollcall::proto::{AcceptInvitationRequest, Profile};

use super::harness::{Race, run, run_against};
use crate::contrary::Contrary;
use crate::support::{
    Answer, Api, WireTenant, Write,
    names::{email_of, subject},
    verified,
    wire_tenant::profile,
};

/// Who is invited in a round.
fn guest(round: usize) -> String {
    format!("guest-{round}")
}

/// Somebody accepts an invitation that `ada` takes back and sends again.
struct AcceptAndRevoke;

impl Race for AcceptAndRevoke {
    const ORDERS: &str = "
        ABC ACB | ok INVITATION_USED INVITATION_USED       | user user
        BAC BCA | INVITATION_REVOKED ok INVITATION_REVOKED | -    -
        CAB CBA | INVITATION_NOT_FOUND ok ok               | -    -
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::bare(api, tenant).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        let guest = guest(round);
        let (invitation, token) = world.invited("ada", &email_of(&guest), "workspace", "user").await;
        vec![world.accept(&guest, &token), world.revoke("ada", &invitation.id), world.resend("ada", &invitation.id)]
    }

    async fn state(world: &WireTenant, round: usize, _: &[Option<Answer>]) -> String {
        roles(world, round).await
    }
}

/// The role that a guest has, and the one of whoever has their address: they are invited to it, or have accepted.
async fn roles(world: &WireTenant, round: usize) -> String {
    let guest = guest(round);
    format!("{} {}", world.role(&guest, "workspace").await, world.role(&email_of(&guest), "workspace").await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_accepted_revoked_and_sent_again() {
    run::<AcceptAndRevoke>("an invitation is accepted, revoked and sent again").await;
}

/// Somebody accepts and declines an invitation, and `ada` removes them.
struct AcceptAndDecline;

impl Race for AcceptAndDecline {
    const ORDERS: &str = "
        ABC ACB | ok ok INVITATION_USED                     | -    -
        BAC BCA | INVITATION_REVOKED ok INVITATION_REVOKED  | -    -
        CAB CBA | INVITATION_DECLINED MEMBER_NOT_FOUND ok   | -    -
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::bare(api, tenant).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        let guest = guest(round);
        let (_, token) = world.invited("ada", &email_of(&guest), "workspace", "user").await;
        vec![
            world.accept(&guest, &token),
            world.remove("ada", &email_of(&guest), "workspace"),
            world.decline(&guest, &token),
        ]
    }

    async fn state(world: &WireTenant, round: usize, _: &[Option<Answer>]) -> String {
        roles(world, round).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_accepted_declined_and_removed() {
    run::<AcceptAndDecline>("an invitation is accepted, declined and removed").await;
}

/// Two people accept one invitation, the first of them twice.
struct AcceptTwice;

/// The user ids of those two in a round.
fn pair(round: usize) -> [String; 2] {
    [guest(round), format!("other-{round}")]
}

impl Race for AcceptTwice {
    const ORDERS: &str = "
        ABC ACB | ok INVITATION_USED INVITATION_USED | user -
        BAC BCA | INVITATION_USED ok INVITATION_USED | - user
        CAB CBA | INVITATION_USED INVITATION_USED ok | user -
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::bare(api, tenant).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        let [guest, other] = pair(round);
        let email = email_of(&guest);
        let (_, token) = world.invited("ada", &email, "workspace", "user").await;
        let by_other = AcceptInvitationRequest {
            tenant: world.tenant.clone(),
            actor: Some(subject(&other)),
            invitation_token: token.clone(),
            profile: Some(Profile { emails: vec![verified(&email)], ..profile(&other) }),
            ..AcceptInvitationRequest::default()
        };
        vec![world.accept(&guest, &token), by_other.into(), world.accept(&guest, &token)]
    }

    async fn state(world: &WireTenant, round: usize, _: &[Option<Answer>]) -> String {
        let [guest, other] = pair(round);
        format!("{} {}", world.role(&guest, "workspace").await, world.role(&other, "workspace").await)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_accepted_more_than_once() {
    run::<AcceptTwice>("an invitation is accepted more than once").await;
}

/// Two editors invite somebody new to one job site in different roles, and `ada` to another. Which of the issued tokens
/// is good is part of the state.
struct InviteTwice;

impl Race for InviteTwice {
    const ORDERS: &str = "
        ABC ACB | ok ALREADY_A_MEMBER ok | viewer viewer C
        CAB     | ok ALREADY_A_MEMBER ok | viewer viewer A
        BAC BCA | ALREADY_A_MEMBER ok ok | editor viewer C
        CBA     | ALREADY_A_MEMBER ok ok | editor viewer B
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::seeded(api, tenant).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        let email = email_of(&guest(round));
        vec![
            world.invite("edith", &email, "harbour", "viewer"),
            world.invite("emil", &email, "harbour", "editor"),
            world.invite("ada", &email, "quarry", "viewer"),
        ]
    }

    async fn state(world: &WireTenant, round: usize, answers: &[Option<Answer>]) -> String {
        let guest = guest(round);
        let mut state = Vec::new();
        for site in ["harbour", "quarry"] {
            state.push(world.role(&email_of(&guest), site).await);
        }
        for (answer, name) in answers.iter().zip(["A", "B", "C"]) {
            let Some(answer) = answer else { continue };
            let token = answer.clone().invite().results[0].invitation_token.clone();
            if world.api.write(world.accept(&guest, &token).dry()).await.is_ok() {
                state.push(name.into());
            }
        }
        state.join(" ")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_new_is_invited_twice() {
    run::<InviteTwice>("somebody new is invited twice").await;
}

/// All of them, on servers to which something is contrary.
pub(super) async fn all_against(contrary: Contrary) {
    run_against::<AcceptAndRevoke>(contrary).await;
    run_against::<AcceptAndDecline>(contrary).await;
    run_against::<AcceptTwice>(contrary).await;
    run_against::<InviteTwice>(contrary).await;
}
