//! What comes due happens once, at its time, whichever of several services on one store looks first. The clock is
//! moved by hand; the store is a real file.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

mod support;

use std::{sync::Arc, time::Duration};

use rollcall::{
    service::{
        AcceptInvitation, Caller, CreateTenant, ErrorKind, Invite, Invitee, IssuedInvitation, Quotas, RequestContext,
        ResendInvitation, Service, SetSuppressed, Who,
        ports::{Clock as _, Store as _},
    },
    store::SqlStore,
};
use rollcall_engine::{Change, Grant, InvitationStatus, Profile, ResourceKey, Revision, Subject, Timestamp};
use support::{
    db::audited,
    hand::{self, Hand},
};
use tempfile::TempDir;

/// Invitations of ten days, with reminders after two and five.
const POLICY: &str = "policy = \"club\"\nversion = 1\nroot = \"club\"\n\
                      [invitations]\nlifetime_days = 10\nremind_after_days = [2, 5]\n\
                      [club]\ncreator_role = \"boss\"\n[club.roles]\nboss = {}\nguest = {}\n\
                      [club.members]\ninvite = [{ by = \"boss\", to = [\"guest\"] }]\nresend = [{ by = \"boss\" }]\n";

const DAY: Duration = Duration::from_hours(24);

/// Three services on one store, each with views of its own, and the clock of all three.
struct Three {
    services: Vec<Arc<Service>>,
    store: Arc<SqlStore>,
    clock: Arc<Hand>,
    dir: TempDir,
}

impl Three {
    /// With the tenants named, each with the boss `ada`.
    async fn with(tenants: &[&str]) -> Self {
        let ((store, dir), clock) = (hand::store().await, Arc::new(Hand::default()));
        clock.moved(1000 * DAY);
        let service = |_| hand::service(&store, &clock, POLICY).limited(Quotas { invitations_per_day: 3 });
        let services = (0..3).map(service).map(Arc::new).collect();
        let this = Self { services, store, clock, dir };
        for tenant in tenants {
            let write = CreateTenant {
                display_name: String::new(),
                policy: "club".into(),
                policy_version: 1,
                first_member: Subject::user("ada"),
                profile: Profile::default(),
            };
            this.services[0].write(call(tenant, &operator()), write).await.unwrap();
        }
        this
    }

    async fn invite(&self, tenant: &str, email: &str) -> IssuedInvitation {
        self.invite_until(tenant, email, None).await
    }

    async fn invite_until(&self, tenant: &str, email: &str, expires_at: Option<Timestamp>) -> IssuedInvitation {
        let invite = Invite {
            invitees: vec![Invitee { who: Who::Email(email.into()), display_name: String::new() }],
            grants: vec![Grant { expires_at, ..Grant::lasting(ResourceKey::new("club", tenant), "guest") }],
        };
        let written = self.services[0].write(call(tenant, &Subject::user("ada")), invite).await.unwrap();
        written.answer.results.into_iter().next().unwrap().issued.unwrap()
    }

    /// Lets all three sweep at the same time, and again. How many changes they made together.
    async fn sweep(&self) -> u64 {
        let mut changes = 0;
        for _ in 0..2 {
            let sweeps =
                self.services.iter().cloned().map(|service| tokio::spawn(async move { service.sweep().await }));
            for sweep in sweeps.collect::<Vec<_>>() {
                changes += sweep.await.unwrap().unwrap();
            }
        }
        changes
    }

    /// The kinds of a tenant's changes after a revision, each with the id that it names.
    async fn log(&self, tenant: &str, after: Revision) -> Vec<(Revision, &'static str, String)> {
        let changes = self.store.changes_after(tenant, after).await.unwrap();
        let told = changes.into_iter().map(|(revision, change)| {
            let id = match &change {
                Change::InvitationExpired { id, .. } | Change::InvitationReminderDue { id, .. } => id.clone(),
                Change::RoleExpired { subject, .. } => subject.id.clone(),
                other => panic!("no sweep makes {other:?}"),
            };
            (revision, change.kind(), id)
        });
        told.collect()
    }

    async fn revision(&self, tenant: &str) -> Revision {
        self.store.tenant(tenant).await.unwrap().unwrap().1
    }
}

fn operator() -> Subject {
    Subject::new("operator", "root")
}

