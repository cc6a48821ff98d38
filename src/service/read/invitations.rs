//! One invitation, pages of a tenant's invitations, and pages of its suppressed addresses.

use rollcall_engine::{
    self as engine, Facts, FailedGrant, Grant, GrantedBy, Invitation, InvitationStatus, Moment, ResourceKey, Subject,
    SuppressedAddress, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::service::{
    Service,
    error::{Error, Result},
    page::cut,
    ports::{InvitationCursor, InvitationOrder, InvitationQuery, InvitationRecord, StoredGrant},
    read::consistency::{Consistency, ReadAt},
    resolve::{
        givers::Givers,
        not_found::no_invitation,
        offer::{TracedOffer, traced_offers},
        offers::decide_offers,
        resources::find_node,
    },
};

/// Which invitations to list; those that meet every condition.
#[derive(Clone, Debug)]
pub struct ListInvitations {
    /// The tenant's id, as it was created with; an unknown one ends in `TENANT_NOT_FOUND`.
    pub tenant: String,
    /// Only those with one of these statuses. Empty: all.
    pub statuses: Vec<InvitationStatus>,
    /// Only those to this email, which is normalised; none: to any.
    pub email: Option<String>,
    /// Only those by this inviter; none: by any.
    pub inviter: Option<Subject>,
    /// Only open ones that give a role at this very resource, which must be registered; an empty id of the root type
    /// means the root. None: all.
    pub resource: Option<ResourceKey>,
    /// Only those whose email, or while they are open the display name of whose invited member, contains this, ignoring
    /// case. Empty: all.
    pub text: String,
    /// What to sort by; ties go by id.
    pub order: InvitationOrder,
    /// The most invitations to return. Not checked here; with 0 there is no next page either.
    pub limit: u32,
    /// The `next` of the page before, of a request with the same conditions and order; empty for the first page.
    pub page_token: String,
}

/// An invitation and the moment at which it was read.
#[derive(Debug)]
pub struct FoundInvitation {
    /// The invitation, with the grants of its invited member while it is open.
    pub invitation: ListedInvitation,
    /// The moment at which it was read.
    pub moment: Moment,
}

/// An invitation, and what it offers.
#[derive(Debug)]
pub struct ListedInvitation {
    /// The invitation, with what its invited member is called.
    pub record: InvitationRecord,
    /// The first roles that it offers while it is open, 100 at most, with who offered them.
    pub offered: Vec<(Grant, GrantedBy)>,
    /// Those that would not be given now, for who offered them may not give them to the invited member: as many at most.
    pub failing: Vec<FailedGrant>,
}

/// A page of invitations.
#[derive(Debug)]
pub struct InvitationPage {
    /// At most `limit` invitations, in the requested order.
    pub invitations: Vec<ListedInvitation>,
    /// The page token of the next page; none after the last page.
    pub next: Option<String>,
    /// The moment at which all of the page was read.
    pub moment: Moment,
}

/// A page of suppressed addresses.
#[derive(Debug)]
pub struct SuppressedPage {
    /// At most `limit` addresses, by email, bytewise.
    pub addresses: Vec<SuppressedAddress>,
    /// The page token of the next page; none after the last page.
    pub next: Option<String>,
    /// The moment at which all of the page was read.
    pub moment: Moment,
}

/// What a page token of a list of invitations holds: of the last invitation returned its time, or the id of its address,
/// and its id.
#[derive(Serialize, Deserialize)]
enum InvitationPageCursor {
    At(i64, String),
    Email(String, String),
}

impl Service {
    /// An invitation by its id.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `INVITATION_NOT_FOUND`, and the store's errors.
    pub async fn invitation(&self, tenant: &str, id: &str, consistency: Consistency<'_>) -> Result<FoundInvitation> {
        let mut at = self.snapshot_and_view(tenant, consistency).await?;
        let record = at.snapshot.invitation(id).await?.ok_or_else(|| no_invitation(id))?;
        let mut listed = self.listed(&mut at, vec![record]).await?;
        let invitation = listed.pop().ok_or_else(|| Error::internal("an invitation is not listed"))?;
        Ok(FoundInvitation { invitation, moment: at.moment })
    }

    /// The invitations with what they offer, by the facts of the moment.
    async fn listed(&self, at: &mut ReadAt, records: Vec<InvitationRecord>) -> Result<Vec<ListedInvitation>> {
        let now = self.clock.now().max(at.moment.passed_end).max(at.snapshot.committed_at());
        let givers = Givers::find(&mut *at.snapshot, records.iter().flat_map(|record| &record.grants)).await?;
        let mut offered_by = Vec::new();
        for record in &records {
            let lasting = record.grants.iter().filter(|stored| stored.is_offered_at(now)).cloned().collect();
            offered_by.push(traced_offers(&mut *at.snapshot, &givers, &record.invitation.member, lasting).await?);
        }
        let failing = |facts: &dyn Facts| -> Vec<Vec<FailedGrant>> {
            records.iter().zip(&offered_by).map(|(record, offered)| failing(facts, record, offered)).collect()
        };
        let failing = self.facts_in(at, |facts, _| failing(facts)).await?;
        let listed = records.into_iter().zip(offered_by).zip(failing).map(|((record, offered), mut failing)| {
            let offered =
                offered.into_iter().take(MAX_LISTED_GRANTS).map(|TracedOffer { grant, by, .. }| (grant, by)).collect();
            failing.truncate(MAX_LISTED_GRANTS);
            ListedInvitation { record, offered, failing }
        });
        Ok(listed.collect())
    }

    /// A page of the tenant's invitations.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `RESOURCE_NOT_FOUND`, `UNKNOWN_RESOURCE_TYPE`, `FIELD_REQUIRED` for a resource without an
    /// id, `INVALID_PAGE_TOKEN`, and the errors of loading and of the store.
    pub async fn list_invitations(
        &self,
        list: &ListInvitations,
        consistency: Consistency<'_>,
    ) -> Result<InvitationPage> {
        let page = self.page_token(&list.query());
        let after = page.decode::<InvitationPageCursor>(&list.page_token)?.map(|cursor| match cursor {
            InvitationPageCursor::At(at, id) => InvitationCursor::At(Timestamp(at), id),
            InvitationPageCursor::Email(address, id) => InvitationCursor::Email(address, id),
        });
        let mut at = self.snapshot_and_view(&list.tenant, consistency).await?;
        let resource = match &list.resource {
            Some(key) => {
                let named = self.facts_in(&mut at, |facts, _| {
                    find_node(facts, key, "resource").map(|node| engine::name_of(facts, node).to_key())
                });
                Some(named.await??)
            }
            None => None,
        };
        let query = InvitationQuery {
            statuses: list.statuses.clone(),
            email: list.email.as_deref(),
            inviter: list.inviter.as_ref().map(Subject::as_ref),
            resource: resource.as_ref().map(ResourceKey::as_ref),
            text: list.text.to_lowercase(),
            order: list.order,
            after,
            limit: list.limit.saturating_add(1),
        };
        let mut invitations = at.snapshot.list_invitations(&query).await?;
        let more = cut(&mut invitations, list.limit, bytes);
        let next = invitations.last().filter(|_| more).map(|last| page.encode(&list.cursor(last)));
        let invitations = self.listed(&mut at, invitations).await?;
        Ok(InvitationPage { invitations, next, moment: at.moment })
    }

    /// A page of the tenant's suppressed addresses, at most `limit` of them. An empty `page_token` asks for the first.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `INVALID_PAGE_TOKEN`, and the store's errors.
    pub async fn list_suppressed(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        (limit, page_token): (u32, &str),
    ) -> Result<SuppressedPage> {
        let page = self.page_token(&["suppressed", tenant]);
        let after = page.decode::<String>(page_token)?;
        let (mut snapshot, moment) = self.snapshot(tenant, consistency).await?;
        let mut found = snapshot.list_suppressed(after.as_deref(), limit.saturating_add(1)).await?;
        let more = cut(&mut found, limit, |(_, address)| 50 + address.email.len() + address.detail.len());
        let next = found.last().filter(|_| more).map(|(id, _)| page.encode(id));
        let addresses = found.into_iter().map(|(_, address)| address).collect();
        Ok(SuppressedPage { addresses, next, moment })
    }
}

impl ListInvitations {
    /// The parts of the query that a page token is bound to.
    fn query(&self) -> Vec<String> {
        let statuses: Vec<String> = self.statuses.iter().map(|status| status.code().to_string()).collect();
        let inviter = self.inviter.as_ref().map_or(String::new(), ToString::to_string);
        let resource = self.resource.as_ref().map_or(String::new(), ToString::to_string);
        let (email, order) = (self.email.as_deref().unwrap_or_default(), format!("{:?}", self.order));
        vec![
            "invitations".into(),
            self.tenant.clone(),
            statuses.join(","),
            email.to_owned(),
            inviter,
            resource,
            self.text.clone(),
            order,
        ]
    }

    /// Where the page after this invitation begins.
    fn cursor(&self, last: &InvitationRecord) -> InvitationPageCursor {
        let invitation = &last.invitation;
        let id = invitation.id.clone();
        match self.order {
            InvitationOrder::Created => InvitationPageCursor::At(invitation.created_at.0, id),
            InvitationOrder::Expiry => InvitationPageCursor::At(invitation.expires_at.0, id),
            InvitationOrder::Email => InvitationPageCursor::Email(last.address_id.clone(), id),
        }
    }
}

/// The roles of an invitation that would not be given to the invited member now.
fn failing(facts: &dyn Facts, record: &InvitationRecord, offered: &[TracedOffer]) -> Vec<FailedGrant> {
    let decided = decide_offers(facts, record.invitation.member.as_ref(), offered);
    let failing = decided.into_iter().zip(offered).filter_map(|(decided, TracedOffer { grant, .. })| {
        let reason = decided.err()?.refusal.code().to_owned();
        Some(FailedGrant { resource: grant.resource.clone(), role: grant.role.clone(), reason })
    });
    failing.collect()
}

/// The most grants of an invitation that an answer lists.
const MAX_LISTED_GRANTS: usize = 100;

/// About how many bytes an invitation has in an answer, rather more than fewer.
fn bytes(record: &InvitationRecord) -> usize {
    let Invitation { email, inviter, acceptance, .. } = &record.invitation;
    let subject = |subject: &Subject| subject.kind.len() + subject.id.len();
    let accepted_by = acceptance.as_ref().map_or(0, |acceptance| subject(&acceptance.subject));
    // With who offered it, and why it would fail.
    let grant = |grant: &StoredGrant| 500 + grant.role.len() + grant.resource.kind.len() + grant.resource.id.len();
    let grants: usize = record.grants.iter().take(MAX_LISTED_GRANTS).map(grant).sum();
    250 + email.len() + subject(inviter) + accepted_by + record.display_name.len() + grants
}
