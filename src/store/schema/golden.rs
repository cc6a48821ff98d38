//! Every kind of change in every form in which it was ever stored.

use std::collections::{BTreeSet, HashMap};

use rollcall_engine::{
    Acceptance, Change, FailedGrant, Grant, GrantedBy, Invitation, InvitationStatus, Member, MemberStatus, Profile,
    ProfileField, Resource, ResourceKey, Subject, SuppressedAddress, Tenant, Timestamp,
};

use super::{
    change::{ChangeRecord, KINDS},
    people::{Address, Ids, Names},
};
use crate::kept_forms;

const BORN: Timestamp = Timestamp(1_700_000_000_000_001);
const END: Timestamp = Timestamp(1_800_000_000_000_002);
const EMAIL: &str = "guest@acme.test";

/// The random id of the member or address of this number.
fn id(number: u8) -> String {
    char::from(b'a' + number).to_string().repeat(26)
}

fn people() -> [(Subject, Profile); 3] {
    let profile = |name: &str, email: Option<&str>| Profile {
        display_name: name.into(),
        email: email.map(str::to_owned),
        ..Profile::default()
    };
    [
        (Subject::user("ada"), profile("Ada", Some("ada@acme.test"))),
        (Subject::user("bo"), profile("Bo", None)),
        (Subject::new("invited", id(2)), profile("", Some(EMAIL))),
    ]
}

fn ids() -> Ids {
    let members = people().into_iter().zip(0..).map(|((subject, _), number)| (subject, id(number)));
    Ids { members: members.collect(), addresses: HashMap::from([(EMAIL.to_owned(), id(9))]) }
}

fn names() -> Names {
    let people = people().into_iter().zip(0..).map(|(person, number)| (id(number), person));
    let address = Address { email: EMAIL.into(), suppressed_for: "bounced".into() };
    Names { people: people.collect(), addresses: HashMap::from([(id(9), address)]) }
}

fn member(number: usize, status: MemberStatus) -> Member {
    let (subject, profile) = people()[number].clone();
    Member { subject, profile, status, locked: status == MemberStatus::Deactivated, created_at: BORN }
}

fn invitation(status: InvitationStatus) -> Invitation {
    Invitation {
        id: "0f".repeat(16),
        member: people()[2].0.clone(),
        email: EMAIL.into(),
        token_hash: "ab".repeat(32),
        inviter: people()[0].0.clone(),
        status,
        expires_at: END,
        remind_at: (status == InvitationStatus::Pending).then_some(END),
        issued_at: BORN,
        created_at: BORN,
        acceptance: (status == InvitationStatus::Accepted)
            .then(|| Acceptance { subject: people()[1].0.clone(), at: BORN }),
    }
}

