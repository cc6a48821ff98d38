use async_trait::async_trait;

use crate::{
    domain::{Change, ResourceKey, Subject},
    policy::Operation,
};

use super::{
    super::error::{Error, Kind, Result},
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
    /// The new role.
    pub role: String,
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
        let from = session.own_role(place, &self.member, "change")?;
        let rule = session.permit(place, &self.member, Operation::Change { from, to })?;
        session.unchanged(&record, &self.etag)?;
        let (before, after) = (session.grant(place, from)?, session.grant(place, to)?);
        if from == to {
            let message = format!("`{}` is `{}` at `{}` already", self.member, after.role, after.resource);
            return Err(Error::new(Kind::FailedPrecondition, "ROLE_UNCHANGED", message)
                .with("member", self.member.to_string())
                .with("role", after.role));
        }
        session.keeps_holders(&self.member, &[(place.node, from.mask())])?;
        let change = Change::RoleChanged {
            subject: self.member.clone(),
            resource: before.resource,
            from: before.role.clone(),
            to: after.role,
        };
        let answer = RoleChanged { member: session.answer(record.member), previous_role: before.role };
        Ok(Plan { changes: vec![change], rule, answer })
    }
}
