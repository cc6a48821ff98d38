//! What becomes of resources: archived and restored, moved, deleted, given to another owner; and of what somebody owned
//! who is taken out.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(clippy::unnecessary_wraps, reason = "messages have optional fields")]

mod support;

use rollcall::proto::{
    AcceptInvitationRequest, ArchiveResourceRequest, CheckRequest, CreateResourceRequest, CreateTenantRequest,
    DeactivateMemberRequest, DeleteResourceRequest, GetMemberRequest, GetMemberResponse, GetResourceRequest,
    InviteRequest, Invitee, LockMemberRequest, MemberStatus, MoveResourceRequest, Profile, ReactivateMemberRequest,
    Reason, RemoveMemberRequest, Resource, ResourceRef, RestoreResourceRequest, RoleGrant, Subject,
    TransferOwnershipRequest, get_member_request::Member as By, invitee::Who,
};
use support::{Answer, Stage, Write, code_of, db::audited, error::reason_of};

fn who(text: &str) -> Option<Subject> {
    let (kind, id) = text.split_once(':').unwrap_or(("user", text));
    Some(Subject { r#type: kind.into(), id: id.into() })
}

fn place(text: &str) -> Option<ResourceRef> {
    let (kind, id) = text.split_once(':').unwrap();
    Some(ResourceRef { r#type: kind.into(), id: id.into() })
}

/// The parts that every request about a tenant's resource has.
macro_rules! about {
    ($request:ident, $actor:expr, $resource:expr $(, $field:ident: $value:expr)*) => {
        $request {
            tenant: "acme".into(),
            actor: who($actor),
            resource: place($resource),
            $($field: $value,)*
            ..$request::default()
        }
    };
}

/// A tenant on some policy, whose first member is `ada`.
struct Tenant(Stage);

impl Tenant {
    async fn on(policy: &str, version: u32, settings: &[&str]) -> Self {
        let tenant = Self(Stage::with(settings).await);
        let request = CreateTenantRequest {
            tenant: "acme".into(),
            actor: who("operator:root"),
            policy: policy.into(),
            policy_version: version,
            first_member: who("ada"),
            profile: Some(Profile { email: "ada@acme.test".into(), ..Profile::default() }),
            ..CreateTenantRequest::default()
        };
        tenant.does(request).await;
        tenant
    }

    /// A drive with the folders `a`, `b` in it, `c` in that, and `z` beside; `vera` views `b`, `omar` owns the document
    /// `memo` in `c`.
    async fn drive() -> Self {
        let tenant = Self::on("folders", 0, &["policies.dir=tests/policy/models"]).await;
        for (folder, parent) in
            [("folder:a", "drive:"), ("folder:b", "folder:a"), ("folder:c", "folder:b"), ("folder:z", "drive:")]
        {
            tenant.does(about!(CreateResourceRequest, "ada", folder, parent: place(parent))).await;
        }
        tenant.join("vera", "folder:b", "viewer").await;
        tenant.join("omar", "folder:c", "poster").await;
        tenant.does(about!(CreateResourceRequest, "omar", "document:memo", parent: place("folder:c"))).await;
        tenant
    }

    async fn tried(&self, request: impl Into<Write>) -> Result<Answer, String> {
        self.0.api.write(request.into()).await.map_err(|status| {
            let reason = reason_of(&status);
            assert_eq!(status.code(), code_of(&reason), "{status:?}");
            reason
        })
    }

    async fn does(&self, request: impl Into<Write>) -> Answer {
        let request = request.into();
        let what = format!("{request:?}");
        self.0.api.write(request).await.unwrap_or_else(|status| panic!("{what}: {status:?}"))
    }

    async fn refused(&self, request: impl Into<Write>, reason: &str) {
        let before = self.member("ada").await.token;
        assert_eq!(self.tried(request).await.map(drop), Err(reason.into()));
        assert_eq!(self.member("ada").await.token, before, "a refused write changes nothing");
    }

    async fn member(&self, person: &str) -> GetMemberResponse {
        let request = GetMemberRequest { tenant: "acme".into(), member: who(person).map(By::Subject) };
        self.0.api.get_member(request).await.expect("a member")
    }

    async fn resource(&self, resource: &str) -> Resource {
        let request = GetResourceRequest { tenant: "acme".into(), resource: place(resource) };
        self.0.api.get_resource(request).await.expect("a resource").resource.unwrap()
    }

    async fn join(&self, person: &str, at: &str, role: &str) {
        let answer = self.does(invitation("ada", person, at, role)).await.invite();
        self.does(AcceptInvitationRequest {
            tenant: "acme".into(),
            actor: who(person),
            invitation_token: answer.results[0].invitation_token.clone(),
            profile: Some(Profile { email: format!("{person}@acme.test"), ..Profile::default() }),
            ..AcceptInvitationRequest::default()
        })
        .await;
    }

    async fn reason(&self, person: &str, action: &str, resource: &str) -> Reason {
        let request = CheckRequest {
            tenant: "acme".into(),
            subject: who(person),
            action: action.into(),
            resource: place(resource),
            ..CheckRequest::default()
        };
        self.0.api.check(request).await.expect("well formed").reason()
    }

    async fn may(&self, person: &str, action: &str, resource: &str) -> bool {
        self.reason(person, action, resource).await.as_str_name().starts_with("REASON_GRANTED")
    }

    async fn audited(self) {
        audited(self.0.dir.path(), "acme").await;
    }
}

fn invitation(actor: &str, person: &str, at: &str, role: &str) -> InviteRequest {
    InviteRequest {
        tenant: "acme".into(),
        actor: who(actor),
        invitees: vec![Invitee { who: Some(Who::Email(format!("{person}@acme.test"))), display_name: String::new() }],
        grants: vec![RoleGrant { resource: place(at), role: role.into(), expire_time: None }],
        ..InviteRequest::default()
    }
}

#[tokio::test]
async fn what_is_archived_stands_still_until_it_is_restored() {
    let tenant = Tenant::drive().await;
    tenant.refused(about!(ArchiveResourceRequest, "vera", "folder:b"), "NOT_PERMITTED").await;
    tenant.refused(about!(RestoreResourceRequest, "ada", "folder:b"), "NOT_ARCHIVED").await;
    tenant.refused(about!(ArchiveResourceRequest, "ada", "drive:acme"), "FIELD_INVALID").await;
    tenant.refused(about!(ArchiveResourceRequest, "ada", "folder:none"), "RESOURCE_NOT_FOUND").await;
    tenant.refused(about!(ArchiveResourceRequest, "ada", "document:memo"), "NOT_PERMITTED").await;
    let etag = tenant.resource("folder:b").await.etag;
    tenant.does(about!(ArchiveResourceRequest, "ada", "folder:b", etag: etag.clone())).await;
    assert!(tenant.resource("folder:b").await.archived);
    // The model's action does not survive an archive, so nobody may archive once more.
    tenant.refused(about!(ArchiveResourceRequest, "ada", "folder:b"), "RESOURCE_ARCHIVED").await;
    for below in ["folder:b", "folder:c"] {
        assert_eq!(tenant.reason("vera", "folder.list", below).await, Reason::ResourceArchived, "{below}");
    }
    assert!(tenant.may("ada", "folder.list", "folder:a").await);
    tenant.refused(about!(RestoreResourceRequest, "vera", "folder:b"), "NOT_PERMITTED").await;
    tenant.refused(about!(RestoreResourceRequest, "ada", "folder:b", etag: etag), "ETAG_MISMATCH").await;
    tenant.does(about!(RestoreResourceRequest, "ada", "folder:b")).await;
    assert!(tenant.may("vera", "folder.list", "folder:c").await);
    tenant.audited().await;
}

#[tokio::test]
async fn what_is_moved_takes_what_is_below_along_and_inherits_anew() {
    let tenant = Tenant::drive().await;
    tenant.join("zoe", "folder:z", "editor").await;
    assert!(tenant.may("vera", "folder.list", "folder:c").await && !tenant.may("zoe", "folder.list", "folder:c").await);
    let to = |parent| about!(MoveResourceRequest, "ada", "folder:c", parent: place(parent));
    tenant.refused(to("folder:b"), "PARENT_UNCHANGED").await;
    tenant.refused(to("folder:c"), "RESOURCE_CYCLE").await;
    tenant.refused(to("document:memo"), "FIELD_INVALID").await;
    tenant.refused(to("folder:none"), "RESOURCE_NOT_FOUND").await;
    let below = about!(MoveResourceRequest, "ada", "folder:a", parent: place("folder:c"));
    tenant.refused(below, "RESOURCE_CYCLE").await;
    // Who edits only the one place takes nothing from there, and who edits only the other puts nothing there.
    let zoe = about!(MoveResourceRequest, "zoe", "folder:c", parent: place("folder:z"));
    tenant.refused(zoe, "NOT_PERMITTED").await;
    tenant.does(to("folder:z")).await;
    assert!(!tenant.may("vera", "folder.list", "folder:c").await && tenant.may("zoe", "folder.list", "folder:c").await);
    assert!(tenant.may("zoe", "document.write", "document:memo").await, "what is below went along");
    assert_eq!(tenant.resource("folder:c").await.parent, place("folder:z"));
    tenant.audited().await;
}

#[tokio::test]
async fn what_is_deleted_is_gone_with_all_below_it() {
    let tenant = Tenant::drive().await;
    tenant.does(about!(CreateResourceRequest, "ada", "group:crew", parent: place("drive:"))).await;
    let mut team = invitation("ada", "x", "folder:c", "viewer");
    team.invitees[0].who = who("group:crew").map(Who::Subject);
    tenant.does(team).await;
    tenant.refused(about!(DeleteResourceRequest, "vera", "folder:b"), "NOT_PERMITTED").await;
    tenant.refused(about!(DeleteResourceRequest, "ada", "drive:acme"), "FIELD_INVALID").await;
    let dry = Write::from(about!(DeleteResourceRequest, "ada", "folder:b")).dry();
    let foretold = tenant.does(dry).await.delete_resource().deleted;
    let answer = tenant.does(about!(DeleteResourceRequest, "ada", "folder:b")).await.delete_resource();
    assert_eq!(answer.deleted, foretold);
    assert_eq!(answer.deleted, ["document:memo", "folder:c", "folder:b"].map(|name| place(name).unwrap()));
    assert_eq!(tenant.reason("vera", "folder.list", "folder:b").await, Reason::ResourceNotFound);
    assert!(tenant.member("vera").await.grants.iter().all(|grant| grant.resource != place("folder:b")));
    assert!(tenant.member("group:crew").await.grants.is_empty());

    // The name is free, and what was there does not come back with it.
    tenant.does(about!(CreateResourceRequest, "ada", "folder:b", parent: place("folder:a"))).await;
    assert_eq!(tenant.reason("vera", "folder.list", "folder:b").await, Reason::NotGranted);

    // A team that is deleted holds nothing any more, wherever it did.
    let mut team = invitation("ada", "x", "folder:a", "viewer");
    team.invitees[0].who = who("group:crew").map(Who::Subject);
    tenant.does(team).await;
    tenant.does(about!(DeleteResourceRequest, "ada", "group:crew")).await;
    let gone = GetMemberRequest { tenant: "acme".into(), member: who("group:crew").map(By::Subject) };
    assert_eq!(reason_of(&tenant.0.api.get_member(gone).await.unwrap_err()), "MEMBER_NOT_FOUND");
    let Stage { server, dir, .. } = tenant.0;
    server.terminate().await;
    audited(dir.path(), "acme").await;
    let tenant = Tenant(Stage::over(dir, &["policies.dir=tests/policy/models"]).await);
    assert_eq!(tenant.reason("omar", "document.read", "document:memo").await, Reason::ResourceNotFound);
}

/// An organization on `lumi` with the project `film`, of which `paul` and `pia` are admins and `tom` a team member,
/// and the vault `safe` that is `paul`'s.
async fn lumi(version: u32) -> Tenant {
    let tenant = Tenant::on("lumi", version, &[]).await;
    tenant.does(about!(CreateResourceRequest, "ada", "project:film")).await;
    for (person, role) in [("paul", "project_admin"), ("pia", "project_admin"), ("tom", "team_member")] {
        tenant.join(person, "project:film", role).await;
    }
    tenant.does(about!(CreateResourceRequest, "paul", "vault:safe", parent: place("project:film"))).await;
    tenant
}

#[tokio::test]
async fn an_owner_gives_what_is_theirs_away() {
    for version in [1, 2] {
        let tenant = lumi(version).await;
        let give = |actor: &'static str, owner: &'static str| about!(TransferOwnershipRequest, actor, "vault:safe", owner: who(owner));
        tenant.refused(give("tom", "pia"), "NOT_PERMITTED").await;
        // The second edition lets any Project Admin do it, and nobody make themselves the owner.
        if version == 1 {
            tenant.refused(give("pia", "tom"), "NOT_PERMITTED").await;
            tenant.refused(give("paul", "paul"), "OWNER_UNCHANGED").await;
        } else {
            tenant.refused(give("pia", "pia"), "NOT_PERMITTED").await;
            tenant.refused(give("ada", "paul"), "OWNER_UNCHANGED").await;
        }
        tenant.refused(give("paul", "nobody"), "MEMBER_NOT_FOUND").await;
        tenant.refused(give("ada", "ada"), "NOT_PERMITTED").await;
        tenant.does(invitation("ada", "ivan", "project:film", "team_member")).await;
        tenant.refused(give("paul", "email:ivan@acme.test"), "NOT_ACTIVE").await;
        assert!(
            tenant.may("paul", "vault.view", "vault:safe").await
                && !tenant.may("pia", "vault.view", "vault:safe").await
        );
        tenant.does(give("paul", "pia")).await;
        assert_eq!(tenant.resource("vault:safe").await.owner, who("user:pia"));
        assert!(
            !tenant.may("paul", "vault.view", "vault:safe").await
                && tenant.may("pia", "vault.view", "vault:safe").await
        );
        tenant.refused(give("paul", "paul"), "NOT_PERMITTED").await;
        tenant.audited().await;
    }
}

#[tokio::test]
async fn who_is_gone_owns_nothing_nor_who_comes_under_their_id() {
    let tenant = lumi(1).await;
    tenant.does(about!(RemoveMemberRequest, "ada", "organization:acme", member: who("paul"))).await;
    assert_eq!(tenant.resource("vault:safe").await.owner, None);
    tenant.join("paul", "project:film", "project_admin").await;
    assert!(!tenant.may("paul", "vault.view", "vault:safe").await);
    tenant.does(about!(TransferOwnershipRequest, "ada", "vault:safe", owner: who("pia"))).await;
    assert!(tenant.may("pia", "vault.view", "vault:safe").await);
    tenant.audited().await;
}

#[tokio::test]
async fn a_project_is_archived_by_those_who_may_and_deleted_by_nobody() {
    let tenant = lumi(1).await;
    for person in ["paul", "tom"] {
        tenant.refused(about!(ArchiveResourceRequest, person, "project:film"), "NOT_PERMITTED").await;
    }
    tenant.does(about!(ArchiveResourceRequest, "ada", "project:film")).await;
    assert_eq!(tenant.reason("tom", "card.create", "project:film").await, Reason::ResourceArchived);
    tenant.refused(about!(ArchiveResourceRequest, "ada", "project:film"), "ALREADY_ARCHIVED").await;
    tenant.does(about!(RestoreResourceRequest, "ada", "project:film")).await;
    for person in ["ada", "paul", "tom", "operator:root"] {
        tenant.refused(about!(DeleteResourceRequest, person, "project:film"), "NOT_PERMITTED").await;
    }
    // Who deletes a team is said at the project.
    tenant.does(about!(CreateResourceRequest, "tom", "team:lights", parent: place("project:film"))).await;
    tenant.does(about!(DeleteResourceRequest, "pia", "team:lights")).await;
    tenant.audited().await;
}

/// As [`about!`], for writes to a member.
macro_rules! to {
    ($request:ident, $actor:expr, $member:expr) => {
        $request { tenant: "acme".into(), actor: who($actor), member: who($member), ..$request::default() }
    };
}

#[tokio::test]
async fn who_is_deactivated_is_out_of_everything_until_they_are_let_back() {
    let tenant = lumi(1).await;
    for actor in ["paul", "tom"] {
        tenant.refused(to!(DeactivateMemberRequest, actor, "tom"), "NOT_PERMITTED").await;
    }
    tenant.refused(to!(ReactivateMemberRequest, "ada", "tom"), "NOT_DEACTIVATED").await;
    tenant.refused(to!(DeactivateMemberRequest, "ada", "ada"), "LAST_HOLDER").await;
    tenant.does(to!(DeactivateMemberRequest, "ada", "tom")).await;
    let tom = tenant.member("tom").await;
    assert_eq!((tom.member.unwrap().status(), tom.grants.len()), (MemberStatus::Deactivated, 0));
    assert_eq!(tenant.reason("tom", "card.create", "project:film").await, Reason::MemberDeactivated);
    tenant.refused(to!(DeactivateMemberRequest, "ada", "tom"), "NOT_ACTIVE").await;
    tenant.refused(to!(ReactivateMemberRequest, "tom", "tom"), "ACTOR_DEACTIVATED").await;
    tenant.does(to!(ReactivateMemberRequest, "ada", "tom")).await;
    assert_eq!(tenant.reason("tom", "card.create", "project:film").await, Reason::NotGranted, "they hold nothing yet");
    tenant.audited().await;

    let second = lumi(2).await;
    second.refused(to!(DeactivateMemberRequest, "ada", "tom"), "NOT_PERMITTED").await;
}

#[tokio::test]
async fn whoever_is_locked_creates_nothing_even_where_the_action_survives_a_lock() {
    let tenant = Tenant::on("yard", 1, &["policies.dir=tests/governed"]).await;
    tenant.join("ben", "yard:", "keeper").await;
    tenant.does(about!(CreateResourceRequest, "ben", "hall:north")).await;
    let lock = LockMemberRequest { tenant: "acme".into(), actor: who("ada"), member: who("ben"), ..Default::default() };
    tenant.does(lock).await;
    assert!(tenant.may("ben", "hall.create", "yard:acme").await);
    tenant.refused(about!(CreateResourceRequest, "ben", "hall:south"), "ACTOR_LOCKED").await;
}
