use async_trait::async_trait;
use rollcall_engine::{Change, Member, MembershipWrite, Subject, WriteKind};

use crate::service::{
    error::Result,
    write::engine::{
        answers::MemberAnswer,
        context::WriteContext,
        run::{Plan, Write},
    },
};

/// Locks a member, or ends their lock.
#[derive(Clone, Debug)]
pub struct SetLock {
    /// Whom.
    pub member: Subject,
    /// True to lock, false to unlock.
    pub locked: bool,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for SetLock {
    type Answer = MemberAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<MemberAnswer>> {
        let record = session.member(&self.member).await?;
        let wanted = if self.locked {
            MembershipWrite::plain(WriteKind::Lock)
        } else {
            MembershipWrite::plain(WriteKind::Unlock)
        };
        let allowed = session.permit(session.root()?, &self.member, wanted)?;
        session.unchanged(&record, &self.etag)?;
        let member = Member { locked: self.locked, ..record.member.clone() };
        let changes = vec![Change::MemberUpdated { before: record.member, member: member.clone() }];
        Ok(Plan { changes, rule: allowed.rule, answer: session.answer(member) })
    }
}
