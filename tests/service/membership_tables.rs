//! The tables of docs/membership.md, cell by cell: what each call makes of members and invitations of each status. The
//! clock is moved by hand; the store is a real file.

use std::time::Duration;

use rollcall::service::{
    Consistency, DeclineInvitation, Error, FoundMember, Hidden, ResendInvitation, RevokeInvitation, SetActive, SetLock,
    ports::MemberBy,
};
use rollcall_engine::{InvitationStatus, MemberStatus, Subject};

use crate::support::{
    fixture::{ServiceTenant, tenant_on},
    names::email_of,
};

const POLICY: &str = r#"
edition = 1
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

/// The tenant `acme` with the boss `ada`.
struct Club(ServiceTenant);

/// Somebody, and their newest invitation; its id and token are `no-such` if there was none.
struct Guest {
    name: String,
    invitation: String,
    token: String,
}

impl Club {
    async fn new(policy: &str) -> Self {
        Self(tenant_on(policy).person("ada", "boss").service().await)
    }

    /// Somebody new, brought into this state, whose name is that of a status in the tables.
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

    /// Makes the call that the first cell of a row names.
    async fn call(&self, guest: &mut Guest, row: &str) -> Result<(), &'static str> {
        let (club, etag) = (&self.0, String::new());
        let member = match self.found(guest).await {
            Ok(found) => found.member.subject,
            Err(_) => Subject::user(&guest.name),
        };
        let (token, invitation) = (guest.token.clone(), guest.invitation.clone());
        let call = if row == "time passes" { row } else { row.split(' ').next().unwrap() };
        match call {
            "Invite" => {
                if let Some(issued) = club.invite("ada", &guest.email(), "club:", "guest", None).await? {
                    guest.token.clone_from(issued.token.expose());
                    guest.invitation.clone_from(&issued.invitation.invitation.id);
                }
            }
            "AcceptInvitation" => drop(club.accept(&guest.name, &guest.email(), &token).await?),
            "DeclineInvitation" => {
                club.write(&guest.name, DeclineInvitation { token: Hidden::new(token), email: guest.email() }).await?;
            }
            "ResendInvitation" => drop(club.write("ada", ResendInvitation { invitation, etag }).await?),
            "RevokeInvitation" => drop(club.write("ada", RevokeInvitation { invitation, etag }).await?),
            "DeactivateMember" => drop(club.write("ada", SetActive { member, active: false, etag }).await?),
            "ReactivateMember" => drop(club.write("ada", SetActive { member, active: true, etag }).await?),
            "LockMember" => drop(club.write("ada", SetLock { member, locked: true, etag }).await?),
            "UnlockMember" => drop(club.write("ada", SetLock { member, locked: false, etag }).await?),
            "RemoveMember" => drop(club.write("ada", club.remove(&member.to_string(), "club:", "")).await?),
            "time passes" => {
                club.clock.advance(Duration::from_hours(8 * 24));
                club.service.sweep().await.map_err(|error| error.reason)?;
            }
            other => panic!("no call `{other}`"),
        }
        Ok(())
    }

    async fn found(&self, guest: &Guest) -> Result<FoundMember, Error> {
        let (email, newest) = (guest.email(), Consistency::MinimizeLatency);
        self.0.service.member(&self.0.id, MemberBy::Email(&email), newest, (100, "")).await
    }

    async fn member_state(&self, guest: &Guest) -> String {
        let Ok(found) = self.found(guest).await else {
            return NOBODY.into();
        };
        let member = found.member;
        let status = match member.status {
            MemberStatus::Invited => "INVITED",
            MemberStatus::Active => "ACTIVE",
            MemberStatus::Deactivated => "DEACTIVATED",
        };
        assert!(member.status != MemberStatus::Deactivated || found.roles.is_empty());
        if member.locked { format!("{status}, locked") } else { status.into() }
    }

    async fn invitation_state(&self, guest: &Guest) -> &'static str {
        let (service, newest) = (&self.0.service, Consistency::MinimizeLatency);
        let found = service.invitation(&self.0.id, &guest.invitation, newest).await.unwrap();
        match found.invitation.record.invitation.status {
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
        email_of(&self.name)
    }
}

/// The table of the page whose first column is `call` and whose second begins so: its columns, and the label and cells
/// of each row.
fn table(second: &str) -> (Vec<String>, Vec<(String, Vec<String>)>) {
    let page = include_str!("../../docs/membership.md");
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
