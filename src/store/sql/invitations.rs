//! Reads invitations with the names and grants of their invited members: one, or a page.

use std::collections::{BTreeSet, HashMap};

use rollcall_engine::{Head, Invitation};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, JoinType, Order, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select, Value,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    service::ports::{InvitationCursor, InvitationOrder, InvitationQuery, InvitationRecord, StoreResult, StoredGrant},
    store::sql::{
        entity::{address, binding, invitation, profile},
        list, people, read, rows,
        statements::IDS_PER_STATEMENT,
    },
};

/// One invitation; none when there is none. `tx` must read as of one instant.
pub(super) async fn one(tx: &DatabaseTransaction, tenant: &str, id: &str) -> StoreResult<Option<InvitationRecord>> {
    let row = invitation::Entity::find_by_id((tenant.to_owned(), id.to_owned())).all(tx).await?;
    Ok(records(tx, tenant, row).await?.pop())
}

/// A page of invitations. `tx` must read as of one instant.
pub(super) async fn list(
    tx: &DatabaseTransaction,
    tenant: &str,
    query: &InvitationQuery<'_>,
) -> StoreResult<Vec<InvitationRecord>> {
    let inviter = match query.inviter {
        Some(inviter) => match people::id_of(tx, tenant, inviter).await? {
            Some(id) => Some(id),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let after = match &query.after {
        Some(InvitationCursor::At(at, id)) => Some((Value::from(at.0), id)),
        Some(InvitationCursor::Email(address, id)) => Some((read::email_of(tx, tenant, address).await?.into(), id)),
        None => None,
    };
    let rows = page(tenant, query, inviter.as_deref(), after).all(tx).await?;
    records(tx, tenant, rows).await
}

fn page(
    tenant: &str,
    query: &InvitationQuery<'_>,
    inviter: Option<&str>,
    after: Option<(Value, &String)>,
) -> Select<invitation::Entity> {
    use invitation::Column;
    let to_address = invitation::Entity::belongs_to(address::Entity)
        .from((Column::TenantId, Column::AddressId))
        .to((address::Column::TenantId, address::Column::AddressId));
    let mut page =
        invitation::Entity::find().join(JoinType::LeftJoin, to_address.into()).filter(Column::TenantId.eq(tenant));
    if !query.statuses.is_empty() {
        page = page.filter(Column::Status.is_in(query.statuses.iter().map(|status| status.code())));
    }
    if let Some(email) = query.email {
        page = page.filter(address::Column::Email.eq(email));
    }
    if let Some(inviter) = inviter {
        page = page.filter(Column::Inviter.eq(inviter));
    }
    if let Some(resource) = query.resource {
        let holders = binding::Entity::find()
            .select_only()
            .column(binding::Column::Holder)
            .filter(binding::Column::TenantId.eq(tenant))
            .filter(binding::Column::ResourceType.eq(resource.kind))
            .filter(binding::Column::ResourceId.eq(resource.id));
        page = page
            .filter(Column::Status.is_in(read::open_statuses()))
            .filter(column(Column::MemberId).in_subquery(holders.into_query()));
    }
    if !query.text.is_empty() {
        page = page.filter(contains(tenant, query));
    }
    let (value, order) = match query.order {
        InvitationOrder::Created => (column(Column::CreatedAt), Order::Desc),
        InvitationOrder::Email => (Expr::col((address::Entity, address::Column::Email)), Order::Asc),
        InvitationOrder::Expiry => (column(Column::ExpiresAt), Order::Asc),
    };
    let sorted = || Expr::tuple([value.clone(), column(Column::InvitationId)]);
    if let Some((after, id)) = after {
        let cursor = Expr::tuple([Expr::value(after), Expr::value(id.clone())]);
        page = page.filter(if order == Order::Desc { sorted().lt(cursor) } else { sorted().gt(cursor) });
    }
    page.order_by(value, order.clone()).order_by(Column::InvitationId, order).limit(u64::from(query.limit))
}

/// Invitations whose email contains the text, and open ones whose invited member's display name does.
fn contains(tenant: &str, query: &InvitationQuery<'_>) -> Condition {
    let named = profile::Entity::find()
        .select_only()
        .column(profile::Column::MemberId)
        .filter(profile::Column::TenantId.eq(tenant))
        .filter(Expr::col((profile::Entity, profile::Column::NameKey)).like(list::containing(&query.text)));
    let open = invitation::Column::Status.is_in(read::open_statuses());
    let named = column(invitation::Column::MemberId).in_subquery(named.into_query());
    let email = Expr::col((address::Entity, address::Column::SearchKey)).like(list::containing(&query.text));
    Condition::any().add(email).add(open.and(named))
}

/// The invitations with their members, in the same order.
pub(super) async fn records(
    tx: &DatabaseTransaction,
    tenant: &str,
    found: Vec<invitation::Model>,
) -> StoreResult<Vec<InvitationRecord>> {
    let found = read::invitations(tx, tenant, found).await?;
    let open = found.iter().filter(|(invitation, ..)| invitation.status.is_open());
    let members: Vec<&str> = open.map(|(_, _, member, _)| member.as_str()).collect();
    let names = people::names(tx, tenant, members.iter().copied().collect(), BTreeSet::new()).await?;
    let mut grants: HashMap<String, Vec<StoredGrant>> = HashMap::new();
    for members in members.chunks(IDS_PER_STATEMENT) {
        let bindings = binding::Entity::find()
            .filter(binding::Column::TenantId.eq(tenant))
            .filter(binding::Column::Holder.is_in(members.iter().copied()));
        for row in bindings.all(tx).await? {
            grants.entry(row.holder.clone()).or_default().push(rows::into_stored_grant(row));
        }
    }
    let record = |(invitation, changed_at, member, address_id): (Invitation, Head, String, String)| {
        let mut grants =
            if invitation.status.is_open() { grants.remove(&member).unwrap_or_default() } else { Vec::new() };
        grants.sort_unstable();
        let display_name =
            if invitation.status.is_open() { names.profile(&member).display_name } else { String::new() };
        InvitationRecord { invitation, address_id, changed_at, display_name, grants }
    };
    Ok(found.into_iter().map(record).collect())
}

fn column(column: invitation::Column) -> Expr {
    Expr::col((invitation::Entity, column))
}
