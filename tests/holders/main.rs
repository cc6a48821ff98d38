//! Roles that teams hold, that everybody holds, and that end.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(clippy::unnecessary_wraps, reason = "messages have optional fields")]

mod accepting;
mod drive;
mod last_holder;
mod outlasting;
#[path = "../support/mod.rs"]
mod support;
mod team_filter;

use std::sync::Arc;

use drive::{Drive, place, who};
use rollcall::{
    proto::{ChangeRoleRequest, CreateTenantRequest, Profile, Reason},
    service::{
        AcceptInvitation, Caller, ChangeRole, Consistency, CreateTenant, Invite, Invitee as Guest, Question,
        RequestContext, Service, Who as By,
    },
};
use rollcall_engine::{
    Grant, Profile as Names, ResourceKey, ResourceRef, Stated, Subject, SubjectRef, Timestamp, Token,
};
use support::{
    Stage,
    db::audited,
    error::reason_of,
    hand::{self, Hand},
};

#[tokio::test]
async fn a_team_holds_roles_for_whoever_belongs_to_it() {
    let drive = Drive::new().await;
    assert!(!drive.may("carl", "folder.list", "folder:plans").await);
    drive.does(Drive::invite("ada", "group:crew", "folder:plans", "viewer")).await;
    let answer = drive.check("carl", "folder.list", "folder:plans").await;
    let explanation = answer.explanation.unwrap();
    assert!(answer.allowed && explanation.summary.contains("through `group:crew`"), "{}", explanation.summary);
    let held = explanation.held.iter().find(|held| held.decisive).unwrap();
    assert_eq!(held.through.as_ref().unwrap().id, "crew");
    assert!(!drive.may("omar", "folder.list", "folder:plans").await);
    assert!(!drive.may("carl", "folder.rename", "folder:plans").await);
    let listed = drive.listed("folder:plans").await;
    assert_eq!(listed[1..], ["carl: folder.viewer by crew", "crew: folder.viewer", "gwen: folder.viewer by crew"]);
    assert!(listed[0].starts_with("ada: folder.editor, "), "{listed:?}");
    let own = drive.listed("drive:").await;
    assert!(!own.iter().any(|line| line.starts_with("crew")), "who belongs to the tenant are people: {own:?}");

    drive.does(Drive::remove("carl", "carl", "group:crew")).await;
    assert!(!drive.may("carl", "folder.list", "folder:plans").await, "who leaves the team loses its roles");
    assert!(drive.may("gwen", "folder.list", "folder:plans").await);
    drive.does(Drive::remove("ada", "group:crew", "folder:plans")).await;
    assert!(!drive.may("gwen", "folder.list", "folder:plans").await, "and all do with the team's role");
}

#[tokio::test]
async fn teams_in_teams_pass_their_roles_on_and_make_no_circle() {
    let drive = Drive::new().await;
    drive.does(Drive::invite("ada", "group:crew", "folder:plans", "editor")).await;
    drive.does(Drive::invite("ada", "omar", "group:night", "person")).await;
    assert!(!drive.may("omar", "folder.rename", "folder:plans").await);
    drive.does(Drive::invite("gwen", "group:night", "group:crew", "person")).await;
    assert!(drive.may("omar", "folder.rename", "folder:plans").await);
    assert!(drive.listed("folder:plans").await.contains(&"omar: folder.editor by crew, folder.viewer by crew".into()));
    assert_eq!(drive.through_teams("omar").await, ["crew: folder.editor at plans", "night: group.person at crew"]);
    assert_eq!(drive.through_teams("gwen").await, ["crew: folder.editor at plans"]);
    drive.join("zoe").await;
    assert_eq!(drive.through_teams("zoe").await, Vec::<String>::new());
    for at in ["group:night", "group:crew"] {
        let refused = drive.tried(Drive::invite("ada", "group:crew", at, "person")).await;
        assert_eq!(refused, Err("TEAM_CYCLE".into()), "{at}");
    }
    let refused = drive.tried(Drive::invite("ada", "group:crew", "folder:plans", "poster")).await;
    assert_eq!(refused, Err("HOLDER_UNSUITABLE".into()));
    let refused = drive.tried(Drive::invite("group:crew", "omar", "folder:plans", "viewer")).await;
    assert_eq!(refused, Err("ACTOR_NOT_A_MEMBER".into()), "a team acts through its members only");
    drive.does(Drive::remove("gwen", "group:night", "group:crew")).await;
    assert!(!drive.may("omar", "folder.rename", "folder:plans").await);

    // The same from the store, after a new start.
    drive.does(Drive::invite("gwen", "group:night", "group:crew", "person")).await;
    let Stage { server, dir, .. } = drive.0;
    server.terminate().await;
    audited(dir.path(), "acme").await;
    let drive = Drive(Stage::over(dir, &["policies.dir=tests/policy/models"]).await);
    assert!(drive.may("omar", "folder.rename", "folder:plans").await);
}

