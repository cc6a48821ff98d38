//! Profiles: members update their own, identifiers in them are unique, and members are found by them.

use rollcall::proto::{Profile, get_member_request::Member as By};

use crate::support::{
    TestServer, WireTenant,
    decided_writes::matrix,
    error::fields_of,
    names::{named, short},
    verified,
    wire_tenant::{fixture, profile},
};

fn with_phone(user: &str, phone: &str) -> Profile {
    Profile { phone: phone.into(), ..profile(user) }
}

async fn found(world: &WireTenant, by: By) -> Option<String> {
    let member = world.member_by(by).await.ok()?.member.expect("the response has the member");
    Some(short(&named(&member)))
}

#[tokio::test]
async fn members_change_their_own_profile_and_nobody_elses() {
    let table = "
                   ada     edith   victor  olga    stranger
    ada            ok      permit  permit  permit  permit/absent
    edith          permit  ok      permit  permit  permit/absent
    victor         permit  permit  ok      permit  permit/absent
    olga           permit  permit  permit  ok      permit/absent
    lars           locked  locked  locked  locked  locked/absent
    nina@acme.test invited invited invited invited invited/absent
    stranger       outside outside outside outside outside/absent
    ";
    let stage = TestServer::new().await;
    let write =
        |world: &WireTenant, actor: &str, member: &str| world.update(actor, member, with_phone(member, "+4930123456"));
    matrix(&stage, table, write).await;
}

#[tokio::test]
async fn a_profile_is_replaced_whole() {
    let (_stage, world) = fixture().await;
    let new = Profile { display_name: "Olga P.".into(), phone: "+4930123456".into(), ..Profile::default() };
    let answer = world.allowed(world.update("olga", "olga", new.clone())).await.update_member();
    assert_eq!(answer.member.expect("the response has the member").profile, Some(new));
    assert_eq!(found(&world, By::Phone("+4930123456".into())).await.as_deref(), Some("olga"));
    assert_eq!(found(&world, By::Email("olga@acme.test".into())).await, None, "an empty field is cleared");
    assert_eq!(found(&world, By::Username("olga".into())).await, None);
}

#[tokio::test]
async fn a_member_is_found_by_username_email_and_phone() {
    let (_stage, world) = fixture().await;
    world.allowed(world.update("victor", "victor", with_phone("victor", "+4930123456"))).await;
    for by in [
        By::Username("victor".into()),
        By::Username("VICTOR".into()),
        By::Email("victor@acme.test".into()),
        By::Email("Victor@Acme.Test".into()),
        By::Phone("+4930123456".into()),
    ] {
        assert_eq!(found(&world, by.clone()).await.as_deref(), Some("victor"), "{by:?}");
    }
    for by in [By::Username("victoria".into()), By::Email("victor@acme.tes".into()), By::Phone("+493012345".into())] {
        assert_eq!(found(&world, by.clone()).await, None, "{by:?}");
    }
}

#[tokio::test]
async fn identifiers_are_unique_in_the_tenant_only() {
    let (stage, world) = fixture().await;
    world.allowed(world.update("victor", "victor", with_phone("victor", "+4930123456"))).await;
    let mine = profile("olga");
    for (conflicting, identifier) in [
        (Profile { username: "Victor".into(), ..mine.clone() }, "username"),
        (Profile { emails: vec![verified("victor@ACME.test")], ..mine.clone() }, "email"),
        (Profile { phone: "+4930123456".into(), ..mine.clone() }, "phone"),
        (Profile { emails: vec![verified("nina@acme.test")], ..mine.clone() }, "email"),
    ] {
        let status = world.refused(world.update("olga", "olga", conflicting), "IDENTIFIER_TAKEN").await;
        let info = tonic_types::StatusExt::get_details_error_info(&status).expect("is in the response");
        assert_eq!(info.metadata.get("identifier").map(String::as_str), Some(identifier));
    }
    let other = WireTenant::seeded(&stage.api, "globex").await;
    other.allowed(other.update("olga", "olga", with_phone("olga", "+4930123456"))).await;
}

#[tokio::test]
async fn a_username_is_nobody_elses_email_or_phone() {
    let (_stage, world) = fixture().await;
    world.allowed(world.update("victor", "victor", with_phone("victor", "+4930123456"))).await;
    for username in ["victor@acme.test", "VICTOR@acme.test", "nobody@acme.test", "+4930123456", "+4930123457"] {
        let profile = Profile { username: username.into(), ..profile("olga") };
        let status = world.refused(world.update("olga", "olga", profile), "FIELD_INVALID").await;
        assert_eq!(fields_of(&status), ["profile.username"], "{username}");
    }
    let own = Profile { username: "Olga@Acme.test".into(), ..profile("olga") };
    world.allowed(world.update("olga", "olga", own)).await;
    assert_eq!(found(&world, By::Username("OLGA@acme.TEST".into())).await.as_deref(), Some("olga"));
    let hers = Profile { emails: vec![verified("olga@acme.test")], ..profile("vera") };
    world.refused(world.update("vera", "vera", hers), "IDENTIFIER_TAKEN").await;
}
