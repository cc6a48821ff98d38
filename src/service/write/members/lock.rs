//! Locks: a locked member keeps their roles, and may not use them.

use async_trait::async_trait;
use rollcall_engine::{Change, Member, MembershipWrite, Subject, WriteKind};

use crate::service::{
    error::Result,
    write::engine::{
        answers::MemberAnswer,
        context::WriteContext,
        plan::{Plan, Write},
    },
};

/// Locks a member, or unlocks them. Permitted by the root type's `lock` and `unlock` rules. A locked member keeps their
/// roles, which do not count until they are unlocked.
#[derive(Clone, Debug)]
pub struct SetLock {
    /// The member, who must exist (`MEMBER_NOT_FOUND`).
    pub member: Subject,
    /// True to lock, false to unlock.
    pub locked: bool,
    /// The member's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

#[async_trait]
impl Write for SetLock {
    type Answer = MemberAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        vec![&mut self.member]
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<MemberAnswer>> {
        let record = context.member(&self.member).await?;
        let kind = if self.locked { WriteKind::Lock } else { WriteKind::Unlock };
        let permitted = context.permit(context.root()?, &self.member, MembershipWrite::plain(kind))?;
        context.check_member_etag(&record, &self.etag)?;
        let member = Member { locked: self.locked, ..record.member.clone() };
        let change = Change::updated(&record.member, member.clone());
        Ok(Plan::by(&permitted.rule, [change], context.member_answer(member)))
    }
}
