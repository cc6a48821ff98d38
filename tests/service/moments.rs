//! Answers of a moment: a token carries the last end that had passed, so servers whose clocks differ answer alike by it.

use std::{sync::Arc, time::Duration};

use rollcall::service::{
    CheckQuestion, Consistency, ListMembers, Service, SetPolicy,
    ports::{MemberBy, MemberOrder},
};
use rollcall_engine::{StatedFacts, Subject, Timestamp, compile};

use crate::support::{
    clock::{self, ManualClock},
    fixture::{ServiceTenant, tenant_on},
    tokens::{at_end, passed_end_of},
    wire_tenant::OPERATOR,
};

const POLICY: &str = "edition = 1\npolicy = \"club\"\nversion = 1\nroot = \"club\"\n\
                      [club]\ncreator_role = \"boss\"\n[club.roles]\nboss = {}\nguest = {}\n\
                      [club.actions]\nenter = \"guest\"\n\
                      [club.members]\ninvite = [{ by = \"boss\", to = [\"boss\", \"guest\"] }]\n";

/// When the guest's role ends.
const END: Timestamp = Timestamp(100_000_000);

/// Two servers over one store, each with a clock of its own; at both it is before the end.
struct Two {
    ahead: Arc<Service>,
    behind: Arc<Service>,
    clock_ahead: Arc<ManualClock>,
    clock_behind: Arc<ManualClock>,
    _dir: tempfile::TempDir,
}

impl Two {
    async fn new() -> Self {
        let (store, dir) = clock::store().await;
        let club = tenant_on(POLICY).named("acme").person("ada", "boss");
        let second = compile("club-2.toml", &POLICY.replace("version = 1", "version = 2")).unwrap();
        let policies = [Arc::clone(&club.policy), Arc::new(second)];
        let (clock_ahead, clock_behind) = (Arc::new(ManualClock::default()), Arc::new(ManualClock::default()));
        let ahead = Arc::new(clock::service(&store, &clock_ahead, &policies).await);
        let behind = Arc::new(clock::service(&store, &clock_behind, &policies).await);
        let tenant: ServiceTenant = club.in_service(&ahead, &clock_ahead).await;
        tenant.join("ada", "bob", "club", "guest", Some(END)).await;
        clock_behind.set(Timestamp(END.0 - 5_000_000));
        clock_ahead.set(Timestamp(END.0 - 5_000_000));
        Self { ahead, behind, clock_ahead, clock_behind, _dir: dir }
    }

