use async_trait::async_trait;

use crate::{
    domain::{Change, ResourceKey, Subject, Timestamp},
    policy::{Operation, Verb},
};

use super::{
    super::error::Result,
    answers::RoleChanged,
    run::{Plan, Write},
    session::Session,
};

/// Exchanges the role that a member holds at a resource for another.
#[derive(Clone, Debug)]
pub struct ChangeRole {
    /// Whose role.
    pub member: Subject,
    /// Where it is held.
    pub resource: ResourceKey,
    /// The role to exchange, where the member may hold several; empty for the one that they hold.
    pub from: String,
    /// The new role.
    pub role: String,
    /// From when on the new role counts no more; none for one that lasts.
    pub expires_at: Option<Timestamp>,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for ChangeRole {
    type Answer = RoleChanged;

    async fn plan(&self, session: &mut Session<'_>) -> Result<Plan<RoleChanged>> {
        let record = session.member(&self.member).await?;
        let place = session.place(&self.resource, "resource")?;
        let to = session.role(place, &self.role, "role")?;
        let from = if self.from.is_empty() { None } else { Some(session.role(place, &self.from, "from_role")?) };
        session.not_over(self.expires_at, "expire_time")?;
        let redates = session.held(&record, place, to)?.expires_at != self.expires_at;
        let wanted = Operation { redates, ..Operation::giving(Verb::Change, to).taking(from) };
        let allowed = session.judge(place, &self.member, wanted)?;
        session.unchanged(&record, &self.etag)?;
        let before = session.held(&record, place, allowed.taken.first().copied().unwrap_or(to))?;
        let after = session.grant(place, to)?;
        let change = Change::RoleChanged {
            subject: self.member.clone(),
            resource: before.resource,
            from: before.role.clone(),
            from_expires_at: before.expires_at,
            to: after.role,
            expires_at: self.expires_at,
        };
        let answer = RoleChanged { member: session.answer(record.member), previous_role: before.role };
        Ok(Plan { changes: vec![change], rule: allowed.rule, answer })
    }
}
