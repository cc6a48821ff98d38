use async_trait::async_trait;
use rollcall_engine::{Change, Facts, Grant, Invitation, Subject};

use crate::service::{
    error::Result,
    write::{
        engine::{
            answers::SweepResult,
            context::WriteContext,
            run::{Plan, Write},
        },
        invitations::invitation::next_reminder,
    },
};

/// The most things of a kind that one write makes happen: others wait for the tenant meanwhile.
const BATCH: u32 = 500;

/// Makes what has come due in a tenant happen, by now. What is due is read inside the write's transaction, so however
/// many servers sweep, each thing happens once, and whoever comes second changes nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep;

#[async_trait]
impl Write for Sweep {
    type Answer = SweepResult;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<SweepResult>> {
        session.tenant()?;
        // Each kind of thing that comes due adds its changes, and tells whether there is more of it.
        let (mut changes, more_ended) = bindings(session).await?;
        let (due, more_due) = invitations(session).await?;
        changes.extend(due);
        let answer = SweepResult { changes: changes.len() as u64, more: more_ended || more_due };
        Ok(Plan { changes, rule: "time".to_owned(), answer })
    }
}

/// Roles that have ended. They count no more since then; now the log says so, and the tables are rid of them.
async fn bindings(session: &mut WriteContext<'_>) -> Result<(Vec<Change>, bool)> {
    let ended = session.tx.ended_bindings(session.now(), BATCH).await?;
    let more = ended.len() as u64 == u64::from(BATCH);
    let expired = |(subject, grant): (Subject, Grant)| {
        let Grant { resource, role, .. } = grant;
        Change::RoleExpired { subject, resource, role }
    };
    Ok((ended.into_iter().map(expired).collect(), more))
}

/// Invitations that have expired, and reminders of those that have not. Of several reminders that came due while nobody
/// looked, there is one.
async fn invitations(session: &mut WriteContext<'_>) -> Result<(Vec<Change>, bool)> {
    let now = session.now();
    let due = session.tx.due_invitations(now, BATCH).await?;
    let more = due.len() as u64 == u64::from(BATCH);
    let changes = session.with(|facts: &dyn Facts| {
        let change = |invitation: Invitation| {
            let (id, email) = (invitation.id, invitation.email);
            if invitation.expires_at <= now {
                return Change::InvitationExpired { id, email };
            }
            let remind_at = next_reminder(facts.policy(), invitation.issued_at, now, invitation.expires_at);
            Change::InvitationReminderDue { id, email, remind_at }
        };
        Ok(due.into_iter().map(change).collect())
    })?;
    Ok((changes, more))
}
