//! A member's email, username and phone number are nobody else's, also as an identifier of another kind. The profiles
//! here do not go through the validation of requests, which lets a username be no other email or phone number at all.

use rollcall::service::UpdateMember;
use rollcall_engine::{Profile, Subject};

use crate::support::{
    fixture::{ServiceTenant, tenant_on},
    names::email_of,
};

const POLICY: &str = "edition = 1\npolicy = \"club\"\nversion = 1\nroot = \"club\"\n\
                      [club]\ncreator_role = \"boss\"\n[club.roles]\nboss = {}\nguest = {}\n\
                      [club.members]\ninvite = [{ by = \"boss\", to = [\"guest\"] }]\nupdate = [{ by = \"self\" }]\n";

/// Sets somebody's own profile. The reason of the refusal, if it is refused.
async fn update(club: &ServiceTenant, who: &str, profile: [&str; 3]) -> Result<(), &'static str> {
    let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let [email, username, phone] = profile.map(set);
    let profile = Profile { display_name: String::new(), email, username, phone };
    let member = Subject::user(who);
    club.write(who, UpdateMember { member, profile, is_email_verified: true, etag: String::new() }).await.map(drop)
}

#[tokio::test]
async fn an_identifier_is_nobody_elses_of_any_kind() {
    let club = tenant_on(POLICY).person("ada", "boss").people(&["bo"], "guest").service().await;
    let (ada, bo) = (email_of("ada"), email_of("bo"));
    update(&club, "ada", [&ada, &ada, "+4930123456"]).await.expect("a username may be one's own email");
    for conflicting in [
        [bo.as_str(), ada.as_str(), ""],
        [bo.as_str(), "+4930123456", ""],
        [ada.as_str(), "bo", ""],
        [bo.as_str(), "bo", "+4930123456"],
    ] {
        assert_eq!(update(&club, "bo", conflicting).await, Err("IDENTIFIER_TAKEN"), "{conflicting:?}");
    }
    update(&club, "ada", [&ada, "eve@acme.test", ""]).await.expect("nobody has this email yet");
    assert_eq!(update(&club, "bo", ["eve@acme.test", "bo", ""]).await, Err("IDENTIFIER_TAKEN"));
    update(&club, "ada", [&ada, "+4930123457", ""]).await.expect("nobody has this number yet");
    assert_eq!(update(&club, "bo", [&bo, "bo", "+4930123457"]).await, Err("IDENTIFIER_TAKEN"));
    update(&club, "bo", ["eve@acme.test", "bo", "+4930123456"]).await.expect("both are free again");
}
