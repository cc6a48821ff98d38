//! Each pending role ends by itself: inviting again and resending prolong what this actor may give or resend, and nothing
//! else. The clock is moved by hand.

use std::time::Duration;

use rollcall::{
    proto::{GetInvitationRequest, Grant},
    service::ports::Clock as _,
};
use tempfile::TempDir;

use super::{accept, invite, root_role_end};
use crate::support::{Answer, WireTenant, Write, clocked_server::ClockedServer, db::audited, fixture::tenant_on};

const DAY: Duration = Duration::from_hours(24);

/// Invitations of ten days. Hands give `mate` and send that again, bosses everything.
const POLICY: &str = r#"
edition = 1
policy  = "crew"
version = 1
root    = "crew"

[invitations]
lifetime_days = 10

[crew]
creator_role = "boss"

[crew.roles]
boss = { implies = ["hand"] }
hand = {}

[crew.actions]
"yard.create" = "boss"
"shed.create" = "boss"

[crew.members]
invite = [{ by = "boss", to = ["boss", "hand"] }]
resend = [{ by = "boss" }]

# A shed whose mates join as hands, and whose lead gives nothing else.
[shed]
parent = "crew"

[shed.roles]
lead = {}
mate = {}

[shed.members]
joins_as = "hand"
invite = [{ by = "lead", to = ["mate"] }, { by = "crew.boss", to = ["lead", "mate"] }]
resend = [{ by = "lead" }]

[yard]
parent = "crew"

[yard.roles]
mate = {}

[yard.members]
invite = [{ by = "crew.hand", to = ["mate"] }]
resend = [{ by = "crew.hand" }]
"#;

/// A crew with the boss `ada` and the hand `hal`, and the boss's invitation of `eve` as a boss, ten days long.
struct Crew {
    server: ClockedServer,
    dir: TempDir,
    world: WireTenant,
    /// The id of the invitation.
    invitation: String,
}

impl Crew {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("there is room for a directory");
        let fixture = tenant_on(POLICY)
            .named("acme")
            .person("ada", "boss")
            .person("hal", "hand")
            .resource("yard:north")
            .resource("shed:north")
            .joined("lee", "shed:north", "lead");
        let server = ClockedServer::start(dir.path(), std::slice::from_ref(&fixture.policy)).await;
        server.clock.advance(1000 * DAY);
        let world = fixture.wire_on(&server.api().await).await;
        let (invitation, _) = world.invited("ada", "eve@acme.test", "crew:", "boss").await;
        Self { server, dir, world, invitation: invitation.id }
    }

    async fn days(&self, days: u32) {
        self.server.clock.advance(days * DAY);
        self.server.service.sweep().await.expect("the store is there");
    }

    /// What the invitation gives by the list.
    async fn offered(&self) -> Vec<String> {
        let request = GetInvitationRequest {
            tenant: self.world.tenant.clone(),
            invitation: self.invitation.clone(),
            ..GetInvitationRequest::default()
        };
        let found = self.world.api.get_invitation(request).await.expect("it is there").invitation.expect("it is there");
        let role = |grant: Grant| format!("{} {}", grant.resource.unwrap_or_default().id, grant.role);
        found.grants.into_iter().map(role).collect()
    }

    /// Has eve accept: what it gives.
    async fn accepted(self, token: &str) -> Vec<String> {
        let (given, failed) = accept(&self.world, "eve", "eve", token).await;
        assert!(failed.is_empty(), "{failed:?}");
        audited(self.dir.path(), &self.world.tenant).await;
        given
    }
}

/// The days after which it is accepted, and what it gives then, where a hand invites eve to the yard after six.
#[tokio::test]
async fn what_an_actor_may_not_give_keeps_its_own_end() {
    for (days, expected) in [(9, &["acme boss", "north mate"][..]), (10, &["north mate"]), (15, &["north mate"])] {
        let crew = Crew::new().await;
        crew.days(6).await;
        let token = invite(&crew.world, "hal", "eve", "yard:north", "mate").await;
        assert_eq!(crew.offered().await, ["acme boss", "north mate"]);
        crew.days(days - 6).await;
        assert_eq!(crew.offered().await, expected);
        assert_eq!(crew.accepted(&token).await, expected, "after {days} days");
    }
}

