//! Reads invitations with the names and grants of their invited members: one, or a page.

use std::collections::HashMap;

use rollcall_engine::{Grant, Invitation, Revision, kind};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select, Value,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    service::ports::{InvitationCursor, InvitationOrder, InvitationQuery, InvitationRecord, StoreResult},
    store::{
        entity::{binding, invitation, member},
        list, read,
    },
};

/// The most invited members that one statement names, well below the limit of parameters.
const MEMBERS_PER_STATEMENT: usize = 1000;

/// One invitation, and the revision at which it was read; none when there is none. `tx` must read as of one instant.
pub(super) async fn one(
    tx: &DatabaseTransaction,
    tenant: &str,
    id: &str,
) -> StoreResult<Option<(InvitationRecord, Revision)>> {
    let Some(revision) = read::revision(tx, tenant).await? else {
        return Ok(None);
    };
    let found = read::invitation(tx, tenant, id).await?;
    let record = records(tx, tenant, found.into_iter().collect()).await?.pop();
    Ok(record.map(|record| (record, revision)))
}

/// A page of invitations and the revision at which it was read; empty, at revision 0, when there is no such tenant.
/// `tx` must read as of one instant.
pub(super) async fn list(
    tx: &DatabaseTransaction,
    query: &InvitationQuery<'_>,
) -> StoreResult<(Vec<InvitationRecord>, Revision)> {
    let revision = read::revision(tx, query.tenant).await?.unwrap_or_default();
    let rows = page(query).all(tx).await?;
    let found = rows.into_iter().map(invitation::Model::into_invitation).collect::<StoreResult<_>>()?;
    Ok((records(tx, query.tenant, found).await?, revision))
}

fn page(query: &InvitationQuery<'_>) -> Select<invitation::Entity> {
    use invitation::Column;
    let mut page = invitation::Entity::find().filter(Column::TenantId.eq(query.tenant));
    if !query.statuses.is_empty() {
        page = page.filter(Column::Status.is_in(query.statuses.iter().map(|status| status.code())));
    }
    if let Some(email) = query.email {
        page = page.filter(Column::Email.eq(email));
    }
    if let Some(inviter) = query.inviter {
        page = page.filter(Column::InviterType.eq(inviter.kind)).filter(Column::InviterId.eq(inviter.id));
    }
    if let Some(resource) = query.resource {
        let holders = binding::Entity::find()
            .select_only()
            .column(binding::Column::HolderId)
            .filter(binding::Column::TenantId.eq(query.tenant))
            .filter(binding::Column::ResourceType.eq(resource.kind))
            .filter(binding::Column::ResourceId.eq(resource.id))
            .filter(binding::Column::HolderType.eq(kind::EMAIL));
        page = page
            .filter(Column::Status.is_in(read::open_statuses()))
            .filter(column(Column::Email).in_subquery(holders.into_query()));
    }
    if !query.text.is_empty() {
        page = page.filter(contains(query));
    }
    let (value, order) = match query.order {
        InvitationOrder::Created => (Column::CreatedAt, Order::Desc),
        InvitationOrder::Email => (Column::Email, Order::Asc),
        InvitationOrder::Expiry => (Column::ExpiresAt, Order::Asc),
    };
    let sorted = || Expr::tuple([column(value), column(Column::InvitationId)]);
    if let Some(after) = &query.after {
        let (value, id): (Value, &String) = match after {
            InvitationCursor::At(at, id) => (at.0.into(), id),
            InvitationCursor::Email(email, id) => (email.clone().into(), id),
        };
        let cursor = Expr::tuple([Expr::value(value), Expr::value(id.clone())]);
        page = page.filter(if order == Order::Desc { sorted().lt(cursor) } else { sorted().gt(cursor) });
    }
    page.order_by(value, order.clone()).order_by(Column::InvitationId, order).limit(u64::from(query.limit))
}

/// Invitations whose email contains the text, and open ones whose invited member's display name does.
fn contains(query: &InvitationQuery<'_>) -> Condition {
    let named = member::Entity::find()
        .select_only()
        .column(member::Column::SubjectId)
        .filter(member::Column::TenantId.eq(query.tenant))
        .filter(member::Column::SubjectType.eq(kind::EMAIL))
        .filter(Expr::col((member::Entity, member::Column::NameKey)).like(list::containing(&query.text)));
    let open = invitation::Column::Status.is_in(read::open_statuses());
    let named = column(invitation::Column::Email).in_subquery(named.into_query());
    Condition::any().add(column(invitation::Column::Email).like(list::containing(&query.text))).add(open.and(named))
}

/// The invitations with their members, in the same order.
async fn records(
    tx: &DatabaseTransaction,
    tenant: &str,
    found: Vec<(Invitation, Revision)>,
) -> StoreResult<Vec<InvitationRecord>> {
    let open = found.iter().filter(|(invitation, _)| invitation.status.is_open());
    let emails: Vec<&str> = open.map(|(invitation, _)| invitation.email.as_str()).collect();
    let (mut names, mut grants): (HashMap<String, String>, HashMap<String, Vec<Grant>>) = Default::default();
    for emails in emails.chunks(MEMBERS_PER_STATEMENT) {
        let members = member::Entity::find()
            .select_only()
            .columns([member::Column::SubjectId, member::Column::DisplayName])
            .filter(member::Column::TenantId.eq(tenant))
            .filter(member::Column::SubjectType.eq(kind::EMAIL))
            .filter(member::Column::SubjectId.is_in(emails.iter().copied()));
        names.extend(members.into_tuple::<(String, String)>().all(tx).await?);
        let bindings = binding::Entity::find()
            .filter(binding::Column::TenantId.eq(tenant))
            .filter(binding::Column::HolderType.eq(kind::EMAIL))
            .filter(binding::Column::HolderId.is_in(emails.iter().copied()));
        for row in bindings.all(tx).await? {
            grants.entry(row.holder_id.clone()).or_default().push(row.into_grant());
        }
    }
    let record = |(invitation, changed_at): (Invitation, Revision)| {
        let open = invitation.status.is_open();
        let take_grants = |map: &mut HashMap<String, Vec<Grant>>| map.remove(&invitation.email).unwrap_or_default();
        let mut grants = if open { take_grants(&mut grants) } else { Vec::new() };
        grants.sort_unstable();
        let display_name = if open { names.remove(&invitation.email).unwrap_or_default() } else { String::new() };
        InvitationRecord { invitation, changed_at, display_name, grants }
    };
    Ok(found.into_iter().map(record).collect())
}

fn column(column: invitation::Column) -> Expr {
    Expr::col((invitation::Entity, column))
}
