use std::collections::BTreeMap;

use proptest::prelude::*;
use rollcall::service::ports::{MemberBy, Store as _};
use rollcall_engine::{Change, Grant, InvitationStatus, MemberStatus, Revision, Subject, SuppressedAddress, Timestamp};
use tokio::runtime::Runtime;

use crate::facts::{Facts, Model, grant};
use crate::harness::{ACME, Harness, invitation, issued, member, resource_created, root, site};

/// A dice roll that [`possible`] turns into a change that can be made.
type Roll = (u8, u8, u8, u8);

/// A change that makes sense after those that made `model`, if the roll names one.
fn possible(model: &Model, (what, who, place, role): Roll) -> Option<Change> {
    let subject = Subject::user(format!("u{}", who % 6));
    let resource = match place % 4 {
        0 => root(),
        n => site(&format!("s{n}")),
    };
    let [role, other] = if role % 2 == 0 { ["editor", "viewer"] } else { ["viewer", "editor"] };
    let known = model.members.contains_key(&subject);
    let registered = model.resources.contains_key(&resource);
    let holds = |role| model.facts.holds(&subject, &grant(&resource, role));
    let expires_at = (place % 3 == 0).then_some(Timestamp(i64::from(who)));
    let held = model.held(&subject);
    let ends =
        |role| held.iter().any(|held| held.resource == resource && held.role == role && held.expires_at.is_some());
    let pending = |email: &str| {
        model.invitations.values().find(|found| found.email == email && found.status == InvitationStatus::Pending)
    };
    let expired = |email: &str| {
        model.invitations.values().find(|found| found.email == email && found.status == InvitationStatus::Expired)
    };
    let email = format!("guest{}@x.y", who % 3);
    match what % 14 {
        12 if !model.suppressed.contains_key(&email) => {
            let address = SuppressedAddress { email, detail: format!("bounce {place}"), created_at: Timestamp(6) };
            Some(Change::AddressSuppressed { address })
        }
        12 => Some(Change::AddressCleared { email }),
        13 => pending(&email).map(|found| Change::InvitationReminderDue {
            id: found.id.clone(),
            email,
            remind_at: (place % 2 == 0).then_some(Timestamp(8_500)),
        }),
        10 => {
            let (tenant, _) = model.facts.tenant.as_ref()?;
            let to = u32::from(place % 4 + 1);
            let policy = tenant.policy.clone();
            (to != tenant.policy_version).then_some(Change::PolicySet { policy, from: tenant.policy_version, to })
        }
        11 if registered && resource != root() => {
            let found = &model.resources[&resource].0;
            let from = found.owner.clone();
            Some(match who % 5 {
                0 if !found.archived => Change::ResourceArchived { resource },
                0 => Change::ResourceRestored { resource },
                1 => Change::OwnerChanged { resource, from, to: (role == "editor").then_some(subject) },
                2 => {
                    let from = found.parent.clone()?;
                    let to = site(if place % 4 == 1 { "s2" } else { "s1" });
                    let possible = to != from && model.resources.contains_key(&to) && to != resource;
                    return possible.then_some(Change::ResourceMoved { resource, from, to });
                }
                _ if !model.facts.bindings.iter().any(|(_, held)| held.resource == resource) => {
                    Change::ResourceDeleted { resource: found.clone() }
                }
                _ => return None,
            })
        }
        0 if !registered => Some(resource_created(&resource, (place % 2 == 0).then(|| subject.clone()))),
        1 | 2 if !known => {
            let mut member = member(&subject.id, "New");
            member.status = MemberStatus::Invited;
            Some(Change::MemberAdded { member })
        }
        3 if known => {
            let (before, _) = model.members.get(&subject)?.clone();
            let mut member = member(&subject.id, &format!("Name {place}"));
            member.locked = place % 2 == 0;
            member.profile.email = (place % 3 == 0).then(|| format!("{}@x.y", subject.id));
            Some(Change::MemberUpdated { before, member })
        }
        4 if known && model.held(&subject).is_empty() => {
            let (member, _) = model.members.get(&subject)?.clone();
            Some(Change::MemberRemoved { member })
        }
        5 | 6 if known && registered && (!holds(role) || ends(role)) => {
            Some(Change::granted(&subject, &Grant { expires_at, ..grant(&resource, role) }))
        }
        7 if holds(role) && !holds(other) => Some(Change::RoleChanged {
            subject,
            resource,
            from: role.into(),
            from_expires_at: None,
            to: other.into(),
            expires_at,
        }),
        8 if ends(role) => Some(Change::RoleExpired { subject, resource, role: role.into() }),
        7 | 8 if holds(role) => Some(Change::revoked(&subject, &grant(&resource, role))),
        9 => match (pending(&email), expired(&email)) {
            (None, None) => Some(issued(&invitation(&format!("i{}", model.invitations.len()), &email))),
            (None, Some(found)) if place % 2 == 0 => Some(Change::InvitationRevoked { id: found.id.clone(), email }),
            (Some(found), _) | (None, Some(found)) => {
                let id = found.id.clone();
                match place % 5 {
                    0 => Some(Change::InvitationRevoked { id, email }),
                    2 => Some(Change::InvitationAccepted { id, email, subject }),
                    4 => Some(Change::InvitationDeclined { id, email }),
                    1 if found.status == InvitationStatus::Pending => Some(Change::InvitationExpired { id, email }),
                    _ => {
                        let mut anew = found.clone();
                        anew.token_hash = format!("{} again", anew.token_hash);
                        anew.status = InvitationStatus::Pending;
                        Some(issued(&anew))
                    }
                }
            }
        },
        _ => None,
    }
}

