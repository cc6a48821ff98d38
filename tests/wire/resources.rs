//! Resources that are archived and restored, moved, deleted and transferred to another owner, and those of an owner who
//! is removed or deactivated.

use rollcall::proto::{MemberStatus, Reason, Resource};

use crate::support::{
    TestServer, WireTenant, Write,
    db::audited,
    error::reason_of,
    fixture::{TenantFixture, tenant},
    names::email_of,
    own_roles, resource, subject,
};

/// A drive with the folders `a`, `b` in it, `c` in that, and `z` beside; `vera` views `b`, `omar` owns the document
/// `memo` in `c`.
fn drive() -> TenantFixture {
    let drive = tenant("folders").person("ada", "admin").resource("folder:a").resource_in("folder:b", "folder:a");
    let drive = drive.resource_in("folder:c", "folder:b").resource("folder:z");
    let drive = drive.joined("vera", "folder:b", "viewer").joined("omar", "folder:c", "poster");
    drive.by("omar").resource_in("document:memo", "folder:c")
}

/// A write with the etag that the resource is to have.
fn with_etag(mut write: Write, etag: &str) -> Write {
    match &mut write {
        Write::ArchiveResource(request) => request.etag = etag.into(),
        Write::RestoreResource(request) => request.etag = etag.into(),
        other => panic!("no test needs this: {other:?}"),
    }
    write
}

/// The reason code of a decision.
async fn reason(tenant: &WireTenant, who: &str, action: &str, at: &str) -> Reason {
    tenant.check(who, action, at).await.1
}

async fn registered(tenant: &WireTenant, name: &str) -> Resource {
    tenant.registered(name).await.expect("it is registered")
}

#[tokio::test]
async fn what_is_archived_stands_still_until_it_is_restored() {
    let (server, tenant) = drive().wire().await;
    tenant.refused(tenant.archive("vera", "folder:b"), "NOT_PERMITTED").await;
    tenant.refused(tenant.restore("ada", "folder:b"), "NOT_ARCHIVED").await;
    tenant.refused(tenant.archive("ada", "drive:acme"), "FIELD_INVALID").await;
    tenant.refused(tenant.archive("ada", "folder:none"), "RESOURCE_NOT_FOUND").await;
    tenant.refused(tenant.archive("ada", "document:memo"), "NOT_PERMITTED").await;
    let etag = registered(&tenant, "folder:b").await.etag;
    tenant.does(with_etag(tenant.archive("ada", "folder:b"), &etag)).await;
    assert!(registered(&tenant, "folder:b").await.archived);
    // The model's action does not survive an archive, so nobody may archive once more.
    tenant.refused(tenant.archive("ada", "folder:b"), "RESOURCE_ARCHIVED").await;
    for below in ["folder:b", "folder:c"] {
        assert_eq!(reason(&tenant, "vera", "folder.list", below).await, Reason::ResourceArchived, "{below}");
    }
    assert!(tenant.may("ada", "folder.list", "folder:a").await);
    tenant.refused(tenant.restore("vera", "folder:b"), "NOT_PERMITTED").await;
    tenant.refused(with_etag(tenant.restore("ada", "folder:b"), &etag), "ETAG_MISMATCH").await;
    tenant.does(tenant.restore("ada", "folder:b")).await;
    assert!(tenant.may("vera", "folder.list", "folder:c").await);
    audited(server.dir.path(), "acme").await;
}

#[tokio::test]
async fn what_is_moved_takes_what_is_below_along_and_inherits_anew() {
    let (server, tenant) = drive().wire().await;
    tenant.join_at("ada", &["zoe"], "folder:z", "editor").await;
    assert!(tenant.may("vera", "folder.list", "folder:c").await && !tenant.may("zoe", "folder.list", "folder:c").await);
    let to = |parent| tenant.put("ada", "folder:c", parent);
    tenant.refused(to("folder:b"), "PARENT_UNCHANGED").await;
    tenant.refused(to("folder:c"), "RESOURCE_CYCLE").await;
    tenant.refused(to("document:memo"), "FIELD_INVALID").await;
    tenant.refused(to("folder:none"), "RESOURCE_NOT_FOUND").await;
    let below = tenant.put("ada", "folder:a", "folder:c");
    tenant.refused(below, "RESOURCE_CYCLE").await;
    // An editor of the new parent alone may not move it there.
    let zoe = tenant.put("zoe", "folder:c", "folder:z");
    tenant.refused(zoe, "NOT_PERMITTED").await;
    tenant.does(to("folder:z")).await;
    assert!(!tenant.may("vera", "folder.list", "folder:c").await && tenant.may("zoe", "folder.list", "folder:c").await);
    assert!(tenant.may("zoe", "document.write", "document:memo").await, "what is below went along");
    assert_eq!(registered(&tenant, "folder:c").await.parent, Some(resource("acme", "folder:z")));
    audited(server.dir.path(), "acme").await;
}