#[tokio::test]
async fn it_ends_with_the_last_of_them() {
    let crew = Crew::new().await;
    crew.days(6).await;
    let token = invite(&crew.world, "hal", "eve", "yard:north", "mate").await;
    crew.days(10).await;
    crew.world.refused(crew.world.accept("eve", &token), "INVITATION_EXPIRED").await;
}

/// Whoever may give or resend everything prolongs everything.
#[tokio::test]
async fn who_may_resend_it_prolongs_it() {
    let crew = Crew::new().await;
    crew.days(6).await;
    invite(&crew.world, "hal", "eve", "yard:north", "mate").await;
    crew.days(3).await;
    let sent = crew.world.allowed(crew.world.resend("ada", &crew.invitation)).await.resend_invitation();
    crew.days(9).await;
    assert_eq!(crew.accepted(&sent.invitation_token).await, ["acme boss", "north mate"]);
}

/// A resend by who may send one of them again leaves the other to its end.
#[tokio::test]
async fn a_resend_prolongs_what_it_may_alone() {
    let crew = Crew::new().await;
    invite(&crew.world, "ada", "eve", "yard:north", "mate").await;
    crew.days(8).await;
    let sent = crew.world.allowed(crew.world.resend("hal", &crew.invitation)).await.resend_invitation();
    crew.days(5).await;
    assert_eq!(crew.accepted(&sent.invitation_token).await, ["north mate"]);
}

/// What has run out is gone, until somebody who may gives it anew.
#[tokio::test]
async fn what_has_run_out_is_given_anew_or_not_at_all() {
    for (actor, at, role, expected) in [
        ("hal", "yard:north", "mate", &["north mate"][..]),
        ("ada", "crew:", "boss", &["acme boss", "north mate"]),
        ("ada", "yard:north", "mate", &["acme boss", "north mate"]),
    ] {
        let crew = Crew::new().await;
        crew.days(6).await;
        invite(&crew.world, "hal", "eve", "yard:north", "mate").await;
        crew.days(6).await;
        let token = invite(&crew.world, actor, "eve", at, role).await;
        assert_eq!(crew.offered().await, expected, "{actor} {role}");
        crew.days(9).await;
        assert_eq!(crew.accepted(&token).await, expected, "{actor} {role}");
    }
}

/// A role that was given as such is no joining role, and does not go on with one that would bring it.
#[tokio::test]
async fn what_was_given_as_such_does_not_go_on_as_a_joining_role() {
    const MATE: (&str, &str) = ("shed:north", "mate");
    let again: [fn(&Crew, &str) -> Write; 2] = [
        |crew, invitation| crew.world.resend("lee", invitation),
        |crew, _| crew.world.invite("lee", "gil@acme.test", MATE.0, MATE.1),
    ];
    for again in again {
        let crew = Crew::new().await;
        let Write::Invite(mut both) = crew.world.invite_all("ada", &["gil@acme.test"], &[("crew:", "hand"), MATE])
        else {
            panic!("it invites")
        };
        let end = crew.server.clock.now().0 / 1_000_000 + 40 * 86_400;
        both.invitees[0].grants[1].expire_time = Some(prost_types::Timestamp { seconds: end, nanos: 0 });
        let invited = crew.world.allowed(both.into()).await.invite().results.remove(0);
        let invitation = invited.invitation.expect("they are invited").id;
        crew.days(15).await;
        let answer = crew.world.allowed(again(&crew, &invitation)).await;
        let token = match answer {
            Answer::ResendInvitation(answer) => answer.invitation_token,
            answer => answer.invite().results.remove(0).invitation_token,
        };
        let (mut given, failed) = accept(&crew.world, "gil", "gil", &token).await;
        given.sort();
        assert_eq!((given, failed), (vec!["acme hand".into(), "north mate".into()], vec![]));
        assert_eq!(root_role_end(&crew.world, "gil").await, Some(end), "it came along, and ends with that");
    }
}
