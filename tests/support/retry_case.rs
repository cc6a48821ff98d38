//! A write of any kind that is sent again and again until it is answered.

use std::path::Path;

use super::{
    Answer, Api, Kind, WireTenant, Write,
    db::{Db, audited},
    names::email_of,
    wire_tenant::{OPERATOR, profile},
};

/// What a write may end with while the store fails.
pub const MAY_END_WITH: [&str; 3] = ["STORE_UNAVAILABLE", "COMMIT_UNKNOWN", "WRITER_BUSY"];

/// Those who are invited.
const GUESTS: [&str; 2] = ["anna", "arno"];
/// The resource that they are invited to, and the role.
const HAND: (&str, &str) = ("depot:", "hand");

/// A write in a tenant of its own, and what its client knows of it.
pub struct RetryCase {
    pub world: WireTenant,
    pub write: Write,
    /// The tenant's revision before it.
    before: i64,
    /// The first answer that came.
    pub first: Option<Answer>,
}

impl RetryCase {
    /// A tenant in which a write of this kind is allowed, and the write.
    pub async fn new(kind: Kind, api: Api, tenant: String) -> Self {
        let world = if kind == Kind::CreateTenant {
            WireTenant { api, tenant }
        } else {
            WireTenant::depot(&api, &tenant, &["otto", "olga"]).await
        };
        for write in Self::preparations(kind, &world) {
            world.does(write).await;
        }
        let (invitation, token) = match kind {
            Kind::AcceptInvitation | Kind::DeclineInvitation | Kind::ResendInvitation | Kind::RevokeInvitation => {
                let (invitation, token) = world.invited("ada", &email_of("anna"), HAND.0, HAND.1).await;
                (invitation.id, token)
            }
            _ => (String::new(), String::new()),
        };
        let write = match kind {
            Kind::CreateTenant => world.create_tenant_on(("depot", 1), "ada"),
            Kind::SetPolicy => world.set_policy(2),
            Kind::CreateResource => world.create("otto", "box:a", "depot:"),
            Kind::ArchiveResource => world.archive("otto", "box:a"),
            Kind::RestoreResource => world.restore("otto", "box:a"),
            Kind::DeleteResource => world.delete("otto", "box:a"),
            Kind::MoveResource => world.put("otto", "box:a", "box:b"),
            Kind::TransferOwnership => world.give("otto", "box:a", "ada"),
            Kind::Invite => world.invite_all("ada", &GUESTS.map(email_of).each_ref().map(String::as_str), &[HAND]),
            Kind::AcceptInvitation => world.accept("anna", &token),
            Kind::DeclineInvitation => world.decline("anna", &token),
            Kind::ResendInvitation => world.resend("ada", &invitation),
            Kind::RevokeInvitation => world.revoke("ada", &invitation),
            Kind::SuppressAddress => world.suppress(OPERATOR, &email_of("anna")),
            Kind::ClearAddress => world.clear(OPERATOR, &email_of("anna")),
            Kind::ChangeRole => world.change("ada", "otto", "depot:", "keeper"),
            Kind::BatchChangeRole => {
                world.change_all("ada", &[["otto", "depot:", "keeper"], ["olga", "depot:", "keeper"]])
            }
            Kind::RemoveMember => world.remove("ada", "otto", "depot:"),
            Kind::DeactivateMember => world.deactivate("ada", "otto"),
            Kind::ReactivateMember => world.reactivate("ada", "otto"),
            Kind::LockMember => world.lock("ada", "otto"),
            Kind::UnlockMember => world.unlock("ada", "otto"),
            Kind::UpdateMember => {
                let profile = rollcall::proto::Profile { phone: "+4930123456".into(), ..profile("otto") };
                world.update("otto", "otto", profile)
            }
        };
        let before = if kind == Kind::CreateTenant { 0 } else { world.revision().await };
        Self { world, write: write.under("the one and only request"), before, first: None }
    }

    /// The writes that must come before one of this kind.
    fn preparations(kind: Kind, world: &WireTenant) -> Vec<Write> {
        let create = |resource| world.create("otto", resource, "depot:");
        match kind {
            Kind::ArchiveResource | Kind::DeleteResource | Kind::TransferOwnership => vec![create("box:a")],
            Kind::RestoreResource => vec![create("box:a"), world.archive("otto", "box:a")],
            Kind::MoveResource => vec![create("box:a"), create("box:b")],
            Kind::ReactivateMember => vec![world.deactivate("ada", "otto")],
            Kind::UnlockMember => vec![world.lock("ada", "otto")],
            Kind::ClearAddress => vec![world.suppress(OPERATOR, &email_of("anna"))],
            _ => vec![],
        }
    }

    /// Keeps an answer, which must be the first one again if there was one.
    pub fn record_answer(&mut self, answer: &Answer) {
        assert_eq!(answer.revision(), self.before + 1, "{answer:?} to {:?}", self.write);
        let first = self.first.get_or_insert_with(|| answer.clone());
        assert_eq!(first, answer, "a retry is answered as the first time: {:?}", self.write);
    }

    /// Whether the write has happened, by the store.
    pub async fn has_happened(&self, db: &Db) -> bool {
        let revision = db.log(&self.world.tenant).await.last().map_or(0, |row| row.revision);
        assert!(revision == self.before || revision == self.before + 1, "{revision}, after {:?}", self.write);
        assert!(self.first.is_none() || revision == self.before + 1, "what was answered stays: {:?}", self.write);
        revision > self.before
    }

    /// Sends the write twice more, and asserts that it happened once and that its tokens are good.
    pub async fn conclude(mut self, dir: &Path, api: Api) {
        self.world.api = api;
        for _ in 0..2 {
            let answer = self.world.does(self.write.clone()).await;
            self.record_answer(&answer);
        }
        let (log, _) = audited(dir, &self.world.tenant).await;
        let changes = log.iter().filter(|row| row.revision > self.before).collect::<Vec<_>>();
        let once = !changes.is_empty() && changes.iter().all(|row| row.revision == self.before + 1);
        assert!(once, "it happened once: {:?}: {changes:?}", self.write);
        let tokens = match self.first {
            Some(Answer::Invite(answer)) => answer.results.into_iter().map(|result| result.invitation_token).collect(),
            Some(Answer::ResendInvitation(answer)) => vec![answer.invitation_token],
            _ => vec![],
        };
        for (guest, token) in GUESTS.iter().zip(tokens) {
            self.world.does(self.world.accept(guest, &token)).await;
        }
    }
}