/// Every table agrees with what the log makes of it.
async fn check(harness: &Harness) {
    let log = harness.store.changes_after(ACME, Revision(0)).await.unwrap();
    let model = Model::replayed(&log);
    assert_eq!(Facts::loaded(&harness.store, ACME).await.as_ref(), Some(&model.facts));
    for (subject, (member, changed_at)) in &model.members {
        let by = MemberBy::Subject(subject.as_ref());
        let (found, _) = harness.store.member(ACME, by).await.unwrap().unwrap();
        assert_eq!((&found.member, &found.changed_at, found.held), (member, changed_at, model.held(subject)));
    }
    for (key, resource) in &model.resources {
        let (found, _) = harness.store.resource(ACME, key.as_ref()).await.unwrap().unwrap();
        assert_eq!((&found.resource, found.changed_at), (&resource.0, resource.1));
    }
    let mut tx = harness.store.begin(ACME).await.unwrap();
    for invitation in model.invitations.values() {
        assert_eq!(tx.invitation_by_hash(&invitation.token_hash).await.unwrap().as_ref(), Some(invitation));
    }
    for (email, address) in &model.suppressed {
        assert_eq!(tx.suppressed(email).await.unwrap().as_ref(), Some(address));
    }
    let now = Timestamp(8_999);
    let mut due: Vec<_> = model.invitations.values().filter(|row| row.due_at().is_some_and(|at| at <= now)).collect();
    due.sort_by_key(|row| (row.due_at(), row.id.clone()));
    assert_eq!(tx.due_invitations(now, 100).await.unwrap().iter().collect::<Vec<_>>(), due);
    tx.rollback().await.unwrap();
    let (listed, _) = harness.store.list_suppressed(ACME, "", 100).await.unwrap();
    assert_eq!(listed.iter().collect::<Vec<_>>(), model.suppressed.values().collect::<Vec<_>>());
}

async fn run(writes: Vec<Vec<Roll>>) {
    let harness = Harness::with_acme().await;
    let mut model = Model::replayed(&harness.store.changes_after(ACME, Revision(0)).await.unwrap());
    for rolls in writes {
        let mut changes = Vec::new();
        for roll in rolls {
            if let Some(change) = possible(&model, roll) {
                model.apply(Revision(0), &change);
                changes.push(change);
            }
        }
        if !changes.is_empty() {
            harness.write(&changes).await;
        }
    }
    check(&harness).await;

    let replica = Harness::new().await;
    let mut writes: BTreeMap<Revision, Vec<Change>> = BTreeMap::new();
    for (revision, change) in harness.store.changes_after(ACME, Revision(0)).await.unwrap() {
        writes.entry(revision).or_default().push(change);
    }
    for (revision, changes) in writes {
        assert_eq!(replica.write(&changes).await, revision);
    }
    check(&replica).await;
    assert_eq!(Facts::loaded(&replica.store, ACME).await, Facts::loaded(&harness.store, ACME).await);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replaying_the_log_makes_the_tables_again(
        writes in prop::collection::vec(prop::collection::vec(any::<Roll>(), 1..12), 1..20)
    ) {
        Runtime::new().unwrap().block_on(run(writes));
    }
}
