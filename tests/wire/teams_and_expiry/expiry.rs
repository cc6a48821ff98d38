//! A role that ends at an instant: read and changed before and after it, and read at earlier tokens.

use rollcall::service::{CheckQuestion, Consistency};
use rollcall_engine::{ResourceRef, StatedFacts, SubjectRef, Timestamp};

use crate::support::{
    fixture::{ServiceTenant, tenant},
    names::email_of,
};

const PIER: &str = "job_site:pier";

/// The workspace `acme` with `ada` as its admin and, as an editor of the job site `pier` until 100, `edith`.
struct TimedRole(ServiceTenant);

impl TimedRole {
    async fn new() -> Self {
        let workspace = tenant("lumicon").person("ada", "admin").resource(PIER);
        Self(workspace.joined_until("edith", PIER, "editor", Timestamp(100)).service().await)
    }

    /// Invites somebody by their email, and accepts for them if they are new.
    async fn invite(&self, person: &str, until: Option<i64>) -> Result<(), &'static str> {
        let email = email_of(person);
        let issued = self.0.invite("ada", &email, PIER, "editor", until.map(Timestamp)).await?;
        if let Some(issued) = issued {
            self.0.accept(person, &email, issued.token.expose()).await?;
        }
        Ok(())
    }

    async fn change(&self, role: &str, until: Option<i64>) -> Result<(), &'static str> {
        let change = self.0.change("edith", PIER, ("", role), until.map(Timestamp));
        self.0.write("ada", change).await.map(drop)
    }

    fn at(&self, now: i64) -> &Self {
        self.0.clock.set(Timestamp(now));
        self
    }

    async fn edits(&self) -> bool {
        self.edits_as(Consistency::MinimizeLatency).await
    }

    async fn edits_as(&self, consistency: Consistency<'_>) -> bool {
        let question = CheckQuestion {
            subject: SubjectRef { kind: "user", id: "edith" },
            action: "data.edit",
            resource: ResourceRef { kind: "job_site", id: "pier" },
            stated: StatedFacts::default(),
        };
        self.0.service.check("acme", consistency, &question, false).await.unwrap().decision.allowed()
    }
}

#[tokio::test]
async fn a_role_counts_until_its_end() {
    let timed = TimedRole::new().await;
    assert!(timed.at(99).edits().await);
    assert!(!timed.at(100).edits().await, "an end is the first instant at which it counts no more");
    assert_eq!(timed.change("viewer", None).await, Err("ROLE_NOT_BOUND"), "no write takes what has ended");
    timed.invite("edith", Some(300)).await.unwrap();
    assert!(timed.at(299).edits().await && !timed.at(300).edits().await);
}

#[tokio::test]
async fn an_end_can_be_moved_and_taken_back() {
    let timed = TimedRole::new().await;
    assert_eq!(timed.at(50).change("editor", Some(50)).await, Err("FIELD_INVALID"), "not into the past");
    assert_eq!(timed.change("editor", Some(100)).await, Err("ROLE_UNCHANGED"));
    timed.change("editor", Some(200)).await.unwrap();
    assert!(timed.at(150).edits().await && !timed.at(200).edits().await);
    let timed = TimedRole::new().await;
    timed.at(50).change("editor", None).await.unwrap();
    assert!(timed.at(1000).edits().await);
    assert_eq!(timed.change("editor", None).await, Err("ROLE_UNCHANGED"));
}

#[tokio::test]
async fn the_past_is_decided_at_its_own_time() {
    let timed = TimedRole::new().await;
    let mut then = vec![(timed.0.token().await, true)];
    for (now, end, edits) in [(50, Some(60), true), (55, Some(200), true), (199, Some(300), true)] {
        timed.at(now).change("editor", end).await.unwrap();
        then.push((timed.0.token().await, edits));
    }
    timed.at(300).invite("emil", None).await.unwrap();
    then.push((timed.0.token().await, false));
    timed.at(400).invite("edith", None).await.unwrap();
    then.push((timed.0.token().await, true));
    timed.at(1000).change("viewer", None).await.unwrap();
    then.push((timed.0.token().await, false));
    for (token, edits) in then.iter().rev().chain(&then) {
        assert_eq!(timed.edits_as(Consistency::AtExactSnapshot(token)).await, *edits, "{token}");
    }
}