#[tokio::test]
async fn what_is_deleted_is_gone_with_all_below_it() {
    let (server, tenant) = drive().wire().await;
    tenant.does(tenant.create("ada", "group:crew", "drive:")).await;
    tenant.does(tenant.invite("ada", "group:crew", "folder:c", "viewer")).await;
    tenant.refused(tenant.delete("vera", "folder:b"), "NOT_PERMITTED").await;
    tenant.refused(tenant.delete("ada", "drive:acme"), "FIELD_INVALID").await;
    let foretold = tenant.does(tenant.delete("ada", "folder:b").dry()).await.delete_resource().deleted;
    let answer = tenant.does(tenant.delete("ada", "folder:b")).await.delete_resource();
    assert_eq!(answer.deleted, foretold);
    assert_eq!(answer.deleted, ["document:memo", "folder:c", "folder:b"].map(|name| resource("acme", name)));
    assert_eq!(reason(&tenant, "vera", "folder.list", "folder:b").await, Reason::ResourceNotFound);
    let grants = own_roles(tenant.member("vera").await.unwrap());
    assert!(grants.iter().all(|grant| grant.resource != Some(resource("acme", "folder:b"))));
    assert!(tenant.member("group:crew").await.unwrap().memberships.is_empty());

    // The name is free, and what was there does not come back with it.
    tenant.does(tenant.create("ada", "folder:b", "folder:a")).await;
    assert_eq!(reason(&tenant, "vera", "folder.list", "folder:b").await, Reason::NotGranted);

    // A team that is deleted holds nothing any more, wherever it did.
    tenant.does(tenant.invite("ada", "group:crew", "folder:a", "viewer")).await;
    tenant.does(tenant.delete("ada", "group:crew")).await;
    assert_eq!(reason_of(&tenant.member("group:crew").await.unwrap_err()), "MEMBER_NOT_FOUND");
    let TestServer { server, dir, .. } = server;
    server.terminate().await;
    audited(dir.path(), "acme").await;
    let server = TestServer::over(dir, &[&drive().policies()]).await;
    let tenant = WireTenant { api: server.api.clone(), ..tenant };
    assert_eq!(reason(&tenant, "omar", "document.read", "document:memo").await, Reason::ResourceNotFound);
}

/// An organization on `lumi` with the project `film`, of which `paul` and `pia` are admins and `tom` a team member,
/// and the vault `safe` that is `paul`'s.
fn lumi(version: u32) -> TenantFixture {
    let lumi = tenant(&format!("lumi-{version}")).person("ada", "account_admin").resource("project:film");
    let lumi = lumi.joined("paul", "project:film", "project_admin").joined("pia", "project:film", "project_admin");
    lumi.joined("tom", "project:film", "team_member").by("paul").resource_in("vault:safe", "project:film")
}

#[tokio::test]
async fn an_owner_gives_what_is_theirs_away() {
    for version in [1, 2] {
        let (server, tenant) = lumi(version).wire().await;
        let give = |actor: &'static str, owner: &'static str| tenant.give(actor, "vault:safe", owner);
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
        tenant.does(tenant.invite("ada", &email_of("ivan"), "project:film", "team_member")).await;
        tenant.refused(give("paul", "email:ivan@acme.test"), "NOT_ACTIVE").await;
        assert!(
            tenant.may("paul", "vault.view", "vault:safe").await
                && !tenant.may("pia", "vault.view", "vault:safe").await
        );
        tenant.does(give("paul", "pia")).await;
        assert_eq!(registered(&tenant, "vault:safe").await.owner, Some(subject("pia")));
        assert!(
            !tenant.may("paul", "vault.view", "vault:safe").await
                && tenant.may("pia", "vault.view", "vault:safe").await
        );
        tenant.refused(give("paul", "paul"), "NOT_PERMITTED").await;
        audited(server.dir.path(), "acme").await;
    }
}

