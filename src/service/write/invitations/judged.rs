//! The roles that an invitation offers, when they are to be given.

use rollcall_engine::{FailedGrant, Grant, GrantedBy, Subject};

use crate::service::{
    error::{Error, Result},
    ports::{MemberRecord, StoredGrant},
    resolve::{
        givers::Givers,
        offer::{TracedOffer, traced_offers},
        offers::{FailedOffer, decide_offers, joining_offer},
    },
    write::{
        engine::{context::WriteContext, refuse},
        invitations::pending::unexpired_grants,
    },
};

/// What becomes of the offered roles.
#[derive(Default)]
pub(crate) struct Judged {
    /// Those that are given, with who gives them.
    pub(crate) given: Vec<(Grant, GrantedBy)>,
    /// Those that are not.
    pub(crate) failed: Vec<FailedGrant>,
    /// Why the first of these is not.
    pub(crate) refusal: Option<Error>,
}

/// Decides which of the roles that were offered to somebody invited are given to whoever accepts them now.
pub(crate) async fn permit_offered(
    context: &mut WriteContext<'_>,
    (invited, accepter): (&Subject, &Subject),
    offered: Vec<StoredGrant>,
) -> Result<Judged> {
    let givers = Givers::find(context.snapshot()?, &offered).await?;
    let offered = traced_offers(context.snapshot()?, &givers, invited, offered).await?;
    context.with_facts(|facts| {
        let mut judged = Judged::default();
        let decided = decide_offers(facts, accepter.as_ref(), &offered);
        for (TracedOffer { grant: Grant { resource, role, .. }, .. }, decided) in offered.into_iter().zip(decided) {
            match decided {
                Ok(given) => judged.given.push(given),
                Err(failed) => {
                    let FailedOffer { by, node, write, refusal } = *failed;
                    judged.failed.push(FailedGrant { resource, role, reason: refusal.code().to_owned() });
                    let error = || refuse::membership_write(facts, &by, node, accepter, write, &refusal);
                    judged.refusal.get_or_insert_with(error);
                }
            }
        }
        if facts.member_state(accepter.as_ref()).is_none() {
            judged.given.extend(joining_offer(facts, &judged.given));
        }
        Ok(judged)
    })
}

/// The roles of somebody invited that nobody can give them any more who offered them.
pub(crate) async fn void(context: &mut WriteContext<'_>, invited: &MemberRecord) -> Result<Vec<FailedGrant>> {
    let offered = unexpired_grants(context, invited).cloned().collect();
    let subject = &invited.member.subject;
    Ok(permit_offered(context, (subject, subject), offered).await?.failed)
}
