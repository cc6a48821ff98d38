//! Lists of those who belong to a team.

use std::time::Duration;

use rollcall::proto::{
    GetMemberRequest, GetResourceRequest, Invitee, ListMembersRequest, ListedMember, MemberOrder, MemberStatus,
    get_member_request::Member as By, invitee::Who,
};
use tonic::Code;

use crate::{
    drive::{Drive, place, who},
    support::expect_error,
};

/// Whoever belongs to one of these teams, at a place or, with none, anywhere.
fn belonging(teams: &[&str], at: &str) -> ListMembersRequest {
    ListMembersRequest {
        tenant: "acme".into(),
        resource: if at.is_empty() { None } else { place(at) },
        teams: teams.iter().filter_map(|team| place(team)).collect(),
        ..ListMembersRequest::default()
    }
}

fn name(listed: &ListedMember) -> &str {
    &listed.member.as_ref().unwrap().subject.as_ref().unwrap().id
}

/// A drive with `omar` in the group `night`, which is in `crew`; of the folder `plans` are, besides `ada`, who is in
/// both groups, the viewers `carl` and `zoe` and the poster `omar`. `gwen` of `crew` is not.
async fn furnished() -> Drive {
    let drive = Drive::new().await;
    drive.join("zoe").await;
    drive.does(Drive::invite("ada", "omar", "group:night", "person")).await;
    drive.does(Drive::invite("gwen", "group:night", "group:crew", "person")).await;
    for (person, role) in [("carl", "viewer"), ("zoe", "viewer"), ("omar", "poster")] {
        drive.does(Drive::invite("ada", person, "folder:plans", role)).await;
    }
    drive
}

impl Drive {
    /// The members that a request lists, page by page.
    async fn all(&self, mut request: ListMembersRequest) -> Vec<ListedMember> {
        let mut all = Vec::new();
        loop {
            let page = self.0.api.list_members(request.clone()).await.expect("well formed");
            all.extend(page.members);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The ids of those that a request lists, in their own order.
    async fn names(&self, request: ListMembersRequest) -> Vec<String> {
        let mut names: Vec<_> = self.all(request).await.iter().map(|listed| name(listed).to_owned()).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_list_is_of_those_who_belong_to_a_team_directly_or_through_another() {
    let drive = furnished().await;
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
        assert_eq!(drive.names(belonging(teams, at)).await, expected, "{teams:?} at {at:?}");
    }

    drive.does(Drive::remove("gwen", "group:night", "group:crew")).await;
    assert_eq!(drive.names(belonging(&["group:crew"], "folder:plans")).await, ["ada", "carl"]);
    drive.does(Drive::remove("carl", "carl", "group:crew")).await;
    assert_eq!(drive.names(belonging(&["group:crew"], "folder:plans")).await, ["ada"]);
}

#[tokio::test]
async fn what_somebody_holds_at_the_place_is_told_as_without_the_filter() {
    let drive = furnished().await;
    drive.does(Drive::invite("ada", "group:night", "folder:plans", "editor")).await;
    let crew = drive.all(belonging(&["group:crew"], "folder:plans")).await;
    let ids: Vec<_> = crew.iter().map(name).collect();
    assert_eq!(ids, ["night", "ada", "carl", "omar"], "a team within a team belongs to it as well");
    let everybody = drive.all(belonging(&[], "folder:plans")).await;
    assert!(crew.iter().all(|listed| everybody.contains(listed)), "{crew:?}");
    assert!(crew.iter().all(|listed| !listed.memberships.is_empty()), "{crew:?}");
}

#[tokio::test]
async fn the_filter_goes_with_all_the_others() {
    let drive = furnished().await;
    let mut invite = Drive::invite("gwen", "new", "group:crew", "person");
    invite.invitees = vec![Invitee { who: Some(Who::Email("new@acme.test".into())), display_name: String::new() }];
    drive.does(invite).await;
    let crew = belonging(&["group:crew"], "");
    let plans = belonging(&["group:crew"], "folder:plans");
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
        assert_eq!(drive.names(request.clone()).await, expected, "{request:?}");
    }

    for order in [MemberOrder::Name, MemberOrder::Email, MemberOrder::Role, MemberOrder::Status] {
        for whole in [&crew, &plans] {
            let whole = ListMembersRequest { order_by: order.into(), ..whole.clone() };
            let expected = drive.all(whole.clone()).await;
            for page_size in [1, 2] {
                let paged = ListMembersRequest { page_size, ..whole.clone() };
                assert_eq!(drive.all(paged).await, expected, "{order:?}");
            }
        }
    }
}

#[tokio::test]
async fn whose_role_at_the_team_has_ended_belongs_to_it_no_more() {
    // Without a sweep the roles that have ended stay in the store.
    let drive = Drive::with(&["sweep.every=0s"]).await;
    for person in ["ida", "ivo", "vera"] {
        drive.join(person).await;
    }
    drive.does(Drive::invite("ada", "ivo", "group:night", "person")).await;
    drive.does(Drive::create("ada", "folder:clock", "drive:")).await;
    let clock = GetResourceRequest { tenant: "acme".into(), resource: place("folder:clock") };
    let now = drive.0.api.get_resource(clock).await.unwrap().resource.unwrap().create_time.unwrap();
    for (whom, seconds) in [("ida", 5), ("group:night", 5), ("vera", 100_000)] {
        let mut invite = Drive::invite("gwen", whom, "group:crew", "person");
        invite.grants[0].expire_time =
            Some(prost_types::Timestamp { seconds: now.seconds + seconds, nanos: now.nanos });
        drive.does(invite).await;
    }
    let expected = ["ada", "carl", "gwen", "vera"];
    for _ in 0..3000 {
        if drive.names(belonging(&["group:crew"], "")).await == expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(drive.names(belonging(&["group:crew"], "")).await, expected);
    assert_eq!(drive.names(belonging(&["group:night"], "")).await, ["ada", "ivo"]);
    let ida = GetMemberRequest { tenant: "acme".into(), member: who("ida").map(By::Subject) };
    let grants = drive.0.api.get_member(ida).await.unwrap().grants;
    assert!(grants.iter().any(|grant| grant.resource == place("group:crew")), "{grants:?}");
}

#[tokio::test]
async fn what_is_no_team_is_named() {
    let drive = Drive::new().await;
    let list = async |teams: &[&str]| drive.0.api.list_members(belonging(teams, "")).await;
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
