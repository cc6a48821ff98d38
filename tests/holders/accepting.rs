//! Who accepts an invitation that they sent, and what ended roles stand in the way of.

use std::sync::Arc;

use rollcall::service::{AcceptInvitation, ChangeRole, CreateTenant, Invite, Invitee, Service, Who, Write};
use rollcall_engine::{Grant, ResourceKey, Subject, Timestamp};

use crate::{
    call, names,
    support::hand::{self, Hand},
};

const POLICY: &str = r#"
policy = "firm"
version = 1
root = "firm"
[firm]
creator_role  = "boss"
several_roles = true
[firm.roles]
boss    = {}
auditor = {}
clerk   = {}
[firm.members]
invite = [{ by = "boss & !self", to = ["auditor"] }, { by = "boss", to = ["clerk", "boss"] }]
change = [{ by = "boss", from = ["auditor", "clerk"], to = ["auditor", "clerk"] }]
remove = [{ by = "boss", from = ["anyone"] }]
"#;

/// The firm `acme` of the boss `ada`.
struct Firm {
    service: Arc<Service>,
    hand: Arc<Hand>,
    _dir: tempfile::TempDir,
}

impl Firm {
    async fn new() -> Self {
        let ((store, dir), hand) = (hand::store().await, Arc::new(Hand::default()));
        let firm = Self { service: Arc::new(hand::service(&store, &hand, POLICY)), hand, _dir: dir };
        let tenant = CreateTenant {
            display_name: String::new(),
            policy: "firm".into(),
            policy_version: 0,
            first_member: Subject::user("ada"),
            profile: names("ada"),
        };
        firm.does("operator:root", tenant).await.expect("an operator may");
        firm
    }

    async fn does<W: Write>(&self, actor: &str, write: W) -> Result<W::Answer, &'static str> {
        self.service.write(call(actor), write).await.map(|written| written.answer).map_err(|error| error.reason)
    }

    /// Invites to a role of the firm; the token, if one has to accept.
    async fn invite(&self, actor: &str, who: Who, role: &str, until: Option<i64>) -> Result<String, &'static str> {
        let grant = Grant { expires_at: until.map(Timestamp), ..Grant::lasting(firm(), role) };
        let invitees = vec![Invitee { who, display_name: String::new() }];
        let answer = self.does(actor, Invite { invitees, grants: vec![grant] }).await?;
        Ok(answer.results[0].issued.as_ref().map_or(String::new(), |offer| offer.token.clone()))
    }

    async fn accept(&self, who: &str, email: &str, token: String) -> Result<usize, &'static str> {
        let profile = names(email);
        self.does(who, AcceptInvitation { token, profile }).await.map(|accepted| accepted.grants.len())
    }

    async fn change(&self, from: &str, role: &str, until: Option<i64>) -> Result<(), &'static str> {
        let change = ChangeRole {
            member: Subject::user("cleo"),
            resource: firm(),
            from: from.into(),
            role: role.into(),
            expires_at: until.map(Timestamp),
            etag: String::new(),
        };
        self.does("ada", change).await.map(drop)
    }
}

fn firm() -> ResourceKey {
    ResourceKey::new("firm", "acme")
}

fn email(name: &str) -> Who {
    Who::Email(format!("{name}@acme.test"))
}

#[tokio::test]
async fn nobody_sends_themselves_by_another_email_what_they_may_not_give_themselves() {
    let firm = Firm::new().await;
    let ada = Who::Member(Subject::user("ada"));
    assert_eq!(firm.invite("ada", ada, "auditor", None).await, Err("NOT_PERMITTED"));
    let token = firm.invite("ada", email("ada.two"), "auditor", None).await.unwrap();
    assert_eq!(firm.accept("ada", "ada.two", token.clone()).await, Err("NOT_PERMITTED"));
    assert_eq!(firm.accept("zoe", "ada.two", token).await, Ok(1), "whoever else has that mailbox may");
    let token = firm.invite("ada", email("ada.three"), "clerk", None).await.unwrap();
    assert_eq!(firm.accept("ada", "ada.three", token).await, Ok(1), "what she may give herself she may take so");

    // Nor does somebody who was put out come back by what they sent before.
    let token = firm.invite("ada", email("bea"), "boss", None).await.unwrap();
    assert_eq!(firm.accept("bea", "bea", token).await, Ok(1));
    let back = firm.invite("bea", email("bea.two"), "boss", None).await.unwrap();
    let remove = rollcall::service::RemoveMember {
        member: Subject::user("bea"),
        resource: self::firm(),
        role: String::new(),
        etag: String::new(),
    };
    firm.does("ada", remove).await.unwrap();
    assert_eq!(firm.accept("bea", "bea.two", back).await, Err("ACTOR_NOT_A_MEMBER"));
}

#[tokio::test]
async fn a_role_that_has_ended_gives_way_to_another() {
    let firm = Firm::new().await;
    let token = firm.invite("ada", email("cleo"), "auditor", Some(100)).await.unwrap();
    firm.accept("cleo", "cleo", token).await.unwrap();
    firm.hand.set(Timestamp(100));
    firm.invite("ada", Who::Member(Subject::user("cleo")), "clerk", None).await.unwrap();
    firm.change("clerk", "auditor", None).await.expect("the one that has ended is not in the way");
    firm.invite("ada", Who::Member(Subject::user("cleo")), "clerk", None).await.unwrap();
    assert_eq!(firm.change("clerk", "auditor", Some(9_000_000)).await, Err("ROLE_UNCHANGED"), "they hold both");
    firm.change("auditor", "auditor", Some(9_000_000)).await.expect("another end for the same one");
}
