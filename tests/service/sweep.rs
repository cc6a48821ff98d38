//! What comes due happens once, at its time, whichever of several services on one store looks first. The clock is
//! moved by hand; the store is a real file.

use std::{sync::Arc, time::Duration};

use rollcall::{
    service::{
        Consistency, ErrorKind, IssuedInvitation, Quotas, ResendInvitation, Service, SetLock, SetSuppressed,
        ports::{Clock as _, Store as _},
    },
    store::SqlStore,
};
use rollcall_engine::{Change, InvitationStatus, Revision, Subject, Timestamp};
use tempfile::TempDir;

use crate::support::{
    clock::{self, ManualClock},
    db::audited,
    fixture::{ServiceTenant, tenant_on},
    wire_tenant::OPERATOR,
};

/// Invitations of ten days, with reminders after two and five.
const POLICY: &str = "edition = 1\npolicy = \"club\"\nversion = 1\nroot = \"club\"\n\
                      [invitations]\nlifetime_days = 10\nremind_after_days = [2, 5]\n\
                      [club]\ncreator_role = \"boss\"\n[club.roles]\nboss = {}\nguest = {}\n\
                      [club.members]\ninvite = [{ by = \"boss\", to = [\"guest\", \"boss\"] }]\n\
                      lock = [{ by = \"boss\" }]\nunlock = [{ by = \"boss\" }]\nresend = [{ by = \"boss\" }]\n";

const DAY: Duration = Duration::from_hours(24);

/// Three services on one store, each with views of its own, and the clock of all three.
struct Three {
    services: Vec<Arc<Service>>,
    store: Arc<SqlStore>,
    clock: Arc<ManualClock>,
    dir: TempDir,
}

impl Three {
    /// With tenants of these names, each with the boss `ada`.
    async fn with(tenants: &[&str]) -> Self {
        let ((store, dir), clock) = (clock::store().await, Arc::new(ManualClock::default()));
        clock.advance(1000 * DAY);
        let club = tenant_on(POLICY).person("ada", "boss");
        let quotas = Quotas { invitations_per_day: 3 };
        let mut services = Vec::new();
        for _ in 0..3 {
            services.push(Arc::new(
                clock::service(&store, &clock, std::slice::from_ref(&club.policy)).await.with_quotas(quotas),
            ));
        }
        for tenant in tenants {
            club.clone().named(tenant).in_service(&services[0], &clock).await;
        }
        Self { services, store, clock, dir }
    }

    /// A tenant, in one of the services.
    fn tenant(&self, number: usize, tenant: &str) -> ServiceTenant {
        ServiceTenant::of(&self.services[number], &self.clock, tenant)
    }

    async fn invite(&self, tenant: &str, email: &str) -> IssuedInvitation {
        self.invite_until(tenant, email, None).await
    }

    async fn invite_until(&self, tenant: &str, email: &str, end: Option<Timestamp>) -> IssuedInvitation {
        let issued = self.tenant(0, tenant).invite("ada", email, "club:", "guest", end).await;
        issued.unwrap().expect("somebody new is invited")
    }

    /// Lets all three sweep at the same time, twice. Returns how many changes they made together.
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
    async fn log(&self, tenant: &str, after: Revision) -> Vec<(Revision, String, String)> {
        let mut snapshot = self.store.snapshot(tenant).await.unwrap().unwrap();
        let commits = snapshot.commits_after(after, 1000).await.unwrap();
        let changes = commits
            .into_iter()
            .flat_map(|commit| commit.changes.into_iter().map(move |change| (commit.head.revision, change)));
        let swept = changes.map(|(revision, change)| {
            let id = match &change {
                Change::InvitationExpired { id, .. } | Change::InvitationReminderDue { id, .. } => id.clone(),
                Change::RoleExpired { subject, .. } => subject.id.clone(),
                other => panic!("no sweep makes {other:?}"),
            };
            (revision, change.kind().to_owned(), id)
        });
        swept.collect()
    }

    async fn revision(&self, tenant: &str) -> Revision {
        self.store.snapshot(tenant).await.unwrap().unwrap().head().revision
    }
}

/// Nobody is reminded of what they would not be given, until somebody may give it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_would_give_nothing_is_not_reminded_of() {
    let three = Three::with(&["acme"]).await;
    let acme = three.tenant(0, "acme");
    acme.join("ada", "bo", "club:", "boss", None).await;
    let issued = acme.invite("bo", "a@x.y", "club:", "guest", None).await.unwrap().expect("somebody new is invited");
    let id = issued.invitation.invitation.id;
    let lock = |locked| SetLock { member: Subject::user("bo"), locked, etag: String::new() };
    acme.does("ada", lock(true)).await;
    let before = three.revision("acme").await;
    three.clock.advance(2 * DAY);
    assert_eq!(three.sweep().await, 1);
    let kinds = three.log("acme", before).await.into_iter().map(|(_, kind, id)| (kind, id)).collect::<Vec<_>>();
    assert_eq!(kinds, [("invitation_reminder_withheld".to_owned(), id.clone())]);
    acme.does("ada", lock(false)).await;
    let before = three.revision("acme").await;
    three.clock.advance(3 * DAY);
    assert_eq!(three.sweep().await, 1);
    let kinds = three.log("acme", before).await.into_iter().map(|(_, kind, id)| (kind, id)).collect::<Vec<_>>();
    assert_eq!(kinds, [("invitation_reminder_due".to_owned(), id)]);
    audited(three.dir.path(), "acme").await;
}

fn resend(issued: &IssuedInvitation) -> ResendInvitation {
    ResendInvitation { invitation: issued.invitation.invitation.id.clone(), etag: String::new() }
}