#[tokio::test]
async fn what_is_published_is_everybodys() {
    let drive = Drive::new().await;
    let refused = drive.tried(Drive::invite("omar", "user:*", "folder:plans", "viewer")).await;
    assert_eq!(refused, Err("NOT_PERMITTED".into()));
    let refused = drive.tried(Drive::invite("ada", "user:*", "folder:plans", "editor")).await;
    assert_eq!(refused, Err("NOT_PERMITTED".into()));
    assert_eq!(drive.check("stranger", "folder.list", "folder:plans").await.reason(), Reason::NotAMember);
    drive.does(Drive::invite("ada", "user:*", "folder:plans", "viewer")).await;
    for reader in ["stranger", "omar", "carl"] {
        let answer = drive.check(reader, "folder.list", "folder:plans").await;
        assert!(answer.allowed && answer.explanation.unwrap().summary.contains("through `user:*`"));
        assert!(!drive.may(reader, "folder.rename", "folder:plans").await);
    }
    assert!(drive.may("user:*", "folder.list", "folder:plans").await);
    assert!(
        drive.may("omar", "folder.create", "drive:").await && !drive.may("user:*", "folder.create", "drive:").await
    );
    assert!(!drive.may("service:indexer", "folder.list", "folder:plans").await, "everybody of one type is not all");
    assert!(!drive.may("stranger", "folder.create", "drive:acme").await, "what any member may is not public");
    let twice = drive.tried(Drive::invite("ada", "user:*", "folder:plans", "viewer")).await;
    assert_eq!(twice, Err("ALREADY_A_MEMBER".into()));
    let change = ChangeRoleRequest {
        tenant: "acme".into(),
        actor: who("ada"),
        member: who("user:*"),
        resource: place("folder:plans"),
        role: "editor".into(),
        ..ChangeRoleRequest::default()
    };
    assert_eq!(drive.tried(change).await, Err("HOLDER_UNSUITABLE".into()));
    drive.does(Drive::remove("ada", "user:*", "folder:plans")).await;
    assert!(!drive.may("stranger", "folder.list", "folder:plans").await);
    audited(drive.0.dir.path(), "acme").await;
}

/// A service on a file, whose clock the test moves.
struct Timed {
    service: Arc<Service>,
    hand: Arc<Hand>,
    _dir: tempfile::TempDir,
}

impl Timed {
    /// The workspace `acme` with `ada` as its admin and, as an editor of the job site `pier` until 100, `edith`.
    async fn new() -> Self {
        let ((store, dir), hand) = (hand::store().await, Arc::new(Hand::default()));
        let service = Arc::new(hand::service(&store, &hand, include_str!("../../policies/lumicon.toml")));
        let timed = Self { service, hand, _dir: dir };
        let tenant = CreateTenant {
            display_name: String::new(),
            policy: "lumicon".into(),
            policy_version: 0,
            first_member: Subject::user("ada"),
            profile: names("ada"),
        };
        timed.service.write(call("operator:root"), tenant).await.unwrap();
        let site = rollcall::service::CreateResource { resource: pier(), parent: None, display_name: String::new() };
        timed.service.write(call("ada"), site).await.unwrap();
        timed.invite("edith", Some(100)).await.unwrap();
        timed
    }