/// A change of every kind; those with something that may be missing twice.
#[allow(clippy::too_many_lines, reason = "one sample for each kind")]
fn samples() -> Vec<(&'static str, Change)> {
    let [ada, bo, guest] = people().map(|(subject, _)| subject);
    let (site, pier, root) = (key("job_site", "site"), key("job_site", "pier"), key("workspace", "acme"));
    let expired = |is_last| {
        let (subject, resource) = (Subject::user("bo"), key("workspace", "acme"));
        Change::RoleExpired { subject, resource, role: "viewer".into(), is_last }
    };
    let resource = |parent: Option<&ResourceKey>, owner: Option<&Subject>| Resource {
        key: site.clone(),
        parent: parent.cloned(),
        owner: owner.cloned(),
        archived: parent.is_some(),
        display_name: "Site".into(),
        created_at: BORN,
    };
    let tenant = Tenant {
        id: "acme".into(),
        display_name: "Acme".into(),
        policy: "lumicon".into(),
        policy_version: 1,
        root_type: "workspace".into(),
        created_at: BORN,
    };
    let granted = |expires_at: Option<Timestamp>| {
        let grant = Grant { resource: site.clone(), role: "editor".into(), expires_at };
        Change::granted(&ada, &grant)
    };
    let passed_on = Change::passed_on(
        &ada,
        &Grant::permanent(site.clone(), "editor"),
        GrantedBy { subject: bo.clone(), rule: "owner".into(), at: BORN },
    );
    let failed = vec![FailedGrant { resource: site.clone(), role: "viewer".into(), reason: "NOT_PERMITTED".into() }];
    let changed = |from_expires_at, expires_at| Change::RoleChanged {
        subject: ada.clone(),
        resource: site.clone(),
        from: "editor".into(),
        from_expires_at,
        to: "viewer".into(),
        expires_at,
    };
    let issued = |before: Option<InvitationStatus>, status| Change::InvitationIssued {
        before: before.map(invitation),
        invitation: invitation(status),
    };
    let updated = |before, changed_fields: &[ProfileField], status| Change::MemberUpdated {
        before: member(0, before).access(),
        member: member(0, status),
        changed_fields: changed_fields.to_vec(),
    };
    let (id, email, member_of_it) = ("0f".repeat(16), EMAIL.to_owned(), guest.clone());
    let (active, gone) = (MemberStatus::Active, MemberStatus::Deactivated);
    let fields = [ProfileField::DisplayName, ProfileField::Email, ProfileField::Username, ProfileField::Phone];
    vec![
        ("tenant_created", Change::TenantCreated { tenant }),
        ("policy_set", Change::PolicySet { policy: "lumicon".into(), from: 1, to: 2 }),
        ("resource_created", Change::ResourceCreated { resource: resource(Some(&root), Some(&ada)) }),
        ("resource_created bare", Change::ResourceCreated { resource: resource(None, None) }),
        ("resource_archived", Change::ResourceArchived { resource: site.clone() }),
        ("resource_restored", Change::ResourceRestored { resource: site.clone() }),
        ("resource_moved", Change::ResourceMoved { resource: site.clone(), from: root.clone(), to: pier }),
        ("resource_deleted", Change::ResourceDeleted { resource: resource(Some(&root), Some(&ada)) }),
        (
            "owner_changed",
            Change::OwnerChanged { resource: site.clone(), from: Some(ada.clone()), to: Some(bo.clone()) },
        ),
        ("owner_changed bare", Change::OwnerChanged { resource: site.clone(), from: None, to: None }),
        ("member_added", Change::MemberAdded { member: member(0, active) }),
        ("member_added invited", Change::MemberAdded { member: member(2, MemberStatus::Invited) }),
        ("member_updated", updated(active, &fields, active)),
        ("member_updated bare", updated(active, &[], gone)),
        ("member_removed", Change::MemberRemoved { member: member(1, gone) }),
        ("role_granted", granted(Some(END))),
        ("role_granted bare", granted(None)),
        ("role_changed", changed(Some(BORN), Some(END))),
        ("role_changed bare", changed(None, None)),
        ("role_revoked", Change::RoleRevoked { subject: ada.clone(), resource: site.clone(), role: "editor".into() }),
        ("role_expired", expired(false)),
        ("role_expired last", expired(true)),
        ("invitation_issued", issued(Some(InvitationStatus::Accepted), InvitationStatus::Pending)),
        ("invitation_issued again", issued(Some(InvitationStatus::Expired), InvitationStatus::Pending)),
        ("invitation_issued bare", issued(None, InvitationStatus::Revoked)),
        ("invitation_issued declined", issued(None, InvitationStatus::Declined)),
        ("role_granted passed on", passed_on),
        (
            "invitation_accepted",
            Change::InvitationAccepted {
                id: id.clone(),
                email: email.clone(),
                subject: bo.clone(),
                at: BORN,
                failed: Vec::new(),
            },
        ),
        (
            "invitation_accepted in part",
            Change::InvitationAccepted { id: id.clone(), email: email.clone(), subject: bo.clone(), at: BORN, failed },
        ),
        (
            "invitation_revoked",
            Change::InvitationRevoked { id: id.clone(), member: member_of_it.clone(), email: email.clone() },
        ),
        (
            "invitation_declined",
            Change::InvitationDeclined { id: id.clone(), member: member_of_it.clone(), email: email.clone() },
        ),
        (
            "invitation_expired",
            Change::InvitationExpired { id: id.clone(), member: member_of_it.clone(), email: email.clone() },
        ),
        (
            "invitation_reminder_due",
            Change::InvitationReminderDue {
                id: id.clone(),
                member: member_of_it.clone(),
                email: email.clone(),
                remind_at: Some(END),
                is_withheld: false,
            },
        ),
        (
            "role_granted pending",
            Change::RoleGranted {
                subject: member_of_it.clone(),
                resource: key("workspace", "acme"),
                role: "clerk".into(),
                expires_at: None,
                granted_by: None,
                offer_ends_at: Some(END),
            },
        ),
        (
            "invitation_reminder_withheld",
            Change::InvitationReminderDue {
                id: id.clone(),
                member: member_of_it.clone(),
                email: email.clone(),
                remind_at: Some(END),
                is_withheld: true,
            },
        ),
        (
            "invitation_reminder_due bare",
            Change::InvitationReminderDue {
                id,
                member: member_of_it,
                email: email.clone(),
                remind_at: None,
                is_withheld: false,
            },
        ),
        (
            "address_suppressed",
            Change::AddressSuppressed {
                address: SuppressedAddress { email: email.clone(), detail: "bounced".into(), created_at: BORN },
            },
        ),
        ("address_cleared", Change::AddressCleared { email }),
    ]
}

fn key(kind: &str, id: &str) -> ResourceKey {
    ResourceKey::new(kind, id)
}

#[test]
fn every_kind_of_change_is_read_in_every_form_that_it_was_written_in() {
    let samples = samples();
    let tested: BTreeSet<&str> = samples.iter().map(|(_, change)| change.kind()).collect();
    assert_eq!(tested, BTreeSet::from(KINDS), "each kind has a sample");
    let write = |change: &Change| {
        let text = ChangeRecord::of(change, &ids()).expect("it has a record").to_json().expect("it is JSON");
        serde_json::from_str(&text).expect("it is JSON")
    };
    let read = |sample: &Change, form: serde_json::Value| {
        let record = ChangeRecord::parse(sample.kind(), &form.to_string()).expect("it is read");
        record.expect("its kind is known").into_change(&names())
    };
    kept_forms::check("changes.json", &samples, write, read);
}

#[test]
fn a_record_names_nobody_but_by_ids() {
    for (name, change) in samples() {
        let text = ChangeRecord::of(&change, &ids()).expect("it has a record").to_json().expect("it is JSON");
        for personal in ["ada", "Ada", "\"bo\"", "Bo", "guest", "@", "bounced"] {
            assert!(!text.contains(personal), "{name} has {personal}: {text}");
        }
    }
}
