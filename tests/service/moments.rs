//! Answers of a moment: a token carries the last end that had passed, so servers whose clocks differ answer alike by it.

use std::{sync::Arc, time::Duration};

use rollcall::service::{CheckQuestion, Consistency, Service};
use rollcall_engine::{StatedFacts, Subject, Timestamp};

use crate::support::{
    clock::{self, ManualClock},
    fixture::{ServiceTenant, tenant_on},
    tokens::{at_end, passed_end_of},
};

const POLICY: &str = "edition = 1\npolicy = \"club\"\nversion = 1\nroot = \"club\"\n\
                      [club]\ncreator_role = \"boss\"\n[club.roles]\nboss = {}\nguest = {}\n\
                      [club.actions]\nenter = \"guest\"\n\
                      [club.members]\ninvite = [{ by = \"boss\", to = [\"guest\"] }]\n";

/// When the guest's role ends.
const END: Timestamp = Timestamp(100_000_000);

/// Two servers over one store, each with a clock of its own; at both it is before the end.
struct Two {
    ahead: Arc<Service>,
    behind: Arc<Service>,
    clock_ahead: Arc<ManualClock>,
    _dir: tempfile::TempDir,
}

impl Two {
    async fn new() -> Self {
        let (store, dir) = clock::store().await;
        let club = tenant_on(POLICY).named("acme").person("ada", "boss");
        let (clock_ahead, clock_behind) = (Arc::new(ManualClock::default()), Arc::new(ManualClock::default()));
        let ahead = Arc::new(clock::service(&store, &clock_ahead, &club.policy).await);
        let behind = Arc::new(clock::service(&store, &clock_behind, &club.policy).await);
        let tenant: ServiceTenant = club.in_service(&ahead, &clock_ahead).await;
        tenant.join("ada", "bob", "club", "guest", Some(END)).await;
        clock_behind.set(Timestamp(END.0 - 5_000_000));
        clock_ahead.set(Timestamp(END.0 - 5_000_000));
        Self { ahead, behind, clock_ahead, _dir: dir }
    }
}

/// Whether the guest may enter, and the token of the answer; or the reason why there is none.
async fn enter(service: &Service, consistency: Consistency<'_>) -> Result<(bool, String), &'static str> {
    let (bob, club) = (Subject::user("bob"), rollcall_engine::ResourceKey::new("club", "acme"));
    let question = CheckQuestion {
        subject: bob.as_ref(),
        action: "enter",
        resource: club.as_ref(),
        stated: StatedFacts::default(),
    };
    let outcome = service.check("acme", consistency, &question, false).await.map_err(|error| error.reason)?;
    Ok((outcome.decision.allowed(), service.token("acme", &outcome.basis.moment)))
}

#[tokio::test]
async fn an_exact_answer_is_as_of_the_end_that_its_token_names_whatever_the_clock_says() {
    let two = Two::new().await;
    let (allowed, before) = enter(&two.ahead, Consistency::MinimizeLatency).await.unwrap();
    assert!(allowed && passed_end_of(&before) == 0);
    two.clock_ahead.advance(Duration::from_secs(10));
    let (allowed, after) = enter(&two.ahead, Consistency::MinimizeLatency).await.unwrap();
    assert!(!allowed && passed_end_of(&after) == END.0, "its end has passed by this clock");
    for (service, whose) in [(&two.ahead, "after"), (&two.behind, "before")] {
        let past = |token| enter(service, Consistency::AtExactSnapshot(token));
        assert_eq!(past(&before).await, Ok((true, before.clone())), "on the server whose clock is {whose} the end");
        assert_eq!(past(&after).await, Ok((false, after.clone())), "on the server whose clock is {whose} the end");
    }
}

#[tokio::test]
async fn what_has_ended_by_a_token_has_ended_for_whoever_sends_it() {
    let two = Two::new().await;
    two.clock_ahead.advance(Duration::from_secs(10));
    let (_, after) = enter(&two.ahead, Consistency::MinimizeLatency).await.unwrap();
    assert!(enter(&two.behind, Consistency::MinimizeLatency).await.unwrap().0, "its own clock has not reached the end");
    let (allowed, token) = enter(&two.behind, Consistency::AtLeastAsFresh(&after)).await.unwrap();
    assert!(!allowed && passed_end_of(&token) == END.0);
}

#[tokio::test]
async fn a_token_that_somebody_made_up_ends_nothing_that_is_far_off() {
    let two = Two::new().await;
    let (_, token) = enter(&two.behind, Consistency::MinimizeLatency).await.unwrap();
    let made_up = at_end(&token, END.0 + 3_600_000_000);
    assert_eq!(enter(&two.behind, Consistency::AtLeastAsFresh(&made_up)).await, Err("TOKEN_AHEAD"));
    assert!(enter(&two.behind, Consistency::MinimizeLatency).await.unwrap().0);
}