    /// The tenant on each of the servers.
    fn tenants(&self) -> (ServiceTenant, ServiceTenant) {
        let tenant = |service, clock| ServiceTenant::of(service, clock, "acme");
        (tenant(&self.ahead, &self.clock_ahead), tenant(&self.behind, &self.clock_behind))
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

#[tokio::test]
async fn what_had_ended_when_a_write_was_committed_has_ended_by_any_clock() {
    let two = Two::new().await;
    let (ahead, behind) = two.tenants();
    ahead.join("ada", "bella", "club", "boss", Some(END)).await;
    assert!(enter(&two.behind, Consistency::FullyConsistent).await.unwrap().0);
    two.clock_ahead.advance(Duration::from_secs(10));
    ahead.invite("ada", "eve@acme.test", "club", "guest", None).await.unwrap();

    let (allowed, token) = enter(&two.behind, Consistency::FullyConsistent).await.unwrap();
    assert!(!allowed, "the newest commit is of a time after the end");
    assert_eq!(enter(&two.behind, Consistency::AtExactSnapshot(&token)).await, Ok((false, token.clone())));
    let refused = behind.invite("bella", "dan@acme.test", "club", "guest", None).await;
    assert_eq!(refused.unwrap_err(), "NOT_PERMITTED", "a right that had ended permits nothing");
}

#[tokio::test]
async fn a_server_takes_its_own_tokens_whatever_clock_others_have() {
    let two = Two::new().await;
    let (ahead, _) = two.tenants();
    two.clock_behind.set(Timestamp(END.0 - 3_600_000_000));
    two.clock_ahead.advance(Duration::from_secs(10));
    ahead.invite("ada", "eve@acme.test", "club", "guest", None).await.unwrap();
    let (allowed, own) = enter(&two.behind, Consistency::FullyConsistent).await.unwrap();
    assert!(!allowed && passed_end_of(&own) == END.0, "the newest commit is of a time after the end");
    assert_eq!(enter(&two.behind, Consistency::AtLeastAsFresh(&own)).await, Ok((false, own.clone())));
    let (_, moment) = two.behind.tenant_at("acme", Consistency::AtLeastAsFresh(&own)).await.unwrap();
    assert_eq!(moment.passed_end, END);
}

#[tokio::test]
async fn a_clock_that_is_set_back_brings_no_ended_role_back() {
    let two = Two::new().await;
    let (ahead, _) = two.tenants();
    two.clock_ahead.advance(Duration::from_secs(10));
    assert!(!enter(&two.ahead, Consistency::MinimizeLatency).await.unwrap().0);
    two.clock_ahead.set(Timestamp(END.0 - 5_000_000));
    assert!(!enter(&two.ahead, Consistency::MinimizeLatency).await.unwrap().0, "the view goes on");
    let (past, later) = (Timestamp(END.0 - 1_000_000), Timestamp(END.0 + 1_000_000));
    let refused = ahead.invite("ada", "dan@acme.test", "club", "guest", Some(past)).await;
    assert_eq!(refused.unwrap_err(), "FIELD_INVALID", "what ends before what is over is over");
    ahead.invite("ada", "dan@acme.test", "club", "guest", Some(later)).await.unwrap();
    // After a switch of the policy the view is loaded anew.
    ahead.does(OPERATOR, SetPolicy { policy: String::new(), version: 2 }).await;
    assert!(!enter(&two.ahead, Consistency::MinimizeLatency).await.unwrap().0, "it was shown as ended");
    ahead.invite("ada", "eve@acme.test", "club", "guest", None).await.unwrap();
    assert!(!enter(&two.ahead, Consistency::FullyConsistent).await.unwrap().0);
}

#[tokio::test]
async fn a_list_has_no_role_that_had_ended_by_its_token_and_its_own_token_says_so() {
    let two = Two::new().await;
    two.clock_ahead.advance(Duration::from_secs(10));
    let (_, after) = enter(&two.ahead, Consistency::MinimizeLatency).await.unwrap();
    let list = ListMembers {
        tenant: "acme".into(),
        resource: None,
        roles: vec!["guest".into()],
        teams: vec![],
        statuses: vec![],
        text: String::new(),
        order: MemberOrder::Name,
        limit: 10,
        page_token: String::new(),
    };
    let guests = async |consistency| {
        let page = two.behind.list_members(&list, consistency).await.unwrap();
        (page.members.len(), page.moment.passed_end)
    };
    assert_eq!(guests(Consistency::MinimizeLatency).await, (1, Timestamp(0)), "by its own clock");
    assert_eq!(guests(Consistency::AtLeastAsFresh(&after)).await, (0, END));
    let bob = Subject::user("bob");
    let found =
        two.behind.member("acme", MemberBy::Subject(bob.as_ref()), Consistency::AtLeastAsFresh(&after), (10, ""));
    let found = found.await.unwrap();
    assert!(found.roles.is_empty() && found.moment.passed_end == END, "{found:?}");
    let club = rollcall_engine::ResourceKey::new("club", "acme");
    let (_, moment) = two.behind.resource("acme", club.as_ref(), Consistency::MinimizeLatency).await.unwrap();
    assert_eq!(moment.passed_end, END, "a client that keeps its newest token loses nothing");
    let (_, moment) = two.ahead.tenant_at("acme", Consistency::MinimizeLatency).await.unwrap();
    assert_eq!(moment.passed_end, END);
}
