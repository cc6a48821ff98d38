//! The filters of the log: each leaves exactly the changes that meet it, and several those that meet all.

use rollcall::service::ports::{Batch, LogFilter, LogQuery};
use rollcall_engine::{Change, LoggedChange, ResourceKey, Subject, Timestamp};

use super::{all, filtered, read, seed};
use crate::{
    changes::{allowed, batch, granted, invited_subject, member, member_added, root, site},
    harness::Harness,
    support::{repetitions, rng::Rng},
};

conformance! {
    each_filter_leaves_what_meets_it:
        "LogFilter: The conditions on changes to read; the default has none.",
        "LogFilter::actor: Made on behalf of this subject; none: of any.",
        "LogFilter::subject: About this subject, as `Change::subject` says; none: about any, or about none.",
        "LogFilter::resource: At this very resource, as `Change::resource` says; none: at any, or at none.",
        "LogFilter::kinds: Of one of these kinds, each named once as `Change::kind` does.",
        "LogFilter::kinds: Empty: of any.",
        "LogFilter::from: Made at this time or later; none: at any.",
        "LogFilter::until: Made before this time; none: at any.";
    filters_that_are_combined_leave_what_meets_all:
        "LogQuery: Which changes of a tenant's log to read.",
        "LogQuery::filter: Only changes that meet every condition of this.";
}

/// A log with a second actor in it.
async fn with_two_actors(harness: &Harness) {
    seed(harness).await;
    let changes = allowed(&[member_added(&member("di", "Di")), granted("di", &site("s1"), "viewer")]);
    let operator = Subject::new("operator", "ada");
    harness.commit(&Batch { actor: operator.as_ref(), at: Timestamp(50), ..batch(&changes) }).await;
}

/// The changes of the whole log for which a condition holds.
async fn those(harness: &Harness, condition: impl Fn(&LoggedChange) -> bool) -> Vec<LoggedChange> {
    read(harness, &all()).await.into_iter().filter(condition).collect()
}

async fn each_filter_leaves_what_meets_it(harness: &Harness) {
    with_two_actors(harness).await;
    assert_eq!(read(harness, &all()).await.len(), 20);
    for actor in [Subject::user("ada"), Subject::new("operator", "ada"), Subject::user("Ada"), Subject::user("bo")] {
        let found = read(harness, &filtered(LogFilter { actor: Some(actor.as_ref()), ..LogFilter::default() })).await;
        assert_eq!(found, those(harness, |logged| logged.actor == actor).await, "{actor}");
    }
    for subject in [Subject::user("bo"), Subject::user("cy"), Subject::user("BO"), invited_subject("i1")] {
        let filter = LogFilter { subject: Some(subject.as_ref()), ..LogFilter::default() };
        let found = read(harness, &filtered(filter)).await;
        assert_eq!(found, those(harness, |logged| logged.change.subject() == Some(&subject)).await, "{subject}");
    }
    for resource in [root(), site("s1"), site("S1"), site("s")] {
        let filter = LogFilter { resource: Some(resource.as_ref()), ..LogFilter::default() };
        let found = read(harness, &filtered(filter)).await;
        assert_eq!(found, those(harness, |logged| logged.change.resource() == Some(&resource)).await, "{resource}");
    }
    for kinds in [vec!["member_added"], vec!["role_revoked", "member_added"], vec!["Member_added"], vec![]] {
        let kinds: Vec<String> = kinds.into_iter().map(str::to_owned).collect();
        let found = read(harness, &filtered(LogFilter { kinds: &kinds, ..LogFilter::default() })).await;
        let is_wanted =
            |logged: &LoggedChange| kinds.is_empty() || kinds.iter().any(|kind| kind == logged.change.kind());
        assert_eq!(found, those(harness, is_wanted).await, "{kinds:?}");
    }
    for (from, until) in [(Some(10), None), (Some(11), Some(30)), (None, Some(20)), (Some(30), Some(31)), (None, None)]
    {
        let (from, until) = (from.map(Timestamp), until.map(Timestamp));
        let found = read(harness, &filtered(LogFilter { from, until, ..LogFilter::default() })).await;
        let is_wanted = |logged: &LoggedChange| {
            from.is_none_or(|from| logged.at >= from) && until.is_none_or(|until| logged.at < until)
        };
        assert_eq!(found, those(harness, is_wanted).await, "from {from:?} until {until:?}");
    }
}

async fn filters_that_are_combined_leave_what_meets_all(harness: &Harness) {
    with_two_actors(harness).await;
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let actors = [None, Some(Subject::user("ada")), Some(Subject::new("operator", "ada"))];
    let subjects = [None, Some(Subject::user("bo")), Some(Subject::user("cy")), Some(invited_subject("i1"))];
    let resources = [None, Some(root()), Some(site("s1")), Some(site("S1"))];
    let kinds = [&[][..], &["role_granted"], &["role_revoked", "role_granted", "member_added"]];
    let times = [None, Some(Timestamp(10)), Some(Timestamp(20)), Some(Timestamp(41))];
    let mut found_some = 0;
    for _ in 0..repetitions("log_filters", 100, 1_000) {
        let kinds: Vec<String> = rng.pick(&kinds).iter().map(|kind| (*kind).to_owned()).collect();
        let (actor, subject, resource) = (rng.pick(&actors), rng.pick(&subjects), rng.pick(&resources));
        let (from, until) = (*rng.pick(&times), *rng.pick(&times));
        let filter = LogFilter {
            actor: actor.as_ref().map(Subject::as_ref),
            subject: subject.as_ref().map(Subject::as_ref),
            resource: resource.as_ref().map(ResourceKey::as_ref),
            kinds: &kinds,
            from,
            until,
        };
        let meets_all = |logged: &LoggedChange| {
            let change: &Change = &logged.change;
            actor.as_ref().is_none_or(|actor| logged.actor == *actor)
                && subject.as_ref().is_none_or(|subject| change.subject() == Some(subject))
                && resource.as_ref().is_none_or(|resource| change.resource() == Some(resource))
                && (kinds.is_empty() || kinds.iter().any(|kind| kind == change.kind()))
                && from.is_none_or(|from| logged.at >= from)
                && until.is_none_or(|until| logged.at < until)
        };
        let mut expected = those(harness, meets_all).await;
        expected.reverse();
        let query = LogQuery { newest_first: true, ..filtered(filter) };
        assert_eq!(read(harness, &query).await, expected, "{query:?}");
        found_some += usize::from(!expected.is_empty());
    }
    assert!(found_some > 2, "the test tests something");
}
