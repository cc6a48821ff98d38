use async_trait::async_trait;
use rollcall_engine::{Change, Member, MemberStatus, MembershipWrite, Subject, WriteKind};

use crate::service::{
    error::Result,
    write::engine::{
        answers::MemberAnswer,
        context::WriteContext,
        run::{Plan, Write},
    },
};

/// Takes a member out of everything, or lets them back into the tenant. Governed by the root type's `deactivate` and
/// `reactivate` rules. What a deactivated member held is revoked: a lock is what keeps it.
#[derive(Clone, Debug)]
pub struct SetActive {
    /// Whom.
    pub member: Subject,
    /// True to reactivate, false to deactivate.
    pub active: bool,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for SetActive {
    type Answer = MemberAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<MemberAnswer>> {
        let record = session.member(&self.member).await?;
        let verb = if self.active { WriteKind::Reactivate } else { WriteKind::Deactivate };
        let allowed = session.permit(session.root()?, &self.member, MembershipWrite::plain(verb))?;
        session.unchanged(&record, &self.etag)?;
        let status = if self.active { MemberStatus::Active } else { MemberStatus::Deactivated };
        let member = Member { status, ..record.member.clone() };
        let revoked = record.held.iter().filter(|_| !self.active);
        let mut changes: Vec<Change> = revoked.map(|grant| Change::revoked(&self.member, grant)).collect();
        changes.push(Change::MemberUpdated { before: record.member, member: member.clone() });
        Ok(Plan { changes, rule: allowed.rule, answer: session.answer(member) })
    }
}
