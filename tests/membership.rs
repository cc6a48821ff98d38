//! The tables of docs/membership.md, cell by cell: what each call makes of members and invitations of each status. The
//! clock is moved by hand; the store is a real file.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

mod support;

use std::{sync::Arc, time::Duration};

use rollcall::service::{
    AcceptInvitation, Caller, CreateTenant, DeclineInvitation, Error, Invite, Invitee, RemoveMember, RequestContext,
    ResendInvitation, RevokeInvitation, Service, SetActive, SetLock, Who, Write, ports::MemberBy,
};
use rollcall_engine::{Grant, InvitationStatus, MemberStatus, Profile, ResourceKey, Subject};
use support::hand::{self, Hand};
use tempfile::TempDir;

const POLICY: &str = r#"
policy = "club"
version = 1
root = "club"
[club]
creator_role = "boss"
[club.roles]
boss  = {}
guest = {}
[club.members]
invite     = [{ by = "boss", to = ["guest"] }]
resend     = [{ by = "boss" }]
remove     = [{ by = "boss", from = ["anyone"] }]
lock       = [{ by = "boss" }]
unlock     = [{ by = "boss" }]
deactivate = [{ by = "boss" }]
reactivate = [{ by = "boss" }]
"#;

const REACTIVATES: &str = "
[invitations]
reactivates = true
";

struct Club {
    service: Arc<Service>,
    hand: Arc<Hand>,
    _dir: TempDir,
}

/// Somebody, and the invitation that they had, if any.
struct Guest {
    name: String,
    invitation: String,
    token: String,
}

impl Club {
    async fn new(policy: &str) -> Self {
        let ((store, dir), hand) = (hand::store().await, Arc::new(Hand::default()));
        let service = Arc::new(hand::service(&store, &hand, policy));
        let club = Self { service, hand, _dir: dir };
        let tenant = CreateTenant {
            display_name: String::new(),
            policy: "club".into(),
            policy_version: 0,
            first_member: Subject::user("ada"),
            profile: Profile::default(),
        };
        club.write(&Subject::new("operator", "root"), tenant).await.unwrap();
        club
    }

    async fn write<W: Write>(&self, actor: &Subject, write: W) -> Result<W::Answer, Error> {
        let call = RequestContext {
            tenant: "club".into(),
            actor: actor.clone(),
            caller: Caller { name: "test".into(), asserts_operators: true },
            idempotency_key: None,
            trace_id: None,
            validate_only: false,
        };
        self.service.write(call, write).await.map(|written| written.answer)
    }

    async fn boss<W: Write>(&self, write: W) -> Result<W::Answer, Error> {
        self.write(&Subject::user("ada"), write).await
    }

    /// Somebody new in this state.
    async fn guest(&self, name: String, state: &str) -> Guest {
        let mut guest = Guest { name, invitation: "no-such".into(), token: "no-such".into() };
        if state == NOBODY {
            return guest;
        }
        self.call(&mut guest, "Invite").await.unwrap();
        match state {
            "INVITED" | "PENDING" => {}
            "ACTIVE" | "ACCEPTED" => self.call(&mut guest, "AcceptInvitation").await.unwrap(),
            "DEACTIVATED" => {
                self.call(&mut guest, "AcceptInvitation").await.unwrap();
                self.call(&mut guest, "DeactivateMember").await.unwrap();
            }
            "EXPIRED" => self.call(&mut guest, "time passes").await.unwrap(),
            "DECLINED" => self.call(&mut guest, "DeclineInvitation").await.unwrap(),
            "REVOKED" => self.call(&mut guest, "RevokeInvitation").await.unwrap(),
            other => panic!("no state `{other}`"),
        }
        guest
    }

