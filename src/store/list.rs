//! Pages of members. A page starts where the one before ended, found by its sort value and never by counting rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select, Value,
    sea_query::{CaseStatement, Expr, ExprTrait as _, LikeExpr, Query, SelectStatement},
};

use super::entity::{binding, member};
use super::error::defect;
use super::read;
use crate::domain::{Grant, Revision};
use crate::service::ports::{MemberCursor, MemberOrder, MemberQuery, MemberRecord, Reach, StoreResult};

/// The most members whose bindings one statement asks for, well below what a statement has parameters for.
const HOLDERS: usize = 1000;

/// A page of members and the revision at which it was read; empty, at revision 0, when there is no such tenant. `tx`
/// must read as of one instant.
pub(super) async fn members(
    tx: &DatabaseTransaction,
    query: &MemberQuery<'_>,
) -> StoreResult<(Vec<MemberRecord>, Revision)> {
    let revision = read::revision(tx, query.tenant).await?.unwrap_or_default();
    if query.reach.as_ref().is_some_and(Vec::is_empty) {
        return Ok((Vec::new(), revision));
    }
    let rows = page(query)?.all(tx).await?;
    let mut held = HashMap::new();
    for rows in rows.chunks(HOLDERS) {
        bindings(tx, query, rows, &mut held).await?;
    }
    let records = rows.into_iter().map(|row| {
        let held = held.remove(&(row.subject_type.clone(), row.subject_id.clone())).unwrap_or_default();
        row.into_record(held)
    });
    Ok((records.collect::<StoreResult<_>>()?, revision))
}

fn page(query: &MemberQuery<'_>) -> StoreResult<Select<member::Entity>> {
    use member::Column;
    let mut members = member::Entity::find().filter(Column::TenantId.eq(query.tenant));
    if !query.statuses.is_empty() {
        members = members.filter(Column::Status.is_in(query.statuses.iter().map(|status| status.code())));
    }
    if !query.text.is_empty() {
        members = members.filter(contains(&query.text));
    }
    let subject = [Column::SubjectType, Column::SubjectId].map(column);
    if let Some(reach) = &query.reach {
        members = members.filter(Expr::tuple(subject.clone()).in_subquery(holders(query.tenant, reach)));
    }
    let order: Vec<Expr> = sort_value(query).into_iter().chain(subject).collect();
    if let Some(after) = &query.after {
        let place = place(query, after)?.into_iter().map(Expr::value);
        members = members.filter(Expr::tuple(order.iter().cloned()).gt(Expr::tuple(place)));
    }
    for part in order {
        members = members.order_by(part, Order::Asc);
    }
    Ok(members.limit(u64::from(query.limit)))
}

/// What members are sorted by before their subject; none where it is the same for all.
fn sort_value(query: &MemberQuery<'_>) -> Option<Expr> {
    match query.order {
        MemberOrder::Name => Some(column(member::Column::NameKey)),
        // Spelled as in the index on it: an index is not used for an expression with a parameter in it.
        MemberOrder::Email => Some(Expr::cust("COALESCE(\"member\".\"email\", '')")),
        MemberOrder::Status => Some(column(member::Column::Status)),
        MemberOrder::Role => query.reach.as_ref().map(|reach| rank(query.tenant, reach)),
    }
}

/// The values of the cursor, typed as what they are compared with.
fn place(query: &MemberQuery<'_>, after: &MemberCursor) -> StoreResult<Vec<Value>> {
    let bad = |_| defect(format!("a cursor's value is no number for the order {:?}", query.order));
    let value = match query.order {
        MemberOrder::Name | MemberOrder::Email => Some(after.value.clone().into()),
        MemberOrder::Status => Some(after.value.parse::<i16>().map_err(bad)?.into()),
        MemberOrder::Role if query.reach.is_none() => None,
        MemberOrder::Role => Some(after.value.parse::<i32>().map_err(bad)?.into()),
    };
    Ok(value.into_iter().chain([after.subject.kind.clone().into(), after.subject.id.clone().into()]).collect())
}

