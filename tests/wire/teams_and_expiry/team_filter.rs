//! Lists of members filtered by teams, alone and with other filters, orders and pages.

use std::time::Duration;

use rollcall::proto::{ChangeKind, ListChangesRequest, ListMembersRequest, MemberOrder, MemberStatus};
use tonic::Code;

use super::driver::{join, start};
use crate::support::{TestServer, WireTenant, expect_error, own_roles, reads::name, resource};

/// A list of the members of one of these teams, at a resource or, if that is empty, of the whole tenant.
fn members_of(teams: &[&str], at: &str) -> ListMembersRequest {
    ListMembersRequest {
        tenant: "acme".into(),
        resource: (!at.is_empty()).then(|| resource("acme", at)),
        teams: teams.iter().map(|team| resource("acme", team)).collect(),
        ..ListMembersRequest::default()
    }
}

/// A drive with `omar` in the group `night`, which is in `crew`; of the folder `plans` are, besides `ada`, who is in
/// both groups, the viewers `carl` and `zoe` and the poster `omar`. `gwen` of `crew` is not.
async fn seeded_drive() -> (TestServer, WireTenant) {
    let (server, drive) = start(&[]).await;
    join(&drive, "zoe").await;
    drive.does(drive.invite("ada", "omar", "group:night", "person")).await;
    drive.does(drive.invite("gwen", "group:night", "group:crew", "person")).await;
    for (person, role) in [("carl", "viewer"), ("zoe", "viewer"), ("omar", "poster")] {
        drive.does(drive.invite("ada", person, "folder:plans", role)).await;
    }
    (server, drive)
}

/// The short names of those that a request lists, in their own order.
async fn sorted(drive: &WireTenant, request: ListMembersRequest) -> Vec<String> {
    let mut names = drive.names(request).await;
    names.sort();
    names
}

#[tokio::test]
async fn a_list_is_of_those_who_belong_to_a_team_directly_or_through_another() {
    let (_server, drive) = seeded_drive().await;
    for (teams, at, expected) in [
        (&["group:crew"][..], "", &["ada", "carl", "gwen", "omar"][..]),
        (&["group:night"], "", &["ada", "omar"]),
        (&["group:night", "group:crew"], "", &["ada", "carl", "gwen", "omar"]),
        (&["group:crew"], "drive:", &["ada", "carl", "gwen", "omar"]),
        (&["group:crew"], "folder:plans", &["ada", "carl", "omar"]),
        (&["group:night"], "folder:plans", &["ada", "omar"]),
        (&["group:night"], "group:crew", &["ada", "omar"]),
        (&[], "folder:plans", &["ada", "carl", "omar", "zoe"]),
    ] {
        assert_eq!(sorted(&drive, members_of(teams, at)).await, expected, "{teams:?} at {at:?}");
    }

    drive.does(drive.remove("gwen", "group:night", "group:crew")).await;
    assert_eq!(sorted(&drive, members_of(&["group:crew"], "folder:plans")).await, ["ada", "carl"]);
    drive.does(drive.remove("carl", "carl", "group:crew")).await;
    assert_eq!(sorted(&drive, members_of(&["group:crew"], "folder:plans")).await, ["ada"]);
}

#[tokio::test]
async fn what_somebody_holds_at_the_resource_is_listed_as_without_the_filter() {
    let (_server, drive) = seeded_drive().await;
    drive.does(drive.invite("ada", "group:night", "folder:plans", "editor")).await;
    let crew = drive.list(members_of(&["group:crew"], "folder:plans")).await;
    let ids: Vec<_> = crew.iter().map(name).collect();
    assert_eq!(ids, ["group:night", "ada", "carl", "omar"], "a team within a team belongs to it as well");
    let everybody = drive.list(members_of(&[], "folder:plans")).await;
    assert!(crew.iter().all(|listed| everybody.contains(listed)), "{crew:?}");
    assert!(crew.iter().all(|listed| !listed.memberships.is_empty()), "{crew:?}");
}

