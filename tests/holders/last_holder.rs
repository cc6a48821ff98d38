//! A role that must keep a holder keeps them, by whichever way somebody tries to take the last one.

use std::sync::Arc;

use rollcall::service::{
    AcceptInvitation, ChangeRole, ChangeRoles, CreateResource, CreateTenant, DeleteResource, Error, Invite, Invitee,
    RemoveMember, Service, SetActive, TransferOwnership, Who, Write,
};
use rollcall_engine::{Grant, ResourceKey, Subject, Timestamp};

use crate::{
    call, names,
    support::hand::{self, Hand},
};

const POLICY: &str = r#"
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

/// The club `acme` with the boss `ada`, who keeps the `long` hall, and a crew.
struct Club(Arc<Service>, Arc<Hand>);

impl Club {
    async fn does<W: Write>(&self, actor: &str, write: W) -> Result<W::Answer, &'static str> {
        self.0.write(call(actor), write).await.map(|written| written.answer).map_err(|error: Error| error.reason)
    }

    async fn invite(&self, who: Who, at: ResourceKey, role: &str, until: Option<i64>) -> String {
        let grant = Grant { expires_at: until.map(Timestamp), ..Grant::lasting(at, role) };
        let invitees = vec![Invitee { who, display_name: String::new() }];
        let answer = self.does("ada", Invite { invitees, grants: vec![grant] }).await.expect("a boss may");
        answer.results[0].issued.as_ref().map_or(String::new(), |offer| offer.token.clone())
    }

    async fn joins(&self, person: &str, role: &str, until: Option<i64>) {
        let token = self.invite(Who::Email(format!("{person}@acme.test")), club(), role, until).await;
        self.does(person, AcceptInvitation { token, profile: names(person) }).await.expect("they are invited");
    }

    /// Each way to take `ada`'s roles is refused for what is the matter here, and leaves her what she has.
    async fn keeps_ada(&self, matter: &str) {
        let (ada, etag) = (Subject::user("ada"), String::new());
        let changed = |role: &str, until: Option<i64>| ChangeRole {
            member: ada.clone(),
            resource: club(),
            from: String::new(),
            role: role.into(),
            expires_at: until.map(Timestamp),
            etag: String::new(),
        };
        let removed = |resource: ResourceKey, role: &str| RemoveMember {
            member: ada.clone(),
            resource,
            role: role.into(),
            etag: String::new(),
        };
        let refused = Err("LAST_HOLDER");
        for (way, found) in [
            ("another role", self.does("ada", changed("guest", None)).await.map(drop)),
            ("an end to it", self.does("ada", changed("boss", Some(9_000_000))).await.map(drop)),
            ("a bulk change", self.does("ada", ChangeRoles { changes: vec![changed("guest", None)] }).await.map(drop)),
            ("out of the role", self.does("ada", removed(club(), "boss")).await.map(drop)),
            ("out of the club", self.does("ada", removed(club(), "")).await.map(drop)),
            ("out of the hall", self.does("ada", removed(hall(), "keeper")).await.map(drop)),
            ("deactivated", self.does("ada", SetActive { member: ada.clone(), active: false, etag }).await.map(drop)),
        ] {
            assert_eq!(found, refused, "{way}, {matter}");
        }
    }
}

fn club() -> ResourceKey {
    ResourceKey::new("club", "acme")
}

fn hall() -> ResourceKey {
    ResourceKey::new("hall", "long")
}

fn crew() -> ResourceKey {
    ResourceKey::new("crew", "night")
}

#[tokio::test]
async fn the_last_holder_stays_by_whichever_way() {
    let ((store, _dir), hand) = (hand::store().await, Arc::new(Hand::default()));
    let club = Club(Arc::new(hand::service(&store, &hand, POLICY)), hand);
    let tenant = CreateTenant {
        display_name: String::new(),
        policy: "club".into(),
        policy_version: 0,
        first_member: Subject::user("ada"),
        profile: names("ada"),
    };
    club.does("operator:root", tenant).await.expect("an operator may");
    for resource in [hall(), crew()] {
        let create = CreateResource { resource, parent: None, display_name: String::new() };
        club.does("ada", create).await.expect("a boss may");
    }
    club.keeps_ada("alone").await;

    club.invite(Who::Email("ida@acme.test".into()), self::club(), "boss", None).await;
    club.keeps_ada("beside somebody invited").await;

    club.joins("emil", "boss", Some(1_000_000)).await;
    club.keeps_ada("beside somebody whose role ends").await;
    club.1.set(Timestamp(2_000_000));
    club.0.sweep().await.expect("the sweep goes");
    club.keeps_ada("after it has ended").await;

    club.joins("gwen", "guest", None).await;
    club.invite(Who::Member(Subject::user("gwen")), crew(), "person", None).await;
    club.invite(Who::Member(Subject::new("crew", "night")), self::club(), "boss", None).await;
    club.keeps_ada("beside a team").await;
    let leaves =
        RemoveMember { member: Subject::user("gwen"), resource: crew(), role: String::new(), etag: String::new() };
    club.does("ada", leaves).await.expect("a team may become empty");
    let delete = DeleteResource { resource: crew(), etag: String::new() };
    club.does("ada", delete).await.expect("and be no more");
    club.keeps_ada("after the team").await;

    let transfer = TransferOwnership { resource: hall(), owner: Subject::user("gwen"), etag: String::new() };
    club.does("ada", transfer).await.expect("an owner may");
    club.keeps_ada("when the hall is another's").await;

    club.joins("bea", "boss", None).await;
    let keeper = Who::Member(Subject::user("bea"));
    club.invite(keeper, hall(), "keeper", None).await;
    let leaves =
        RemoveMember { member: Subject::user("ada"), resource: self::club(), role: String::new(), etag: String::new() };
    club.does("ada", leaves).await.expect("with another one she may go");
    let out = SetActive { member: Subject::user("bea"), active: false, etag: String::new() };
    assert_eq!(club.does("bea", out).await.map(drop), Err("LAST_HOLDER"));

    // What must keep a holder may go away as a whole.
    let delete = DeleteResource { resource: hall(), etag: String::new() };
    club.does("bea", delete).await.expect("a boss may");
}
