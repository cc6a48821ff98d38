//! Lists of members: who is listed at a resource, with which roles and their origins, filters, order and pages.

use rollcall::proto::{ListMembersRequest, ListedMember, MemberOrder, MemberStatus, Membership};

use crate::support::{
    WireTenant,
    names::resource,
    reads::name,
    wire_tenant::{OPERATOR, fixture},
};

/// A role at a resource, not implied by another.
fn membership(world: &WireTenant, role: &str, resource_name: &str) -> Membership {
    Membership { role: role.into(), resource: Some(resource(&world.tenant, resource_name)), ..Membership::default() }
}

#[tokio::test]
async fn a_site_lists_its_members_and_the_admins() {
    let (_stage, world) = fixture().await;
    let listed = world.list(world.members_at("harbour")).await;
    let names = listed.iter().map(name).collect::<Vec<_>>();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(sorted, ["ada", "alan", "edith", "emil", "lars", "nina@acme.test", "vera", "victor"]);
    for member in &listed {
        let expected = match name(member).as_str() {
            "ada" | "alan" => Membership {
                implied_by: "workspace.admin".into(),
                ..membership(&world, "job_site.editor", "workspace")
            },
            "edith" | "emil" | "lars" => membership(&world, "job_site.editor", "harbour"),
            _ => membership(&world, "job_site.viewer", "harbour"),
        };
        assert_eq!(without_givers(member), [expected], "{}", name(member));
    }
}

/// The memberships of a member, each of which somebody gave.
fn without_givers(member: &ListedMember) -> Vec<Membership> {
    let mut memberships = member.memberships.clone();
    for membership in &mut memberships {
        assert!(membership.granted_by.take().is_some(), "{member:?}");
    }
    memberships
}

#[tokio::test]
async fn the_workspace_lists_everybody() {
    let (_stage, world) = fixture().await;
    let everybody = ["ada", "alan", "edith", "emil", "lars", "nina@acme.test", "olga", "vera", "victor"];
    for request in
        [world.members_at("workspace"), ListMembersRequest { resource: None, ..world.members_at("workspace") }]
    {
        let listed = world.list(request).await;
        let mut names = listed.iter().map(name).collect::<Vec<_>>();
        names.sort();
        assert_eq!(names, everybody);
        for member in &listed {
            let role = if name(member).starts_with("al") || name(member) == "ada" {
                "workspace.admin"
            } else {
                "workspace.user"
            };
            assert_eq!(without_givers(member), [membership(&world, role, "workspace")], "{}", name(member));
        }
    }
}

#[tokio::test]
async fn a_creator_who_is_an_admin_is_listed_with_both_roles() {
    let (_stage, world) = fixture().await;
    world.allowed(world.create_site("ada", "pier")).await;
    let listed = world.list(world.members_at("pier")).await;
    assert_eq!(listed.len(), 2);
    let ada = listed.iter().find(|member| name(member) == "ada").expect("is listed");
    let mut origins = ada.memberships.iter().map(|role| role.implied_by.as_str()).collect::<Vec<_>>();
    origins.sort_unstable();
    assert_eq!(origins, ["", "workspace.admin"]);
}

#[tokio::test]
async fn a_list_is_filtered_by_role_status_and_text() {
    let (_stage, world) = fixture().await;
    let at = world.members_at("harbour");
    let roles = |role: &str| ListMembersRequest { roles: vec![role.into()], ..at.clone() };
    let statuses = |status: MemberStatus| ListMembersRequest { statuses: vec![status.into()], ..at.clone() };
    let text = |text: &str| ListMembersRequest { text: text.into(), ..at.clone() };
    for (request, expected) in [
        (roles("editor"), &["ada", "alan", "edith", "emil", "lars"][..]),
        (roles("job_site.editor"), &["ada", "alan", "edith", "emil", "lars"]),
        (roles("viewer"), &["nina@acme.test", "vera", "victor"]),
        (statuses(MemberStatus::Invited), &["nina@acme.test"]),
        (statuses(MemberStatus::Deactivated), &[]),
        (text("V"), &["vera", "victor"]),
        (text("NINA@"), &["nina@acme.test"]),
        (text("nobody"), &[]),
        (text("%"), &[]),
        (text("_"), &[]),
        (ListMembersRequest { text: "e".into(), ..roles("viewer") }, &["nina@acme.test", "vera", "victor"]),
    ] {
        let mut names = world.names(request.clone()).await;
        names.sort();
        assert_eq!(names, expected, "{request:?}");
    }
    let mut both = roles("editor");
    both.roles.push("viewer".into());
    assert_eq!(world.names(both).await.len(), 8);
}

#[tokio::test]
async fn a_list_comes_in_the_order_asked_for() {
    let (_stage, world) = fixture().await;
    let by = |order: MemberOrder| ListMembersRequest { order_by: order.into(), ..world.members_at("harbour") };
    let names = world.names(by(MemberOrder::Unspecified)).await;
    assert_eq!(names, world.names(by(MemberOrder::Name)).await);
    let named = names.iter().filter(|name| !name.contains('@')).collect::<Vec<_>>();
    assert_eq!(named, ["ada", "alan", "edith", "emil", "lars", "vera", "victor"]);

    let emails = world.names(by(MemberOrder::Email)).await;
    assert_eq!(emails, ["ada", "alan", "edith", "emil", "lars", "nina@acme.test", "vera", "victor"]);

    let statuses = world.names(by(MemberOrder::Status)).await;
    assert_eq!(statuses[0], "nina@acme.test");

    let roles = world.list(by(MemberOrder::Role)).await;
    let roles = roles.iter().map(|member| member.memberships[0].role.as_str()).collect::<Vec<_>>();
    let split = roles.iter().position(|role| *role == "job_site.viewer").expect("there are viewers");
    assert_eq!(split, 5, "{roles:?}");
    assert!(roles[split..].iter().all(|role| *role == "job_site.viewer"), "{roles:?}");
}

#[tokio::test]
async fn pages_make_up_the_list_in_every_order() {
    let (_stage, world) = fixture().await;
    for order in
        [MemberOrder::Unspecified, MemberOrder::Name, MemberOrder::Email, MemberOrder::Role, MemberOrder::Status]
    {
        for resource_name in ["harbour", "workspace"] {
            let whole = ListMembersRequest { order_by: order.into(), ..world.members_at(resource_name) };
            let expected = world.list(whole.clone()).await;
            for page_size in [1, 2, 3, 1000] {
                let paged = ListMembersRequest { page_size, ..whole.clone() };
                assert_eq!(world.list(paged).await, expected, "{order:?} at {resource_name} by {page_size}");
            }
        }
    }
}

#[tokio::test]
async fn a_list_follows_every_write() {
    let (_stage, world) = fixture().await;
    let viewers = ListMembersRequest { roles: vec!["viewer".into()], ..world.members_at("harbour") };
    world.allowed(world.change("edith", "victor", "harbour", "editor")).await;
    world.allowed(world.remove("vera", "vera", "harbour")).await;
    world.allowed(world.invite("edith", "olga", "harbour", "viewer")).await;
    let mut names = world.names(viewers).await;
    names.sort();
    assert_eq!(names, ["nina@acme.test", "olga"]);
    world.allowed(world.change(OPERATOR, "olga", "workspace", "admin")).await;
    let editors = ListMembersRequest { roles: vec!["editor".into()], ..world.members_at("harbour") };
    assert!(world.names(editors).await.contains(&"olga".into()));
}
