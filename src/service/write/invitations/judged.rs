//! The roles that an invitation offers, when they are to be given.

use rollcall_engine::{FailedGrant, Grant, GrantedBy, Subject};

use crate::service::{
    error::{Error, Result},
    ports::{MemberRecord, StoredGrant},
    resolve::{
        givers::Givers,
        offers::{FailedOffer, failed_offers},
    },
    write::engine::{context::WriteContext, refuse},
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

/// Decides which of the roles that were offered are given to whoever accepts them now.
pub(crate) async fn permit_offered(
    context: &mut WriteContext<'_>,
    accepter: &Subject,
    offered: Vec<StoredGrant>,
) -> Result<Judged> {
    let offered = Givers::offered(context.snapshot()?, offered).await?;
    context.with_facts(|facts| {
        let mut judged = Judged::default();
        for ((grant, by), failed) in offered.iter().zip(failed_offers(facts, accepter.as_ref(), &offered)) {
            let Some(FailedOffer { node, write, refusal }) = failed else {
                judged.given.push((grant.clone(), by.clone()));
                continue;
            };
            let (resource, role) = (grant.resource.clone(), grant.role.clone());
            judged.failed.push(FailedGrant { resource, role, reason: refusal.code().to_owned() });
            let error = || refuse::membership_write(facts, &by.subject, node, accepter, write, &refusal);
            judged.refusal.get_or_insert_with(error);
        }
        Ok(judged)
    })
}

/// The roles of somebody invited that nobody can give them any more who offered them.
pub(crate) async fn void(context: &mut WriteContext<'_>, invited: &MemberRecord) -> Result<Vec<Grant>> {
    let now = context.now();
    let offered = invited.grants.iter().filter(|stored| stored.expires_at.is_none_or(|end| end > now)).cloned();
    let judged = permit_offered(context, &invited.member.subject, offered.collect()).await?;
    Ok(judged.failed.into_iter().map(|FailedGrant { resource, role, .. }| Grant::permanent(resource, role)).collect())
}
