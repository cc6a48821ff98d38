//! The largest answers and errors that the limits allow pass through what clients take by default: 8 KiB of trailers, of
//! which errors use 4, and messages of 4 MiB, as the clients of these tests do.

use std::fs;

use prost::Message as _;
use rollcall::proto::{
    BatchCheckRequest, CheckItem, ErrorReason, GetMemberRequest, Invitee, ListChangesRequest, ListInvitationsRequest,
    ListMembersRequest, Refusal, ResourceRef, RoleGrant, StatedFacts, Subject, check_result,
    get_member_request::Member as By, invitee::Who,
};
use tempfile::TempDir;

use crate::support::{
    TestServer, WireTenant, Write,
    error::{reason_of, trailer_bytes},
    subject,
};

/// As many roles as make a rule as long as a policy may have it.
const ROLES: usize = 60;
const SITES: usize = 20;

/// An id as long as it may be, of letters that take the most bytes in trailers and in messages.
fn id(prefix: &str, number: usize) -> String {
    let mut id = format!("{prefix}{number}-");
    while id.len() + 'é'.len_utf8() <= 128 {
        id.push('é');
    }
    id
}

fn role(number: usize) -> String {
    let name = format!("r{number}_");
    format!("{name}{}", "x".repeat(64 - name.len()))
}

/// A policy with long names and rules: `keeper` may do what it takes to fill a tenant, and the long rules are for nobody
/// who is there.
fn policy() -> (TempDir, String) {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let roles: Vec<String> = (0..ROLES).map(|number| format!("{} = {{}}", role(number))).collect();
    let roles = roles.join("\n");
    let names: Vec<String> = (0..ROLES).map(role).collect();
    let long = names.join(" | ");
    assert!(long.len() > 3900, "{}", long.len());
    let rules = |by: &str| format!("{{ by = \"{by}\", to = {names:?} }},\n");
    let invite = [rules("keeper"), rules(&long), rules(&format!("{long} & !self"))].concat();
    let text = format!(
        "edition = 1\npolicy = \"large\"\nversion = 1\nroot = \"org\"\n\n\
         [org]\nseveral_roles = true\ncreator_role = \"keeper\"\n\n\
         [org.roles]\nkeeper = {{ at_least = 1 }}\n{roles}\n[org.actions]\n\"site.create\" = \"keeper\"\n\n\
         [org.members]\ninvite = [\n{invite}{{ by = \"operator\", to = [\"keeper\"] }},\n]\n\
         remove = [{{ by = \"keeper\", from = {names:?} }}]\nupdate = [{{ by = \"keeper\" }}]\n\n\
         [site]\nparent = \"org\"\nseveral_roles = true\n\n[site.roles]\n{roles}\n[site.actions]\n\"view\" = \"{long}\"\n\n\
         [site.members]\ninvite = [\n{}]\nremove = [{{ by = \"org.keeper\", from = {names:?} }}]\n",
        invite.replace("\"keeper\"", "\"org.keeper\"").replace("{ by = \"operator\", to = [\"keeper\"] },", ""),
    );
    fs::write(dir.path().join("large.toml"), text).expect("can be written");
    let setting = format!("policies.dir={}", dir.path().display());
    (dir, setting)
}

async fn large() -> (TempDir, TestServer, WireTenant) {
    let (dir, setting) = policy();
    let server = TestServer::with(&[&setting, "limits.invitations_per_day=1000000"]).await;
    let world = WireTenant { api: server.api.clone(), tenant: "t".repeat(64) };
    world.does(world.create_tenant_on(("large", 1), "ada")).await;
    for number in 0..SITES {
        world.does(world.create_resource("ada", &format!("site:{}", id("site", number)), None)).await;
    }
    (dir, server, world)
}

