//! Filters of the list of changes, at random, against a second implementation of them.

use std::collections::BTreeMap;

use rollcall::proto::{Change, ChangeOrder, ListChangesRequest, Member, Subject, change::Change as Detail};

use super::{every_change::every_change, replay::kind_of};
use crate::{
    log::all,
    support::{
        names::{resource, subject},
        repetitions,
        rng::Rng,
        wire_tenant::OPERATOR,
    },
};

/// The emails of everybody who was a member, invited ones included.
struct Emails(BTreeMap<(String, String), String>);

impl Emails {
    fn of(changes: &[Change]) -> Self {
        let added = changes.iter().filter_map(|change| match change.change.clone()? {
            Detail::MemberAdded(it) => it.after,
            _ => None,
        });
        let email = |member: Member| {
            let subject = member.subject?;
            Some(((subject.r#type, subject.id), member.profile?.emails.into_iter().next()?.email))
        };
        Self(added.filter_map(email).collect())
    }

    /// Whether what is about one subject is about another, who may be named by their email.
    fn is_about(&self, about: &Subject, filtered: &Subject) -> bool {
        let email = self.0.get(&(about.r#type.clone(), about.id.clone()));
        about == filtered || (filtered.r#type == "email" && email == Some(&filtered.id))
    }
}

/// Whether a filter should find a change, written a second time and independently of the service.
fn matches_filter(request: &ListChangesRequest, change: &Change, emails: &Emails) -> bool {
    let (about, at) = match change.change.clone().unwrap() {
        Detail::TenantCreated(_) | Detail::PolicySet(_) => (None, None),
        Detail::ResourceCreated(it) => (None, it.resource.unwrap().key),
        Detail::MemberAdded(it) => (it.after.unwrap().subject, None),
        Detail::MemberUpdated(it) => (it.after.unwrap().subject, None),
        Detail::MemberRemoved(it) => (it.before.unwrap().subject, None),
        Detail::RoleGranted(it) => (it.member, it.resource),
        Detail::RoleChanged(it) => (it.member, it.resource),
        Detail::RoleRevoked(it) => (it.member, it.resource),
        Detail::RoleExpired(it) => (it.member, it.resource),
        Detail::ResourceArchived(it) => (None, it.resource),
        Detail::ResourceRestored(it) => (None, it.resource),
        Detail::ResourceMoved(it) => (None, it.resource),
        Detail::ResourceDeleted(it) => (None, it.before.unwrap().key),
        Detail::OwnerChanged(it) => (it.owner.or(it.previous_owner), it.resource),
        Detail::InvitationIssued(it) => (Some(subject(&it.after.unwrap().email)), None),
        Detail::InvitationAccepted(it) => (it.member, None),
        Detail::InvitationRevoked(it) => (Some(subject(&it.email)), None),
        Detail::InvitationDeclined(it) => (Some(subject(&it.email)), None),
        Detail::InvitationExpired(it) => (Some(subject(&it.email)), None),
        Detail::InvitationReminderDue(it) => (Some(subject(&it.email)), None),
        Detail::InvitationReminderWithheld(it) => (Some(subject(&it.email)), None),
        Detail::AddressSuppressed(it) => (Some(subject(&it.after.unwrap().email)), None),
        Detail::AddressCleared(it) => (Some(subject(&it.email)), None),
    };
    let nanos = |at: &prost_types::Timestamp| i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    let time = nanos(change.time.as_ref().unwrap());
    (request.actor.is_none() || request.actor == change.actor)
        && request.subject.as_ref().is_none_or(|filtered| about.is_some_and(|about| emails.is_about(&about, filtered)))
        && (request.resource.is_none() || request.resource == at)
        && (request.kinds.is_empty() || request.kinds.contains(&kind_of(change).into()))
        && request.start_time.as_ref().is_none_or(|start| nanos(start) <= time)
        && request.end_time.as_ref().is_none_or(|end| time < nanos(end))
}

#[tokio::test]
async fn a_filter_finds_all_that_fits_it_and_nothing_else() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let (_stage, world) = every_change().await;
    let everything = all(&world, ListChangesRequest::default()).await;
    let emails = Emails::of(&everything);
    let times: Vec<_> = everything.iter().map(|change| change.time).collect();
    let mut found = 0;
    let filters = usize::try_from(repetitions("audit_filters", 100, 1000)).expect("few");
    for _ in 0..filters {
        let mut any = |share: u64| rng.range(0, share) == 0;
        let (by, about, at, by_kind, from, until) = (any(3), any(3), any(4), any(3), any(4), any(4));
        let mut request = ListChangesRequest::default();
        let people: &[&str] = &["ada", "edith", "victor", OPERATOR, "nina@acme.test", "nils@acme.test"];
        request.actor = by.then(|| subject(rng.pick::<&str>(people)));
        request.subject = about.then(|| subject(rng.pick::<&str>(people)));
        request.resource = at.then(|| resource(&world.tenant, rng.pick::<&str>(&["harbour", "workspace"])));
        let kinds = if by_kind { rng.range(1, 4) } else { 0 };
        request.kinds = (0..kinds).map(|_| i32::try_from(rng.range(1, 14)).unwrap()).collect();
        request.start_time = from.then(|| *rng.pick(&times)).flatten();
        request.end_time = until.then(|| *rng.pick(&times)).flatten();
        request.page_size = i32::try_from(rng.range(0, 5)).unwrap();
        let mut expected: Vec<Change> =
            everything.iter().filter(|change| matches_filter(&request, change, &emails)).cloned().collect();
        if rng.range(0, 2) == 0 {
            request.order_by = ChangeOrder::OldestFirst.into();
            expected.reverse();
        }
        let listed = all(&world, request.clone()).await;
        assert_eq!(listed, expected, "{request:?}");
        found += listed.len();
    }
    assert!(found > filters / 2, "the filters find something");
    let tenant = ListChangesRequest {
        resource: Some(rollcall::proto::ResourceRef { r#type: "workspace".into(), id: String::new() }),
        ..Default::default()
    };
    let named = ListChangesRequest { resource: Some(resource(&world.tenant, "workspace")), ..Default::default() };
    assert_eq!(all(&world, tenant).await, all(&world, named).await, "the tenant itself needs no id");
}
