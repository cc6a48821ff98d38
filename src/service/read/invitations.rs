//! Invitations and suppressed addresses, one and many.

use rollcall_engine::{self as engine, InvitationStatus, ResourceKey, Revision, Subject, SuppressedAddress, Timestamp};
use serde::{Deserialize, Serialize};

use crate::service::{
    Service,
    error::Result,
    page::PageToken,
    ports::{InvitationCursor, InvitationOrder, InvitationQuery, InvitationRecord},
    read::consistency::Consistency,
    resolve::{not_found::no_invitation, resources::find_node},
};

/// Which invitations to list.
#[derive(Clone, Debug)]
pub struct ListInvitations {
    /// The tenant's id.
    pub tenant: String,
    /// Only those with one of these statuses; none named: all.
    pub statuses: Vec<InvitationStatus>,
    /// Only those to this normalised email.
    pub email: Option<String>,
    /// Only those by this inviter.
    pub inviter: Option<Subject>,
    /// Only open ones that give a role at this very resource; an empty id means the tenant.
    pub resource: Option<ResourceKey>,
    /// Only those whose email, or the name of whose invited member, has this in it.
    pub text: String,
    /// The order.
    pub order: InvitationOrder,
    /// The most invitations to return.
    pub limit: u32,
    /// Where the page before ended.
    pub page_token: String,
}

/// An invitation and the revision at which it was read.
#[derive(Debug)]
pub struct FoundInvitation {
    /// The invitation with what it gives.
    pub record: InvitationRecord,
    /// When.
    pub revision: Revision,
}

/// A page of invitations.
#[derive(Debug)]
pub struct InvitationPage {
    /// The invitations, in the order asked for.
    pub invitations: Vec<InvitationRecord>,
    /// Asks for the next page.
    pub next: Option<String>,
    /// The revision at which the page was read.
    pub revision: Revision,
}

/// A page of suppressed addresses.
#[derive(Debug)]
pub struct SuppressedPage {
    /// The addresses, in the order of their email.
    pub addresses: Vec<SuppressedAddress>,
    /// Asks for the next page.
    pub next: Option<String>,
    /// The revision at which the page was read.
    pub revision: Revision,
}

#[derive(Serialize, Deserialize)]
enum Place {
    At(Timestamp, String),
    Email(String, String),
}

impl Service {
    /// An invitation by its id.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `INVITATION_NOT_FOUND`, and what the store brings.
    pub async fn invitation(&self, tenant: &str, id: &str) -> Result<FoundInvitation> {
        if let Some((record, revision)) = self.store.invitation(tenant, id).await? {
            return Ok(FoundInvitation { record, revision });
        }
        self.tenant(tenant).await?;
        Err(no_invitation(id))
    }

    /// A page of the tenant's invitations.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `RESOURCE_NOT_FOUND`, `UNKNOWN_RESOURCE_TYPE`, `INVALID_PAGE_TOKEN`, and what the store
    /// brings.
    pub async fn list_invitations(&self, list: &ListInvitations) -> Result<InvitationPage> {
        let page = list.page();
        let after = page.decode::<Place>(&list.page_token)?.map(|place| match place {
            Place::At(at, id) => InvitationCursor::At(at, id),
            Place::Email(email, id) => InvitationCursor::Email(email, id),
        });
        let view = self.view(&list.tenant, Consistency::MinimizeLatency).await?;
        let resource = match &list.resource {
            Some(key) => {
                let node = view.with(|facts, _| {
                    find_node(facts, key, "resource").map(|node| engine::name_of(facts, node).to_key())
                });
                Some(node?)
            }
            None => None,
        };
        let query = InvitationQuery {
            tenant: &list.tenant,
            statuses: list.statuses.clone(),
            email: list.email.as_deref(),
            inviter: list.inviter.as_ref().map(Subject::as_ref),
            resource: resource.as_ref().map(ResourceKey::as_ref),
            text: list.text.to_lowercase(),
            order: list.order,
            after,
            limit: list.limit.saturating_add(1),
        };
        let (mut invitations, revision) = self.store.list_invitations(&query).await?;
        let more = cut(&mut invitations, list.limit);
        let next = invitations.last().filter(|_| more).map(|last| page.encode(&list.place(last)));
        Ok(InvitationPage { invitations, next, revision })
    }

    /// A page of the tenant's suppressed addresses.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `INVALID_PAGE_TOKEN`, and what the store brings.
    pub async fn list_suppressed(&self, tenant: &str, limit: u32, page_token: &str) -> Result<SuppressedPage> {
        let page = PageToken::of(&[tenant, "suppressed"]);
        let after = page.decode::<String>(page_token)?.unwrap_or_default();
        self.tenant(tenant).await?;
        let (mut addresses, revision) = self.store.list_suppressed(tenant, &after, limit.saturating_add(1)).await?;
        let more = cut(&mut addresses, limit);
        let next = addresses.last().filter(|_| more).map(|last| page.encode(&last.email));
        Ok(SuppressedPage { addresses, next, revision })
    }
}

impl ListInvitations {
    fn page(&self) -> PageToken {
        let statuses: Vec<String> = self.statuses.iter().map(|status| status.code().to_string()).collect();
        let inviter = self.inviter.as_ref().map_or(String::new(), ToString::to_string);
        let resource = self.resource.as_ref().map_or(String::new(), ToString::to_string);
        let (email, order) = (self.email.as_deref().unwrap_or_default(), format!("{:?}", self.order));
        PageToken::of(&[
            &self.tenant,
            "invitations",
            &statuses.join(","),
            email,
            &inviter,
            &resource,
            &self.text,
            &order,
        ])
    }

    /// The place of an invitation in the list, as the next page must be told it.
    fn place(&self, last: &InvitationRecord) -> Place {
        let invitation = &last.invitation;
        let id = invitation.id.clone();
        match self.order {
            InvitationOrder::Created => Place::At(invitation.created_at, id),
            InvitationOrder::Expiry => Place::At(invitation.expires_at, id),
            InvitationOrder::Email => Place::Email(invitation.email.clone(), id),
        }
    }
}

/// Leaves `limit` of them. Whether there are more.
fn cut<T>(items: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    more
}
