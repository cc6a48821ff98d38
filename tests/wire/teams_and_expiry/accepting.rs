//! Invitations that their own sender accepts, and roles that have ended beside those that are granted anew.

use rollcall_engine::Timestamp;

use crate::support::fixture::{ServiceTenant, tenant_on};

const POLICY: &str = r#"
edition = 1
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
struct Firm(ServiceTenant);

impl Firm {
    async fn new() -> Self {
        Self(tenant_on(POLICY).person("ada", "boss").service().await)
    }

    /// Invites to a role of the firm; the token, if one has to accept.
    async fn invite(&self, who: &str, role: &str, until: Option<i64>) -> Result<String, &'static str> {
        let issued = self.0.invite("ada", who, "firm:", role, until.map(Timestamp)).await?;
        Ok(issued.map_or(String::new(), |issued| issued.token.expose().clone()))
    }

    /// Accepts an invitation; how many roles that gives.
    async fn accept(&self, who: &str, email: &str, token: &str) -> Result<usize, &'static str> {
        self.0.accept(who, email, token).await.map(|accepted| accepted.grants.len())
    }

    async fn change(&self, from: &str, role: &str, until: Option<i64>) -> Result<(), &'static str> {
        let change = self.0.change("cleo", "firm:", (from, role), until.map(Timestamp));
        self.0.write("ada", change).await.map(drop)
    }
}

#[tokio::test]
async fn nobody_sends_themselves_by_another_email_what_they_may_not_give_themselves() {
    let firm = Firm::new().await;
    assert_eq!(firm.invite("ada", "auditor", None).await, Err("NOT_PERMITTED"));
    let token = firm.invite("ada.two@acme.test", "auditor", None).await.unwrap();
    assert_eq!(firm.accept("ada", "ada.two@acme.test", &token).await, Err("INVITATION_VOID"));
    assert_eq!(firm.accept("zoe", "ada.two@acme.test", &token).await, Ok(1), "whoever else has that mailbox may");
    let token = firm.invite("ada.three@acme.test", "clerk", None).await.unwrap();
    let accepted = firm.accept("ada", "ada.three@acme.test", &token).await;
    assert_eq!(accepted, Ok(1), "what she may give herself she may take so");

    // Nor does somebody who was put out come back by what they sent before.
    let token = firm.invite("bea@acme.test", "boss", None).await.unwrap();
    assert_eq!(firm.accept("bea", "bea@acme.test", &token).await, Ok(1));
    let back = firm
        .0
        .invite("bea", "bea.two@acme.test", "firm:", "boss", None)
        .await
        .unwrap()
        .expect("she has to accept")
        .token
        .expose()
        .clone();
    firm.0.does("ada", firm.0.remove("bea", "firm:", "")).await;
    assert_eq!(firm.accept("bea", "bea.two@acme.test", &back).await, Err("INVITATION_VOID"));
}

#[tokio::test]
async fn a_role_that_has_ended_gives_way_to_another() {
    let firm = Firm::new().await;
    firm.0.join("ada", "cleo", "firm:", "auditor", Some(Timestamp(100))).await;
    firm.0.clock.set(Timestamp(100));
    firm.invite("cleo", "clerk", None).await.unwrap();
    firm.change("clerk", "auditor", None).await.expect("the one that has ended is not in the way");
    firm.invite("cleo", "clerk", None).await.unwrap();
    assert_eq!(firm.change("clerk", "auditor", Some(9_000_000)).await, Err("ROLE_UNCHANGED"), "they hold both");
    firm.change("auditor", "auditor", Some(9_000_000)).await.expect("another end for the same one");
}