/// Somebody accepts an invitation in one of the services.
async fn accept(three: &Three, number: usize, who: &str, issued: &IssuedInvitation) -> Result<(), &'static str> {
    let email = &issued.invitation.invitation.email;
    three.tenant(number, "acme").accept(who, email, issued.token.expose()).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn reminders_and_expiry_happen_once_each_at_their_time() {
    let three = Three::with(&["acme"]).await;
    let first = three.invite("acme", "a@x.y").await;
    three.clock.advance(DAY);
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
        three.clock.advance((day - today) * DAY);
        today = day;
        let before = three.revision("acme").await;
        assert_eq!(three.sweep().await, due.len() as u64, "day {day}");
        let log = three.log("acme", before).await;
        let swept: Vec<_> = log.iter().map(|(_, kind, id)| (&**kind, id)).collect();
        assert_eq!(swept, due, "day {day}");
        assert_eq!(three.revision("acme").await.0, before.0 + i64::from(!due.is_empty()), "day {day}");
    }
    three.clock.advance(100 * DAY);
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
        let issued = three.invite_until("acme", &format!("{person}@x.y"), end).await;
        accept(&three, 0, person, &issued).await.unwrap();
    }
    let mut today = 0;
    for (day, ended) in [(1, None), (2, Some("bo")), (3, None), (4, Some("cy")), (50, None)] {
        three.clock.advance((day - today) * DAY);
        today = day;
        let before = three.revision("acme").await;
        assert_eq!(three.sweep().await, u64::from(ended.is_some()), "day {day}");
        let swept: Vec<_> = three.log("acme", before).await.into_iter().map(|(_, kind, id)| (kind, id)).collect();
        assert_eq!(
            swept,
            ended.map(|id| ("role_expired".to_owned(), id.to_owned())).into_iter().collect::<Vec<_>>(),
            "day {day}"
        );
    }
    let (_, tables) = audited(three.dir.path(), "acme").await;
    assert_eq!(tables.bindings.len(), 2, "ada and di are left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_was_missed_is_not_made_up() {
    let three = Three::with(&["acme"]).await;
    three.invite("acme", "a@x.y").await;
    three.clock.advance(6 * DAY);
    let before = three.revision("acme").await;
    assert_eq!(three.sweep().await, 1, "one reminder for the two that were due");
    three.invite("acme", "b@x.y").await;
    three.clock.advance(30 * DAY);
    let between = three.revision("acme").await;
    assert_eq!(three.sweep().await, 2);
    assert_eq!(between, Revision(before.0 + 2));
    let log = three.log("acme", between).await;
    assert!(log.iter().all(|(revision, kind, _)| (*revision, &**kind) == (between.next(), "invitation_expired")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_tenant_is_swept() {
    let names: Vec<String> = (0..7).map(|number| format!("tenant-{number}")).collect();
    let three = Three::with(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for name in &names {
        three.invite(name, "a@x.y").await;
    }
    three.clock.advance(10 * DAY);
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
    three.clock.advance(10 * DAY);
    let refused = accept(&three, 1, "al", &unswept).await;
    assert_eq!(refused, Err("INVITATION_EXPIRED"), "whether or not a sweep came by");
    assert_eq!(three.sweep().await, 2);
    assert_eq!(accept(&three, 2, "al", &swept).await, Err("INVITATION_EXPIRED"));
    let found = three.services[0]
        .invitation("acme", &swept.invitation.invitation.id, Consistency::MinimizeLatency)
        .await
        .unwrap()
        .invitation
        .record;
    assert_eq!((found.invitation.status, found.grants.len()), (InvitationStatus::Expired, 1));

    let again = three.tenant(1, "acme").does("ada", resend(&swept)).await;
    let invitation = &again.invitation.invitation;
    assert_eq!((&invitation.id, invitation.status), (&swept.invitation.invitation.id, InvitationStatus::Pending));
    assert_eq!(invitation.remind_at, Some(three.clock.now().plus(2 * DAY)));
    let anew = three.invite("acme", "b@x.y").await;
    assert_eq!(anew.invitation.invitation.id, unswept.invitation.invitation.id, "the same one, open again");
    for (issued, who) in [(again, "al"), (anew, "bo")] {
        accept(&three, 2, who, &issued).await.unwrap();
    }
    three.clock.advance(30 * DAY);
    assert_eq!(three.sweep().await, 0, "nothing comes due of what was accepted");
    audited(three.dir.path(), "acme").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_suppressed_address_is_not_reminded_but_expires() {
    let three = Three::with(&["acme"]).await;
    three.invite("acme", "a@x.y").await;
    let suppress = SetSuppressed { email: "a@x.y".into(), detail: Some("550".into()) };
    three.tenant(1, "acme").does(OPERATOR, suppress).await;
    three.clock.advance(6 * DAY);
    assert_eq!(three.sweep().await, 0);
    three.clock.advance(4 * DAY);
    assert_eq!(three.sweep().await, 1);
    audited(three.dir.path(), "acme").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_day_later_a_tenant_may_issue_again() {
    let three = Three::with(&["acme"]).await;
    let first = three.invite("acme", "a@x.y").await;
    three.clock.advance(DAY / 2);
    three.invite("acme", "b@x.y").await;
    three.invite("acme", "c@x.y").await;
    let acme = three.tenant(1, "acme");
    let refused = acme.service.write(acme.context("ada"), resend(&first)).await.unwrap_err();
    assert_eq!((refused.kind, refused.reason), (ErrorKind::ResourceExhausted, "INVITATION_LIMIT"));
    assert_eq!(refused.retry_after_secs, Some(12 * 3600 + 1));
    three.clock.advance(Duration::from_secs(12 * 3600 - 1));
    assert!(acme.write("ada", resend(&first)).await.is_err());
    three.clock.advance(Duration::from_secs(2));
    acme.does("ada", resend(&first)).await;
}
