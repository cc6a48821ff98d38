//! What somebody invited was offered, and how it came to be: as it is, or by changes of another offer.

use rollcall_engine::{Change, Grant, GrantedBy, LoggedChange, Subject};

use crate::service::{
    error::Result,
    ports::{LogFilter, LogQuery, Snapshot, StoredGrant},
    resolve::{givers::Givers, rules::was_changed},
};

/// The most changes of what is offered at one resource that are followed back to how it began.
const MOST_CHANGES: u32 = 256;

/// A role that was offered to somebody.
#[derive(Clone, Debug)]
pub(crate) struct TracedOffer {
    pub(crate) grant: Grant,
    /// Who offered it, as it is.
    pub(crate) by: GrantedBy,
    /// What was offered before and changed, the first one first; none where that is not known any more.
    pub(crate) before: Option<Vec<(Grant, GrantedBy)>>,
}

impl TracedOffer {
    /// What was offered, first to last: each but the first by a change of the one before. None where that is not known.
    pub(crate) fn links(&self) -> Option<impl Iterator<Item = (&Grant, &GrantedBy)>> {
        let before = self.before.as_ref()?.iter().map(|(grant, by)| (grant, by));
        Some(before.chain([(&self.grant, &self.by)]))
    }
}

/// What these pending grants of a member are, by the log of the snapshot. Leaves out those without a known giver.
pub(crate) async fn traced_offers(
    snapshot: &mut dyn Snapshot,
    givers: &Givers,
    member: &Subject,
    grants: Vec<StoredGrant>,
) -> Result<Vec<TracedOffer>> {
    let mut offers = Vec::new();
    for StoredGrant { grant, giver, .. } in grants {
        let Some(by) = givers.granted_by(&giver) else { continue };
        let before =
            if was_changed(&by.rule) { earlier_offers(snapshot, member, &grant).await? } else { Some(Vec::new()) };
        offers.push(TracedOffer { grant, by, before });
    }
    Ok(offers)
}

/// What was offered before a grant, as the log tells.
async fn earlier_offers(
    snapshot: &mut dyn Snapshot,
    member: &Subject,
    grant: &Grant,
) -> Result<Option<Vec<(Grant, GrantedBy)>>> {
    let kinds = ["role_granted", "role_changed"].map(str::to_owned);
    let filter = LogFilter {
        subject: Some(member.as_ref()),
        resource: Some(grant.resource.as_ref()),
        kinds: &kinds,
        ..LogFilter::default()
    };
    let query = LogQuery { filter, revisions: LogQuery::ALL, after: None, newest_first: true, limit: MOST_CHANGES };
    Ok(traced(grant, snapshot.log(&query).await?))
}

/// Follows a grant back through changes, the newest first, to the offer that was none of another.
fn traced(grant: &Grant, log: impl IntoIterator<Item = LoggedChange>) -> Option<Vec<(Grant, GrantedBy)>> {
    let (mut now, mut before) = (grant.clone(), Vec::new());
    // Whether `now` is the grant itself, whose giver is known.
    let mut is_last = true;
    for LoggedChange { change, actor, rule, at, .. } in log {
        let (made_by, earlier) = match change {
            Change::RoleChanged { from, from_expires_at, to, .. } if to == now.role => {
                let by = GrantedBy { subject: actor, rule, at };
                let earlier = Grant { role: from, expires_at: from_expires_at, ..now.clone() };
                (by.clone(), Some(earlier).filter(|_| was_changed(&by.rule)))
            }
            Change::RoleGranted { role, granted_by, .. } if role == now.role => {
                let by = granted_by.unwrap_or(GrantedBy { subject: actor, rule, at });
                // What was changed before is only given again with another end.
                if was_changed(&by.rule) {
                    continue;
                }
                (by, None)
            }
            _ => continue,
        };
        if !is_last {
            before.push((now.clone(), made_by));
        }
        is_last = false;
        let Some(earlier) = earlier else {
            before.reverse();
            return Some(before);
        };
        now = earlier;
    }
    None
}
