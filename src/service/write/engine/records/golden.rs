//! Every kind of answer in every form in which it was ever stored.

use serde_json::Value;

use super::values::*;
use crate::{
    kept_forms,
    service::Hidden,
    service::write::engine::{
        answers::{
            AcceptedInvitation, AddressAnswer, ChangedRole, ChangedRoles, CreatedTenant, DeletedResources,
            InvitationAnswer, InviteResults, InviteeResult, IssuedInvitation, MemberAnswer, PolicyChange,
            RemovedMember, ResourceAnswer, RevokedInvitation, SweepResult,
        },
        recorded::Recorded,
    },
};

const BORN: Timestamp = Timestamp(1_700_000_000_000_001);
const END: Timestamp = Timestamp(1_800_000_000_000_002);
const NOW: Head = Head { revision: Revision(7), write_id: WriteId([1, 2, 3, 4, 5, 6, 7, 255]) };

fn tenant() -> Tenant {
    Tenant {
        id: "acme".into(),
        display_name: "Acme".into(),
        policy: "lumicon".into(),
        policy_version: 2,
        root_type: "workspace".into(),
        created_at: BORN,
    }
}

fn site() -> ResourceKey {
    ResourceKey::new("job_site", "site")
}

fn grants() -> Vec<Grant> {
    vec![
        Grant { resource: site(), role: "editor".into(), expires_at: Some(END) },
        Grant::permanent(ResourceKey::new("workspace", "acme"), "user"),
    ]
}

fn failed() -> Vec<FailedGrant> {
    vec![FailedGrant { resource: site(), role: "viewer".into(), reason: "NOT_PERMITTED".into() }]
}

fn member_who_is(status: MemberStatus) -> MemberAnswer {
    let is_full = status == MemberStatus::Active;
    let text = |text: &str| is_full.then(|| text.to_owned());
    let profile = Profile {
        display_name: "Ada".into(),
        email: text("ada@acme.test"),
        username: text("ada"),
        phone: text("+4930123456"),
    };
    let member = Member { subject: Subject::user("ada"), profile, status, locked: is_full, created_at: BORN };
    MemberAnswer { member, changed_at: NOW }
}

fn invitation_that_is(status: InvitationStatus) -> InvitationAnswer {
    let is_accepted = status == InvitationStatus::Accepted;
    let invitation = Invitation {
        id: "0f".repeat(16),
        member: Subject::new("invited", "a".repeat(26)),
        email: "guest@acme.test".into(),
        token_hash: "ab".repeat(32),
        inviter: Subject::user("ada"),
        status,
        expires_at: END,
        remind_at: (!is_accepted).then_some(END),
        issued_at: BORN,
        created_at: BORN,
        acceptance: is_accepted.then(|| Acceptance { subject: Subject::user("bo"), at: BORN }),
    };
    InvitationAnswer { invitation, changed_at: NOW }
}

fn issued() -> IssuedInvitation {
    IssuedInvitation {
        invitation: invitation_that_is(InvitationStatus::Pending),
        nonce: "n0nce".into(),
        token: Hidden::default(),
    }
}

/// Checks the samples of one kind of answer, numbered from 1.
fn check<A: Recorded + std::fmt::Debug>(kind: &str, samples: Vec<A>) {
    let names: Vec<String> = (1..=samples.len()).map(|number| format!("{kind} {number}")).collect();
    let samples: Vec<_> = names.iter().map(String::as_str).zip(samples).collect();
    let write = |answer: &A| serde_json::to_value(answer.to_record()).expect("it is JSON");
    let read = |_: &A, form: Value| {
        let record = serde_json::from_value(form).expect("it is read");
        A::from_record(record).expect("its record is understood")
    };
    kept_forms::check(&format!("answers/{kind}.json"), &samples, write, read);
}

/// A test for each kind of answer, with its samples.
macro_rules! kept {
    ($($kind:ident: [$($sample:expr),+ $(,)?];)+) => {$(
        #[test]
        fn $kind() {
            check(stringify!($kind), vec![$($sample),+]);
        }
    )+};
}

kept! {
    created_tenant: [CreatedTenant { tenant: tenant(), first_member: member_who_is(MemberStatus::Active) }];
    policy_change: [
        PolicyChange {
            tenant: tenant(),
            effects: vec![
                Effect {
                    member: Subject::user("ada"),
                    resource: site(),
                    below: None,
                    gained: vec!["photo.read".into()],
                    lost: vec!["photo.write".into()],
                    gained_writes: vec!["invite viewer".into()],
                    lost_writes: vec!["change viewer to editor".into()],
                },
                Effect {
                    member: Subject::user("bo"),
                    resource: ResourceKey::new("job_site", ""),
                    below: Some(ResourceKey::new("workspace", "acme")),
                    gained: vec![],
                    lost: vec![],
                    gained_writes: vec![],
                    lost_writes: vec![],
                },
            ],
            total: 1001,
        },
    ];
    resource: [
        ResourceAnswer {
            resource: Resource {
                key: site(),
                parent: Some(ResourceKey::new("workspace", "acme")),
                owner: Some(Subject::user("ada")),
                archived: true,
                display_name: "Site".into(),
                created_at: BORN,
            },
            changed_at: NOW,
        },
        ResourceAnswer {
            resource: Resource {
                key: site(),
                parent: None,
                owner: None,
                archived: false,
                display_name: String::new(),
                created_at: BORN,
            },
            changed_at: NOW,
        },
    ];
    deleted_resources: [DeletedResources { resources: vec![site()] }];
    member: [
        member_who_is(MemberStatus::Active),
        member_who_is(MemberStatus::Invited),
        member_who_is(MemberStatus::Deactivated),
    ];
    invite_results: [
        InviteResults {
            results: vec![
                InviteeResult { member: member_who_is(MemberStatus::Invited), grants: grants(), issued: Some(issued()) },
                InviteeResult { member: member_who_is(MemberStatus::Active), grants: vec![], issued: None },
            ],
        },
    ];
    invitation: [
        invitation_that_is(InvitationStatus::Pending),
        invitation_that_is(InvitationStatus::Accepted),
        invitation_that_is(InvitationStatus::Revoked),
        invitation_that_is(InvitationStatus::Declined),
        invitation_that_is(InvitationStatus::Expired),
    ];
    issued_invitation: [issued()];
    revoked_invitation: [
        RevokedInvitation { invitation: invitation_that_is(InvitationStatus::Revoked), revoked: grants() },
    ];
    address: [
        AddressAnswer {
            address: SuppressedAddress {
                email: "guest@acme.test".into(),
                detail: "bounced".into(),
                created_at: BORN,
            },
        },
    ];
    accepted_invitation: [
        AcceptedInvitation { member: member_who_is(MemberStatus::Active), grants: grants(), failed: Vec::new() },
        AcceptedInvitation { member: member_who_is(MemberStatus::Active), grants: grants(), failed: failed() }
    ];
    changed_role: [ChangedRole { member: member_who_is(MemberStatus::Active), previous_role: "viewer".into() }];
    changed_roles: [
        ChangedRoles {
            results: vec![ChangedRole { member: member_who_is(MemberStatus::Active), previous_role: "viewer".into() }],
        },
    ];
    removed_member: [RemovedMember { revoked: grants() }];
    sweep_result: [SweepResult { changes: 3, more: true }];
}