/// Members whose name, email or username contains `text` as it stands.
fn contains(text: &str) -> Condition {
    const ESCAPE: char = '!';
    let mut pattern = String::from("%");
    for char in text.chars() {
        if matches!(char, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(char);
    }
    pattern.push('%');
    [member::Column::NameKey, member::Column::Email, member::Column::Username]
        .into_iter()
        .fold(Condition::any(), |any, key| any.add(column(key).like(LikeExpr::new(&*pattern).escape(ESCAPE))))
}

/// The subjects that hold one of the bindings in `reach`.
fn holders(tenant: &str, reach: &[Reach]) -> SelectStatement {
    binding::Entity::find()
        .select_only()
        .columns([binding::Column::HolderType, binding::Column::HolderId])
        .filter(binding::Column::TenantId.eq(tenant))
        .filter(held(reach))
        .into_query()
}

/// The smallest rank among the bindings in `reach` of the member in the row at hand.
fn rank(tenant: &str, reach: &[Reach]) -> Expr {
    let mut places: BTreeMap<i32, Vec<&Reach>> = BTreeMap::new();
    for place in reach {
        places.entry(place.rank).or_default().push(place);
    }
    let case = places
        .into_iter()
        .fold(CaseStatement::new(), |case, (rank, places)| case.case(held(places), Expr::value(rank)));
    let smallest = Query::select()
        .expr(Expr::expr(case).min())
        .from(binding::Entity)
        .and_where(binding::Column::TenantId.eq(tenant))
        .and_where(Expr::col((binding::Entity, binding::Column::HolderType)).eq(column(member::Column::SubjectType)))
        .and_where(Expr::col((binding::Entity, binding::Column::HolderId)).eq(column(member::Column::SubjectId)))
        .take();
    Expr::SubQuery(None, Box::new(smallest.into()))
}

/// Bindings of one of these roles at these resources. Resources of the same type and roles share a term, so that the
/// condition grows flat and not deep: databases limit the depth. Without any place it must not be used, for a
/// condition without terms holds everywhere.
fn held<'a>(reach: impl IntoIterator<Item = &'a Reach>) -> Condition {
    let mut roles: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for place in reach {
        roles.entry(&place.resource).or_default().insert(&place.role);
    }
    let mut resources: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for (resource, roles) in roles {
        resources.entry((resource.kind.as_str(), roles)).or_default().push(&resource.id);
    }
    resources.into_iter().fold(Condition::any(), |any, ((kind, roles), ids)| {
        any.add(
            binding::Column::ResourceType
                .eq(kind)
                .and(binding::Column::ResourceId.is_in(ids))
                .and(binding::Column::Role.is_in(roles)),
        )
    })
}

/// Adds what the members in `rows` hold, as far as the query asks for it, to `held_by`.
async fn bindings(
    tx: &DatabaseTransaction,
    query: &MemberQuery<'_>,
    rows: &[member::Model],
    held_by: &mut HashMap<(String, String), Vec<Grant>>,
) -> StoreResult<()> {
    use binding::Column;
    let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows {
        ids.entry(&row.subject_type).or_default().push(&row.subject_id);
    }
    let holders = ids.into_iter().fold(Condition::any(), |any, (kind, ids)| {
        any.add(Column::HolderType.eq(kind).and(Column::HolderId.is_in(ids)))
    });
    let places = match &query.reach {
        Some(reach) => held(reach),
        None => {
            Condition::all().add(Column::ResourceType.eq(&query.root.kind)).add(Column::ResourceId.eq(&query.root.id))
        }
    };
    let bindings = binding::Entity::find().filter(Column::TenantId.eq(query.tenant)).filter(holders).filter(places);
    for row in bindings.all(tx).await? {
        let grant = read::grant(row.resource_type, row.resource_id, row.role);
        held_by.entry((row.holder_type, row.holder_id)).or_default().push(grant);
    }
    Ok(())
}

fn column(column: member::Column) -> Expr {
    Expr::col((member::Entity, column))
}
