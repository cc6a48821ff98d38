//! A role with `at_least` keeps that many holders, by whichever write somebody tries to remove one.

use rollcall::service::{ChangeRoles, DeleteResource, SetActive, TransferOwnership};
use rollcall_engine::{Subject, Timestamp};

use crate::support::fixture::{ServiceTenant, tenant_on};

const POLICY: &str = r#"
edition = 1
policy = "club"
version = 1
root = "club"

[club]
creator_role = "boss"
[club.roles]
boss  = { implies = ["hall.keeper"], at_least = 1, for_teams = true }
guest = {}
[club.actions]
"hall.create" = "boss"
"hall.delete" = "boss"
"crew.create" = "boss"
"crew.delete" = "boss"
[club.members]
invite     = [{ by = "boss", to = ["boss", "guest"] }]
change     = [{ by = "boss", from = ["boss", "guest"], to = ["boss", "guest"] }]
remove     = [{ by = "boss", from = ["anyone"] }]
deactivate = [{ by = "boss" }]

[crew]
parent = "club"
teams  = true
[crew.roles]
person = {}
[crew.members]
invite = [{ by = "boss", to = ["person"] }]
remove = [{ by = "boss", from = ["person"] }]

[hall]
parent       = "club"
owned        = true
creator_role = "keeper"
[hall.roles]
keeper = { at_least = 1 }
[hall.members]
invite   = [{ by = "keeper", to = ["keeper"] }]
remove   = [{ by = "keeper", from = ["keeper"] }]
transfer = [{ by = "owner" }]
"#;

/// Demands that every write that would end a role of `ada` is refused with `LAST_HOLDER`; `situation` names the state
/// of the club in a failure.
async fn assert_ada_keeps_her_roles(club: &ServiceTenant, situation: &str) {
    let changed = |role: &str, until: Option<i64>| club.change("ada", "club:", ("", role), until.map(Timestamp));
    let deactivated = SetActive { member: Subject::user("ada"), active: false, etag: String::new() };
    for (write, outcome) in [
        ("another role", club.write("ada", changed("guest", None)).await.map(drop)),
        ("an end to it", club.write("ada", changed("boss", Some(9_000_000))).await.map(drop)),
        ("a bulk change", club.write("ada", ChangeRoles { changes: vec![changed("guest", None)] }).await.map(drop)),
        ("out of the role", club.write("ada", club.remove("ada", "club:", "boss")).await.map(drop)),
        ("out of the club", club.write("ada", club.remove("ada", "club:", "")).await.map(drop)),
        ("out of the hall", club.write("ada", club.remove("ada", "hall:long", "keeper")).await.map(drop)),
        ("deactivated", club.write("ada", deactivated).await.map(drop)),
    ] {
        assert_eq!(outcome, Err("LAST_HOLDER"), "{write}, {situation}");
    }
}

/// Invites somebody, as the boss may.
async fn invites(club: &ServiceTenant, who: &str, at: &str, role: &str) {
    club.invite("ada", who, at, role, None).await.expect("a boss may");
}

#[tokio::test]
async fn the_last_holder_stays_by_whichever_way() {
    let club = tenant_on(POLICY).person("ada", "boss").resource("hall:long").resource("crew:night").service().await;
    assert_ada_keeps_her_roles(&club, "alone").await;

    invites(&club, "ida@acme.test", "club:", "boss").await;
    assert_ada_keeps_her_roles(&club, "beside somebody invited").await;

    club.join("ada", "emil", "club:", "boss", Some(Timestamp(1_000_000))).await;
    assert_ada_keeps_her_roles(&club, "beside somebody whose role ends").await;
    club.clock.set(Timestamp(2_000_000));
    club.service.sweep().await.expect("the sweep goes");
    assert_ada_keeps_her_roles(&club, "after it has ended").await;

    club.join("ada", "gwen", "club:", "guest", None).await;
    invites(&club, "gwen", "crew:night", "person").await;
    invites(&club, "crew:night", "club:", "boss").await;
    assert_ada_keeps_her_roles(&club, "beside a team").await;
    club.write("ada", club.remove("gwen", "crew:night", "")).await.expect("a team may become empty");
    let delete = DeleteResource { resource: club.resource("crew:night"), etag: String::new() };
    club.write("ada", delete).await.expect("and be no more");
    assert_ada_keeps_her_roles(&club, "after the team").await;

    let hall = club.resource("hall:long");
    let transfer = TransferOwnership { resource: hall.clone(), owner: Subject::user("gwen"), etag: String::new() };
    club.write("ada", transfer).await.expect("an owner may");
    assert_ada_keeps_her_roles(&club, "when the hall is another's").await;

    club.join("ada", "bea", "club:", "boss", None).await;
    invites(&club, "bea", "hall:long", "keeper").await;
    club.write("ada", club.remove("ada", "club:", "")).await.expect("with another one she may go");
    let out = SetActive { member: Subject::user("bea"), active: false, etag: String::new() };
    assert_eq!(club.write("bea", out).await.map(drop), Err("LAST_HOLDER"));

    // What must keep a holder may go away as a whole.
    club.write("bea", DeleteResource { resource: hall, etag: String::new() }).await.expect("a boss may");
}
