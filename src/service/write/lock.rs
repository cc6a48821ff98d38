use async_trait::async_trait;

use crate::{
    domain::{Change, Member, ResourceKey, Subject},
    policy::{Operation, Verb},
};

use super::{
    super::error::Result,
    answers::MemberAnswer,
    run::{Plan, Write},
    session::{Place, Session},
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

    async fn plan(&self, session: &mut Session<'_>) -> Result<Plan<MemberAnswer>> {
        let record = session.member(&self.member).await?;
        let wanted = if self.locked { Operation::plain(Verb::Lock) } else { Operation::plain(Verb::Unlock) };
        let allowed = session.judge(root(session)?, &self.member, wanted)?;
        session.unchanged(&record, &self.etag)?;
        let member = Member { locked: self.locked, ..record.member.clone() };
        let changes = vec![Change::MemberUpdated { before: record.member, member: member.clone() }];
        Ok(Plan { changes, rule: allowed.rule, answer: session.answer(member) })
    }
}

/// The place whose rules govern what is written to members themselves: the tenant.
pub(super) fn root(session: &Session<'_>) -> Result<Place> {
    let root = session.with(|facts| Ok(ResourceKey::new(facts.policy().root().name(), "")))?;
    session.place(&root, "resource")
}