/// The invitation of `count` people to `grants` roles each, all with names as long as they may be.
fn invitation(world: &WireTenant, actor: &str, count: usize, grants: usize) -> Write {
    let grant = |number: usize| RoleGrant {
        resource: Some(ResourceRef { r#type: "site".into(), id: id("site", number % 10) }),
        role: role(number / 10),
        expire_time: Some(prost_types::Timestamp { seconds: 4_102_444_800, nanos: 999_999_000 }),
    };
    let invitee = |number: usize| Invitee {
        who: Some(Who::Email(format!("{number}{}@{}.example", "x".repeat(50), "y".repeat(63)))),
        display_name: "語".repeat(66),
        grants: (0..grants).map(grant).collect(),
        ..Invitee::default()
    };
    let Write::Invite(mut request) = world.invite_all(actor, &[], &[]) else { unreachable!() };
    request.invitees = (0..count).map(invitee).collect();
    request.into()
}

fn explained(write: Write) -> Write {
    let Write::Invite(mut request) = write.dry() else { unreachable!() };
    request.explain = true;
    request.into()
}

#[tokio::test]
async fn refusals_are_cut_and_a_dry_run_has_them_whole() {
    let (_dir, _server, world) = large().await;
    world.join_at("ada", &["mallory"], &format!("org:{}", world.tenant), &role(0)).await;
    for (people, grants) in [(1, 1), (100, 10), (10, 100)] {
        let write = invitation(&world, "mallory", people, grants);
        for refused in [write.clone(), write.clone().dry()] {
            let status = world.api.write(refused).await.expect_err("no rule lets them");
            assert_eq!(reason_of(&status), "NOT_PERMITTED");
            let bytes = trailer_bytes(&status);
            assert!((1000..=4096).contains(&bytes), "{bytes} bytes: {status:?}");
            assert!(status.message().ends_with('…'), "{status:?}");
        }
        let answer = world.api.write(explained(write)).await.expect("a dry run that explains is answered").invite();
        assert_eq!(usize::try_from(answer.total_refusals), Ok(people * grants));
        assert!(answer.results.is_empty() && answer.token.is_empty());
        let bytes: usize = answer.refusals.iter().map(Refusal::encoded_len).sum();
        let is_full = (5 << 19..=3 << 20).contains(&bytes);
        assert!(is_full || answer.refusals.len() == people * grants, "{} of {bytes} bytes", answer.refusals.len());
        for (at, refusal) in answer.refusals.iter().enumerate() {
            assert_eq!(refusal.field, format!("invitees[{}].grants[{}]", at / grants, at % grants));
            assert_eq!(refusal.reason(), ErrorReason::NotPermitted);
            assert!(refusal.message.len() > 8000, "all of the rules: {}", refusal.message);
            assert!(refusal.metadata["permitted_to"].len() > 8000);
        }
    }
    let Write::Invite(mut request) = invitation(&world, "ada", 1, 1).dry() else { unreachable!() };
    request.explain = true;
    let answer = world.api.write(request.into()).await.expect("would be made").invite();
    assert_eq!((answer.total_refusals, answer.results.len()), (0, 1));
}

#[tokio::test]
async fn the_largest_invitations_are_answered_listed_and_logged() {
    let (_dir, _server, world) = large().await;
    let mut people = 0;
    for (count, grants) in [(100, 10), (10, 100), (100, 10)] {
        let Write::Invite(mut request) = invitation(&world, "ada", count, grants) else { unreachable!() };
        for (at, invitee) in request.invitees.iter_mut().enumerate() {
            if let Some(Who::Email(email)) = &mut invitee.who {
                *email = format!("{}-{email}", people + at);
            }
        }
        people += count;
        let answer = world.api.write(request.into()).await.expect("a keeper may").invite();
        assert_eq!(answer.results.len(), count);
        assert!(answer.results.iter().all(|result| result.grants.len() == grants));
    }
    let list = ListInvitationsRequest { page_size: 1000, ..world.invitations() };
    let listed = world.list_invitations(list).await;
    assert_eq!(listed.len(), people);
    assert!(listed.iter().all(|listed| listed.grants.len() == usize::try_from(listed.total_grants).unwrap().min(100)));
    let mut request = ListChangesRequest { tenant: world.tenant.clone(), page_size: 1000, ..Default::default() };
    let (mut changes, mut pages) = (0, 0);
    loop {
        let page = world.api.list_changes(request.clone()).await.expect("a page fits");
        changes += page.changes.len();
        pages += 1;
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert!(changes > 3000 && pages > changes / 1000, "{changes} changes on {pages} pages");
    let site = Some(ResourceRef { r#type: "site".into(), id: id("site", 1) });
    for resource in [None, site] {
        let all = ListMembersRequest { tenant: world.tenant.clone(), page_size: 1000, resource, ..Default::default() };
        assert!(world.list(all).await.len() >= people);
    }
}

#[tokio::test]
async fn the_largest_batch_is_answered_where_every_item_is_wrong() {
    let (_dir, _server, world) = large().await;
    let resource = |id: String| ResourceRef { r#type: "site".into(), id };
    let wrong = |action: &str, parents| CheckItem {
        subject: Some(Subject { r#type: String::new(), id: id("user", 1) }),
        action: action.into(),
        resource: Some(resource(id("site", 1))),
        stated: Some(StatedFacts { parents, owner: None }),
    };
    for item in [
        wrong(&"é".repeat(64), vec![]),
        wrong("", vec![]),
        wrong("view", vec![resource("x".into()); 3]),
        wrong("view", vec![ResourceRef { r#type: "é".repeat(32), id: String::new() }]),
    ] {
        // A request of 4 MiB has room for fewer of the longest items.
        let items = vec![item; 8000];
        let request = BatchCheckRequest { tenant: world.tenant.clone(), items, consistency: None };
        let results = world.api.batch_check(request).await.expect("every item is answered").results;
        assert_eq!(results.len(), 8000);
        for result in results {
            let Some(check_result::Result::Error(error)) = result.result else { panic!("decided: {result:?}") };
            assert!(error.message.len() <= 256 && error.reason() != ErrorReason::Unspecified, "{error:?}");
        }
    }
}

#[tokio::test]
async fn what_a_removal_took_is_bounded_and_counted() {
    let (_dir, _server, world) = large().await;
    let org = format!("org:{}", world.tenant);
    world.join_at("ada", &["olga"], &org, &role(0)).await;
    for site in 0..SITES {
        let grant = |number: usize| RoleGrant {
            resource: Some(ResourceRef { r#type: "site".into(), id: id("site", site) }),
            role: role(number),
            expire_time: None,
        };
        let Write::Invite(mut request) = world.invite("ada", "olga", &org, &role(0)) else { unreachable!() };
        request.invitees[0].grants = (0..ROLES).map(grant).collect();
        world.does(request).await;
    }
    let mut pages = Vec::new();
    let mut request = GetMemberRequest {
        tenant: world.tenant.clone(),
        member: Some(By::Subject(subject("olga"))),
        page_size: 500,
        ..Default::default()
    };
    loop {
        let page = world.api.get_member(request.clone()).await.expect("a page fits");
        pages.push(page.memberships.len());
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(pages, [500, 500, 201]);
    let removed = world.does(world.remove("ada", "olga", &org)).await.remove_member();
    assert_eq!((removed.revoked.len(), removed.total_revoked), (1000, 1201));
}