fn call(tenant: &str, actor: &Subject) -> RequestContext {
    let caller = Caller { name: "test".into(), asserts_operators: true };
    RequestContext {
        tenant: tenant.into(),
        actor: actor.clone(),
        caller,
        idempotency_key: None,
        validate_only: false,
        trace_id: None,
    }
}

fn resend(offer: &IssuedInvitation) -> ResendInvitation {
    ResendInvitation { invitation: offer.invitation.invitation.id.clone(), etag: String::new() }
}

fn accept(offer: &IssuedInvitation) -> AcceptInvitation {
    let email = Some(offer.invitation.invitation.email.clone());
    AcceptInvitation { token: offer.token.clone(), profile: Profile { email, ..Profile::default() } }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn reminders_and_expiry_happen_once_each_at_their_time() {
    let three = Three::with(&["acme"]).await;
    let first = three.invite("acme", "a@x.y").await;
    three.clock.moved(DAY);
    let second = three.invite("acme", "b@x.y").await;
    let (first, second) = (first.invitation.invitation.id, second.invitation.invitation.id);
    let (reminder, expired) = ("invitation_reminder_due", "invitation_expired");
    // Day by day from here, after the first was issued: 2 and 5 and 10; the second, a day later.
    let expected: [(u32, &[(&str, &String)]); 8] = [
        (1, &[]),
        (2, &[(reminder, &first)]),
        (3, &[(reminder, &second)]),
        (5, &[(reminder, &first)]),
        (6, &[(reminder, &second)]),
        (9, &[]),
        (10, &[(expired, &first)]),
        (11, &[(expired, &second)]),
    ];
    let mut today = 1;
    for (day, due) in expected {
        three.clock.moved((day - today) * DAY);
        today = day;
        let before = three.revision("acme").await;
        assert_eq!(three.sweep().await, due.len() as u64, "day {day}");
        let log = three.log("acme", before).await;
        let told: Vec<_> = log.iter().map(|(_, kind, id)| (*kind, id)).collect();
        assert_eq!(told, due, "day {day}");
        assert_eq!(three.revision("acme").await.0, before.0 + i64::from(!due.is_empty()), "day {day}");
    }
    three.clock.moved(100 * DAY);
    assert_eq!(three.sweep().await, 0);

    let (log, _) = audited(three.dir.path(), "acme").await;
    let swept: Vec<_> = log.iter().filter(|row| row.kind == reminder || row.kind == expired).collect();
    assert_eq!(swept.len(), 6);
    for row in swept {
        assert_eq!(row.actor, ("service".into(), "rollcall".into()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn roles_end_once_each_at_their_time() {
    let three = Three::with(&["acme"]).await;
    let until = |days: u32| Some(three.clock.now().plus(days * DAY));
    for (person, end) in [("bo", until(2)), ("cy", until(4)), ("di", None)] {
        let offer = three.invite_until("acme", &format!("{person}@x.y"), end).await;
        three.services[0].write(call("acme", &Subject::user(person)), accept(&offer)).await.unwrap();
    }
    let mut today = 0;
    for (day, ended) in [(1, None), (2, Some("bo")), (3, None), (4, Some("cy")), (50, None)] {
        three.clock.moved((day - today) * DAY);
        today = day;
        let before = three.revision("acme").await;
        assert_eq!(three.sweep().await, u64::from(ended.is_some()), "day {day}");
        let told: Vec<_> = three.log("acme", before).await.into_iter().map(|(_, kind, id)| (kind, id)).collect();
        assert_eq!(told, ended.map(|id| ("role_expired", id.to_owned())).into_iter().collect::<Vec<_>>(), "day {day}");
    }
    let (_, tables) = audited(three.dir.path(), "acme").await;
    assert_eq!(tables.bindings.len(), 2, "ada and di are left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_was_missed_is_not_made_up() {
    let three = Three::with(&["acme"]).await;
    three.invite("acme", "a@x.y").await;
    three.clock.moved(6 * DAY);
    let before = three.revision("acme").await;
    assert_eq!(three.sweep().await, 1, "one reminder for the two that were due");
    three.invite("acme", "b@x.y").await;
    three.clock.moved(30 * DAY);
    let between = three.revision("acme").await;
    assert_eq!(three.sweep().await, 2);
    assert_eq!(between, Revision(before.0 + 2));
    let log = three.log("acme", between).await;
    assert!(log.iter().all(|(revision, kind, _)| (*revision, *kind) == (between.next(), "invitation_expired")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_tenant_is_swept() {
    let names: Vec<String> = (0..7).map(|number| format!("tenant-{number}")).collect();
    let three = Three::with(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for name in &names {
        three.invite(name, "a@x.y").await;
    }
    three.clock.moved(10 * DAY);
    assert_eq!(three.store.due(three.clock.now(), "", 100).await.unwrap(), names);
    assert_eq!(three.store.due(three.clock.now(), "tenant-2", 2).await.unwrap(), names[3..5]);
    assert_eq!(three.sweep().await, 7);
    assert!(three.store.due(three.clock.now(), "", 100).await.unwrap().is_empty());
    for name in &names {
        audited(three.dir.path(), name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_expired_invitation_is_refused_and_can_be_issued_again() {
    let three = Three::with(&["acme"]).await;
    let (swept, unswept) = (three.invite("acme", "a@x.y").await, three.invite("acme", "b@x.y").await);
    three.clock.moved(10 * DAY);
    let refused = |service: usize, offer: &IssuedInvitation| {
        let (service, call, accept) =
            (three.services[service].clone(), call("acme", &Subject::user("al")), accept(offer));
        async move { service.write(call, accept).await.unwrap_err().reason }
    };
    assert_eq!(refused(1, &unswept).await, "INVITATION_EXPIRED", "whether or not a sweep came by");
    assert_eq!(three.sweep().await, 2);
    assert_eq!(refused(2, &swept).await, "INVITATION_EXPIRED");
    let found = three.services[0].invitation("acme", &swept.invitation.invitation.id).await.unwrap().record;
    assert_eq!((found.invitation.status, found.held.len()), (InvitationStatus::Expired, 1));

    let again = three.services[1].write(call("acme", &Subject::user("ada")), resend(&swept)).await.unwrap().answer;
    let invitation = &again.invitation.invitation;
    assert_eq!((&invitation.id, invitation.status), (&swept.invitation.invitation.id, InvitationStatus::Pending));
    assert_eq!(invitation.remind_at, Some(three.clock.now().plus(2 * DAY)));
    let anew = three.invite("acme", "b@x.y").await;
    assert_eq!(anew.invitation.invitation.id, unswept.invitation.invitation.id, "the same one, open again");
    for (offer, id) in [(again, "al"), (anew, "bo")] {
        three.services[2].write(call("acme", &Subject::user(id)), accept(&offer)).await.unwrap();
    }
    three.clock.moved(30 * DAY);
    assert_eq!(three.sweep().await, 0, "nothing comes due of what was accepted");
    audited(three.dir.path(), "acme").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_suppressed_address_is_not_reminded_but_expires() {
    let three = Three::with(&["acme"]).await;
    three.invite("acme", "a@x.y").await;
    let suppress = SetSuppressed { email: "a@x.y".into(), detail: Some("550".into()) };
    three.services[1].write(call("acme", &operator()), suppress).await.unwrap();
    three.clock.moved(6 * DAY);
    assert_eq!(three.sweep().await, 0);
    three.clock.moved(4 * DAY);
    assert_eq!(three.sweep().await, 1);
    audited(three.dir.path(), "acme").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_day_later_a_tenant_may_issue_again() {
    let three = Three::with(&["acme"]).await;
    let first = three.invite("acme", "a@x.y").await;
    three.clock.moved(DAY / 2);
    three.invite("acme", "b@x.y").await;
    three.invite("acme", "c@x.y").await;
    let ada = call("acme", &Subject::user("ada"));
    let refused = three.services[1].write(ada.clone(), resend(&first)).await.unwrap_err();
    assert_eq!((refused.kind, refused.reason), (ErrorKind::ResourceExhausted, "INVITATION_LIMIT"));
    assert_eq!(refused.retry_after, Some(12 * 3600 + 1));
    three.clock.moved(Duration::from_secs(12 * 3600 - 1));
    assert!(three.services[1].write(ada.clone(), resend(&first)).await.is_err());
    three.clock.moved(Duration::from_secs(2));
    three.services[1].write(ada, resend(&first)).await.unwrap();
}