    /// Makes the call that a row of the page begins with.
    async fn call(&self, guest: &mut Guest, row: &str) -> Result<(), &'static str> {
        let (user, etag) = (Subject::user(&guest.name), String::new());
        let member = match self.service.member("club", MemberBy::Email(&guest.email())).await {
            Ok(found) => found.record.member.subject,
            Err(_) => user.clone(),
        };
        let (token, invitation) = (guest.token.clone(), guest.invitation.clone());
        let call = if row == "time passes" { row } else { row.split(' ').next().unwrap() };
        let result = match call {
            "Invite" => {
                let invite = Invite {
                    invitees: vec![Invitee { who: Who::Email(guest.email()), display_name: String::new() }],
                    grants: vec![Grant::lasting(ResourceKey::new("club", "club"), "guest")],
                };
                self.boss(invite).await.map(|answer| {
                    if let Some(offer) = &answer.results[0].issued {
                        guest.token.clone_from(&offer.token);
                        guest.invitation.clone_from(&offer.invitation.invitation.id);
                    }
                })
            }
            "AcceptInvitation" => {
                let profile = Profile { email: Some(guest.email()), ..Profile::default() };
                self.write(&user, AcceptInvitation { token, profile }).await.map(drop)
            }
            "DeclineInvitation" => self.write(&user, DeclineInvitation { token, email: guest.email() }).await.map(drop),
            "ResendInvitation" => self.boss(ResendInvitation { invitation, etag }).await.map(drop),
            "RevokeInvitation" => self.boss(RevokeInvitation { invitation, etag }).await.map(drop),
            "DeactivateMember" => self.boss(SetActive { member, active: false, etag }).await.map(drop),
            "ReactivateMember" => self.boss(SetActive { member, active: true, etag }).await.map(drop),
            "LockMember" => self.boss(SetLock { member, locked: true, etag }).await.map(drop),
            "UnlockMember" => self.boss(SetLock { member, locked: false, etag }).await.map(drop),
            "RemoveMember" => {
                let resource = ResourceKey::new("club", "club");
                self.boss(RemoveMember { member, resource, role: String::new(), etag }).await.map(drop)
            }
            "time passes" => {
                self.hand.moved(Duration::from_hours(8 * 24));
                self.service.sweep().await.map(drop)
            }
            other => panic!("no call `{other}`"),
        };
        result.map_err(|error| error.reason)
    }

    async fn member_state(&self, guest: &Guest) -> String {
        let Ok(found) = self.service.member("club", MemberBy::Email(&guest.email())).await else {
            return NOBODY.into();
        };
        let member = found.record.member;
        let status = match member.status {
            MemberStatus::Invited => "INVITED",
            MemberStatus::Active => "ACTIVE",
            MemberStatus::Deactivated => "DEACTIVATED",
        };
        assert!(member.status != MemberStatus::Deactivated || found.record.held.is_empty());
        if member.locked { format!("{status}, locked") } else { status.into() }
    }

    async fn invitation_state(&self, guest: &Guest) -> &'static str {
        match self.service.invitation("club", &guest.invitation).await.unwrap().record.invitation.status {
            InvitationStatus::Pending => "PENDING",
            InvitationStatus::Accepted => "ACCEPTED",
            InvitationStatus::Revoked => "REVOKED",
            InvitationStatus::Declined => "DECLINED",
            InvitationStatus::Expired => "EXPIRED",
        }
    }
}

const NOBODY: &str = "(nobody)";

impl Guest {
    fn email(&self) -> String {
        format!("{}@club.test", self.name)
    }
}

/// The table of the page whose first column is `call` and whose second begins so: its columns, and the label and cells
/// of each row.
fn table(second: &str) -> (Vec<String>, Vec<(String, Vec<String>)>) {
    let page = include_str!("../docs/membership.md");
    let head = format!("| call | {second}");
    let lines: Vec<&str> = page.lines().skip_while(|line| !line.starts_with(&head)).collect();
    let rows: Vec<Vec<String>> = lines
        .iter()
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
        .collect();
    let calls = rows[2..].iter().map(|row| (row[0].clone(), row[1..].to_vec()));
    (rows[0][1..].to_vec(), calls.collect())
}

#[tokio::test]
async fn members_go_from_status_to_status_as_the_page_says() {
    let (strict, open) = (Club::new(POLICY).await, Club::new(&format!("{POLICY}{REACTIVATES}")).await);
    let (states, calls) = table("(nobody)");
    assert_eq!((states.len(), calls.len()), (4, 11));
    for (number, (call, cells)) in calls.iter().enumerate() {
        let club = if call.contains("reactivates") { &open } else { &strict };
        for (state, expected) in states.iter().zip(cells) {
            let name = format!("p{number}-{}", state.trim_matches(['(', ')']).to_lowercase());
            let mut guest = club.guest(name, state).await;
            let found = match club.call(&mut guest, call).await {
                Ok(()) => club.member_state(&guest).await,
                Err(reason) => {
                    assert_eq!(club.member_state(&guest).await, *state, "{call} is refused and changes nothing");
                    reason.to_owned()
                }
            };
            assert_eq!(found, *expected, "`{call}` for `{state}`");
        }
    }
}

#[tokio::test]
async fn invitations_go_from_status_to_status_as_the_page_says() {
    let club = Club::new(POLICY).await;
    let (states, calls) = table("`PENDING`");
    assert_eq!((states.len(), calls.len()), (5, 5));
    for (number, (call, cells)) in calls.iter().enumerate() {
        for (state, expected) in states.iter().zip(cells) {
            let mut guest = club.guest(format!("i{number}-{}", state.to_lowercase()), state).await;
            let found = match club.call(&mut guest, call).await {
                Ok(()) => club.invitation_state(&guest).await,
                Err(reason) => {
                    assert_eq!(club.invitation_state(&guest).await, *state, "{call} is refused and changes nothing");
                    reason
                }
            };
            assert_eq!(found, *expected, "`{call}` for `{state}`");
        }
    }
}