#[tokio::test]
async fn the_filter_goes_with_all_the_others() {
    let (_server, drive) = seeded_drive().await;
    drive.does(drive.invite("gwen", "new@acme.test", "group:crew", "person")).await;
    let crew = members_of(&["group:crew"], "");
    let plans = members_of(&["group:crew"], "folder:plans");
    let roles = |role: &str| ListMembersRequest { roles: vec![role.into()], ..plans.clone() };
    let status = |status: MemberStatus| ListMembersRequest { statuses: vec![status.into()], ..crew.clone() };
    for (request, expected) in [
        (roles("viewer"), &["ada", "carl"][..]),
        (roles("poster"), &["omar"]),
        (ListMembersRequest { roles: vec!["member".into()], ..crew.clone() }, &["carl", "gwen", "omar"]),
        (status(MemberStatus::Active), &["ada", "carl", "gwen", "omar"]),
        (status(MemberStatus::Invited), &["new@acme.test"]),
        (ListMembersRequest { text: "ar".into(), ..crew.clone() }, &["carl", "omar"]),
        (ListMembersRequest { text: "ar".into(), ..roles("poster") }, &["omar"]),
        (ListMembersRequest { text: "zoe".into(), ..crew.clone() }, &[]),
    ] {
        assert_eq!(sorted(&drive, request.clone()).await, expected, "{request:?}");
    }

    for order in [MemberOrder::Name, MemberOrder::Email, MemberOrder::Role, MemberOrder::Status] {
        for whole in [&crew, &plans] {
            let whole = ListMembersRequest { order_by: order.into(), ..whole.clone() };
            let expected = drive.list(whole.clone()).await;
            for page_size in [1, 2] {
                let paged = ListMembersRequest { page_size, ..whole.clone() };
                assert_eq!(drive.list(paged).await, expected, "{order:?}");
            }
        }
    }
}

#[tokio::test]
async fn whose_role_at_the_team_has_ended_belongs_to_it_no_more() {
    // Without a sweep the roles that have ended stay in the store.
    let (_server, drive) = start(&["sweep.every=0s"]).await;
    for person in ["ida", "ivo", "vera"] {
        join(&drive, person).await;
    }
    drive.does(drive.invite("ada", "ivo", "group:night", "person")).await;
    drive.does(drive.create("ada", "folder:clock", "drive:")).await;
    let now = drive.registered("folder:clock").await.unwrap().create_time.unwrap();
    for (whom, seconds) in [("ida", 5), ("group:night", 5), ("vera", 100_000)] {
        let end = prost_types::Timestamp { seconds: now.seconds + seconds, nanos: now.nanos };
        drive.does(drive.invite("gwen", whom, "group:crew", "person").until(end)).await;
    }
    let expected = ["ada", "carl", "gwen", "vera"];
    for _ in 0..3000 {
        if sorted(&drive, members_of(&["group:crew"], "")).await == expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sorted(&drive, members_of(&["group:crew"], "")).await, expected);
    assert_eq!(sorted(&drive, members_of(&["group:night"], "")).await, ["ada", "ivo"]);
    let grants = own_roles(drive.member("ida").await.unwrap());
    assert!(grants.iter().all(|grant| grant.resource != Some(resource("acme", "group:crew"))), "{grants:?}");
    let kinds = vec![ChangeKind::RoleExpired.into()];
    let request = ListChangesRequest { tenant: "acme".into(), kinds, ..Default::default() };
    assert!(drive.api.list_changes(request).await.unwrap().changes.is_empty(), "and the log does not say so yet");
}

#[tokio::test]
async fn what_is_no_team_is_named() {
    let (_server, drive) = start(&[]).await;
    let list = async |teams: &[&str]| drive.api.list_members(members_of(teams, "")).await;
    let error = expect_error(list(&["group:crew", "group:day"]).await, Code::NotFound, "RESOURCE_NOT_FOUND");
    assert_eq!((&*error["field"], &*error["resource"]), ("teams[1]", "group:day"));
    for (team, reason, field) in [
        ("folder:plans", "FIELD_INVALID", "teams[0].type"),
        ("folder:none", "FIELD_INVALID", "teams[0].type"),
        ("drive:", "FIELD_INVALID", "teams[0].type"),
        ("user:carl", "UNKNOWN_RESOURCE_TYPE", "teams[0].type"),
        ("group:", "FIELD_REQUIRED", "teams[0].id"),
    ] {
        let refused = list(&[team]).await;
        let message = refused.as_ref().expect_err(team).message().to_owned();
        assert_eq!(expect_error(refused, Code::InvalidArgument, reason)["field"], field, "{team}");
        assert!(
            reason != "FIELD_INVALID" || message.ends_with("is no team; name one of the type `group`"),
            "{message}"
        );
    }
}