    async fn invite(&self, person: &str, until: Option<i64>) -> Result<(), &'static str> {
        let grant = Grant { expires_at: until.map(Timestamp), ..Grant::lasting(pier(), "editor") };
        let guest = Guest { who: By::Email(format!("{person}@acme.test")), display_name: String::new() };
        let invite = Invite { invitees: vec![guest], grants: vec![grant] };
        let written = self.service.write(call("ada"), invite).await.map_err(|error| error.reason)?;
        if let Some(offer) = &written.answer.results[0].issued {
            let accept = AcceptInvitation { token: offer.token.clone(), profile: names(person) };
            self.service.write(call(person), accept).await.map_err(|error| error.reason)?;
        }
        Ok(())
    }

    async fn change(&self, role: &str, until: Option<i64>) -> Result<(), &'static str> {
        let change = ChangeRole {
            member: Subject::user("edith"),
            resource: pier(),
            from: String::new(),
            role: role.into(),
            expires_at: until.map(Timestamp),
            etag: String::new(),
        };
        self.service.write(call("ada"), change).await.map(drop).map_err(|error| error.reason)
    }

    fn at(&self, now: i64) -> &Self {
        self.hand.set(Timestamp(now));
        self
    }

    async fn edits(&self) -> bool {
        self.edits_as(Consistency::MinimizeLatency).await
    }

    /// The token of the newest revision.
    async fn token(&self) -> String {
        Token::encode("acme", self.service.tenant("acme").await.unwrap().1)
    }

    async fn edits_as(&self, consistency: Consistency<'_>) -> bool {
        let question = Question {
            subject: SubjectRef { kind: "user", id: "edith" },
            action: "data.edit",
            resource: ResourceRef { kind: "job_site", id: "pier" },
            stated: Stated::default(),
        };
        self.service.check("acme", consistency, &question, false).await.unwrap().decision.allowed()
    }
}

fn pier() -> ResourceKey {
    ResourceKey::new("job_site", "pier")
}

fn names(person: &str) -> Names {
    Names { email: Some(format!("{person}@acme.test")), ..Names::default() }
}

fn call(actor: &str) -> RequestContext {
    let (kind, id) = actor.split_once(':').unwrap_or(("user", actor));
    RequestContext {
        tenant: "acme".into(),
        actor: Subject::new(kind, id),
        caller: Caller { name: "test".into(), asserts_operators: true },
        trace_id: None,
        idempotency_key: None,
        validate_only: false,
    }
}

#[tokio::test]
async fn a_role_counts_until_its_end() {
    let timed = Timed::new().await;
    assert!(timed.at(99).edits().await);
    assert!(!timed.at(100).edits().await, "an end is the first instant at which it counts no more");
    assert_eq!(timed.change("viewer", None).await, Err("NO_ROLE_HERE"), "no write takes what has ended");
    timed.invite("edith", Some(300)).await.unwrap();
    assert!(timed.at(299).edits().await && !timed.at(300).edits().await);
}

#[tokio::test]
async fn an_end_can_be_moved_and_taken_back() {
    let timed = Timed::new().await;
    assert_eq!(timed.at(50).change("editor", Some(50)).await, Err("FIELD_INVALID"), "not into the past");
    assert_eq!(timed.change("editor", Some(100)).await, Err("ROLE_UNCHANGED"));
    timed.change("editor", Some(200)).await.unwrap();
    assert!(timed.at(150).edits().await && !timed.at(200).edits().await);
    let timed = Timed::new().await;
    timed.at(50).change("editor", None).await.unwrap();
    assert!(timed.at(1000).edits().await);
    assert_eq!(timed.change("editor", None).await, Err("ROLE_UNCHANGED"));
}

#[tokio::test]
async fn the_past_is_judged_at_its_own_time() {
    let timed = Timed::new().await;
    let mut then = vec![(timed.token().await, true)];
    for (now, end, edits) in [(50, Some(60), true), (55, Some(200), true), (199, Some(300), true)] {
        timed.at(now).change("editor", end).await.unwrap();
        then.push((timed.token().await, edits));
    }
    timed.at(300).invite("emil", None).await.unwrap();
    then.push((timed.token().await, false));
    timed.at(400).invite("edith", None).await.unwrap();
    then.push((timed.token().await, true));
    timed.at(1000).change("viewer", None).await.unwrap();
    then.push((timed.token().await, false));
    for (token, edits) in then.iter().rev().chain(&then) {
        assert_eq!(timed.edits_as(Consistency::AtExactSnapshot(token)).await, *edits, "{token}");
    }
}

#[tokio::test]
async fn no_tenant_begins_with_a_team_or_with_everybody() {
    let stage = Stage::with(&["policies.dir=tests/policy/models"]).await;
    for first in ["user:*", "group:crew"] {
        let request = CreateTenantRequest {
            tenant: "acme".into(),
            actor: who("operator:root"),
            policy: "folders".into(),
            first_member: who(first),
            profile: Some(Profile { email: "ada@acme.test".into(), ..Profile::default() }),
            ..CreateTenantRequest::default()
        };
        let refused = stage.api.write(request.into()).await.map_err(|status| reason_of(&status));
        assert_eq!(refused.map(drop), Err("FIELD_INVALID".into()), "{first}");
    }
}
