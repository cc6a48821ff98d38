//! The write that applies what has come due in a tenant: expired roles, expired invitations and reminders.

use async_trait::async_trait;
use rollcall_engine::{Change, Facts, Grant, Invitation, MemberStatus, Subject, Timestamp};

use crate::service::{
    error::Result,
    ports::InvitationRecord,
    resolve::{
        givers::Givers,
        offer::{TracedOffer, traced_offers},
        offers::decide_offers,
    },
    write::{
        engine::{
            answers::SweepResult,
            context::WriteContext,
            plan::{Plan, Write},
        },
        invitations::invitation::next_reminder,
    },
};

/// The most due items of a kind that one write handles, since other writes to the tenant wait meanwhile.
const BATCH: u32 = 500;

/// Applies what has come due in a tenant. What is due is read at the commit that the write follows, so each item is handled
/// once however many servers sweep, and the second sweep changes nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep;

#[async_trait]
impl Write for Sweep {
    type Answer = SweepResult;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<SweepResult>> {
        context.tenant()?;
        // Each kind of due item adds its changes, and says whether there are more.
        let (mut changes, more_expired) = expired_bindings(context).await?;
        let (due, more_due) = due_invitations(context).await?;
        changes.extend(due);
        let answer = SweepResult { changes: changes.len() as u64, more: more_expired || more_due };
        Ok(Plan::by("time", changes, answer))
    }
}

/// Roles that have expired. They have not counted since then; now they are logged and deleted from the tables.
async fn expired_bindings(context: &mut WriteContext<'_>) -> Result<(Vec<Change>, bool)> {
    let now = context.now();
    let ended = context.snapshot()?.ended_bindings(now, BATCH).await?;
    let more = ended.len() as u64 == u64::from(BATCH);
    let changes = context.with_facts(|facts| {
        let expired = |(subject, grant): (Subject, Grant)| {
            let Grant { resource, role, .. } = grant;
            let is_last = holds_nothing(facts, &subject, now);
            Change::RoleExpired { subject, resource, role, is_last }
        };
        Ok(ended.into_iter().map(expired).collect())
    })?;
    Ok((changes, more))
}

/// Whether somebody is an active person of the tenant without any role that goes on.
fn holds_nothing(facts: &dyn Facts, subject: &Subject, now: Timestamp) -> bool {
    let (policy, subject) = (facts.policy(), subject.as_ref());
    let state = facts.member_state(subject).filter(|state| state.status == MemberStatus::Active);
    let Some(state) = state.filter(|_| policy.is_person(subject)) else { return false };
    let mut holds = false;
    facts.each_assignment(state.member, &mut |at, roles| {
        let mut ends = policy.roles_in(roles).map(|role| facts.role_expiry(state.member, at, role.id()));
        holds |= ends.any(|end| end.is_none_or(|end| end > now));
    });
    !holds
}

/// Invitations that have expired, and reminders of those that have not. Several reminders that came due since the last
/// sweep become one.
async fn due_invitations(context: &mut WriteContext<'_>) -> Result<(Vec<Change>, bool)> {
    let now = context.now();
    let due = context.snapshot()?.due_invitations(now, BATCH).await?;
    let more = due.len() as u64 == u64::from(BATCH);
    let givers = Givers::find(context.snapshot()?, due.iter().flat_map(|record| &record.grants)).await?;
    let mut offered_by = Vec::new();
    for InvitationRecord { invitation, grants, .. } in &due {
        let lasting = grants.iter().filter(|stored| invitation.expires_at > now && stored.is_offered_at(now));
        let offered = lasting.cloned().collect();
        offered_by.push(traced_offers(context.snapshot()?, &givers, &invitation.member, offered).await?);
    }
    let changes = context.with_facts(|facts: &dyn Facts| {
        let change = |(InvitationRecord { invitation, .. }, offered): (InvitationRecord, Vec<TracedOffer>)| {
            let Invitation { id, member, email, issued_at, expires_at, .. } = invitation;
            if expires_at <= now {
                return Change::InvitationExpired { id, member, email };
            }
            // Who accepted it now would be given nothing.
            let is_withheld = decide_offers(facts, member.as_ref(), &offered).iter().all(std::result::Result::is_err);
            let remind_at = next_reminder(facts.policy(), issued_at, now, expires_at);
            Change::InvitationReminderDue { id, member, email, remind_at, is_withheld }
        };
        Ok(due.into_iter().zip(offered_by).map(change).collect())
    })?;
    Ok((changes, more))
}
