//! Deactivation and reactivation: a member loses every role at once, or may be given roles again.

use async_trait::async_trait;
use rollcall_engine::{Change, Member, MemberStatus, MembershipWrite, Subject, WriteKind};

use crate::service::{
    error::Result,
    write::engine::{
        answers::MemberAnswer,
        context::WriteContext,
        plan::{Plan, Write},
    },
};

/// Deactivates a member and revokes every role that they hold, or makes a deactivated member active again, without
/// roles. Permitted by the root type's `deactivate` and `reactivate` rules. A lock suspends a member without revoking.
#[derive(Clone, Debug)]
pub struct SetActive {
    /// The member, a person, who must exist (`MEMBER_NOT_FOUND`).
    pub member: Subject,
    /// True to reactivate, false to deactivate.
    pub active: bool,
    /// The member's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

#[async_trait]
impl Write for SetActive {
    type Answer = MemberAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        vec![&mut self.member]
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<MemberAnswer>> {
        let record = context.member(&self.member).await?;
        let kind = if self.active { WriteKind::Reactivate } else { WriteKind::Deactivate };
        let permitted = context.permit(context.root()?, &self.member, MembershipWrite::plain(kind))?;
        context.check_member_etag(&record, &self.etag)?;
        let status = if self.active { MemberStatus::Active } else { MemberStatus::Deactivated };
        let member = Member { status, ..record.member.clone() };
        // Whoever is deactivated has none, but for what a removal left that has not come to its end.
        let mut changes: Vec<Change> = record.grants.iter().map(|grant| Change::revoked(&self.member, grant)).collect();
        changes.push(Change::updated(&record.member, member.clone()));
        Ok(Plan::by(&permitted.rule, changes, context.member_answer(member)))
    }
}