#[tokio::test]
async fn who_is_gone_owns_nothing_nor_who_comes_under_their_id() {
    let (server, tenant) = lumi(1).wire().await;
    tenant.does(tenant.remove("ada", "paul", "organization:acme")).await;
    assert_eq!(registered(&tenant, "vault:safe").await.owner, None);
    tenant.join_at("ada", &["paul"], "project:film", "project_admin").await;
    assert!(!tenant.may("paul", "vault.view", "vault:safe").await);
    tenant.does(tenant.give("ada", "vault:safe", "pia")).await;
    assert!(tenant.may("pia", "vault.view", "vault:safe").await);
    audited(server.dir.path(), "acme").await;
}

#[tokio::test]
async fn a_project_is_archived_by_those_who_may_and_deleted_by_nobody() {
    let (server, tenant) = lumi(1).wire().await;
    for person in ["paul", "tom"] {
        tenant.refused(tenant.archive(person, "project:film"), "NOT_PERMITTED").await;
    }
    tenant.does(tenant.archive("ada", "project:film")).await;
    assert_eq!(reason(&tenant, "tom", "card.create", "project:film").await, Reason::ResourceArchived);
    tenant.refused(tenant.archive("ada", "project:film"), "ALREADY_ARCHIVED").await;
    tenant.does(tenant.restore("ada", "project:film")).await;
    for person in ["ada", "paul", "tom", "operator:root"] {
        tenant.refused(tenant.delete(person, "project:film"), "NOT_PERMITTED").await;
    }
    // Who deletes a team is said at the project.
    tenant.does(tenant.create("tom", "team:lights", "project:film")).await;
    tenant.does(tenant.delete("pia", "team:lights")).await;
    audited(server.dir.path(), "acme").await;
}

#[tokio::test]
async fn who_is_deactivated_is_out_of_everything_until_they_are_let_back() {
    let (server, tenant) = lumi(1).wire().await;
    for actor in ["paul", "tom"] {
        tenant.refused(tenant.deactivate(actor, "tom"), "NOT_PERMITTED").await;
    }
    tenant.refused(tenant.reactivate("ada", "tom"), "NOT_DEACTIVATED").await;
    tenant.refused(tenant.deactivate("ada", "ada"), "LAST_HOLDER").await;
    tenant.does(tenant.deactivate("ada", "tom")).await;
    let tom = tenant.member("tom").await.unwrap();
    assert_eq!((tom.member.unwrap().status(), tom.memberships.len()), (MemberStatus::Deactivated, 0));
    assert_eq!(reason(&tenant, "tom", "card.create", "project:film").await, Reason::MemberDeactivated);
    tenant.refused(tenant.deactivate("ada", "tom"), "NOT_ACTIVE").await;
    tenant.refused(tenant.reactivate("tom", "tom"), "ACTOR_DEACTIVATED").await;
    tenant.does(tenant.reactivate("ada", "tom")).await;
    assert_eq!(
        reason(&tenant, "tom", "card.create", "project:film").await,
        Reason::NotGranted,
        "they hold nothing yet"
    );
    audited(server.dir.path(), "acme").await;

    let (_server, second) = lumi(2).wire().await;
    second.refused(second.deactivate("ada", "tom"), "NOT_PERMITTED").await;
}

#[tokio::test]
async fn whoever_is_locked_creates_nothing_even_where_the_action_survives_a_lock() {
    let keepers =
        tenant("yard").person("ada", "master").joined("ben", "yard:", "keeper").joined("bea", "yard:", "keeper");
    // Not the last of either role.
    let yard = keepers.by("ben").resource("hall:north").role("bea", "hall:north", "warden");
    let (_server, yard) = yard.by("ada").locked("ben").wire().await;
    assert!(yard.may("ben", "hall.create", "yard:acme").await);
    yard.refused(yard.create_resource("ben", "hall:south", None), "ACTOR_LOCKED").await;
}
