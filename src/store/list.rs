//! Pages of members. A page starts where the one before ended, found by its sort value and never by counting rows.

use std::collections::{BTreeMap, HashMap};

use rollcall_engine::{EVERYBODY, Grant, ResourceKey, Revision, Timestamp};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select, Value,
    sea_query::{CaseStatement, Expr, ExprTrait as _, Func, LikeExpr, Query, SelectStatement, UnionType},
};

use crate::{
    service::ports::{MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope, StoreResult},
    store::{
        entity::{binding, member},
        error::defect,
        read,
    },
};

/// The most members whose bindings one statement asks for, well below what a statement has parameters for.
const HOLDERS: usize = 1000;

/// The email to sort by, spelled as in the index on it: no index serves an expression with a parameter in it.
const EMAIL_KEY: &str = r#"COALESCE("member"."email", '')"#;

/// A page of members and the revision at which it was read; empty, at revision 0, when there is no such tenant. `tx`
/// must read as of one instant.
pub(super) async fn members(
    tx: &DatabaseTransaction,
    query: &MemberQuery<'_>,
) -> StoreResult<(Vec<MemberRecord>, Revision)> {
    let revision = read::revision(tx, query.tenant).await?.unwrap_or_default();
    let Some(page) = page(query)? else {
        return Ok((Vec::new(), revision));
    };
    let rows = page.all(tx).await?;
    let mut held = bindings(tx, query, &rows).await?;
    let records = rows.into_iter().map(|row| {
        let held = held.remove(&(row.subject_type.clone(), row.subject_id.clone())).unwrap_or_default();
        row.into_record(held)
    });
    Ok((records.collect::<StoreResult<_>>()?, revision))
}

/// The page's members; none when the query can have no answer.
fn page(query: &MemberQuery<'_>) -> StoreResult<Option<Select<member::Entity>>> {
    use member::Column;
    let mut members = member::Entity::find().filter(Column::TenantId.eq(query.tenant));
    if !query.statuses.is_empty() {
        members = members.filter(Column::Status.is_in(query.statuses.iter().map(|status| status.code())));
    }
    if !query.text.is_empty() {
        members = members.filter(contains(&query.text));
    }
    if let Some(kinds) = &query.people_but {
        members = members.filter(Column::SubjectId.ne(EVERYBODY));
        if !kinds.is_empty() {
            members = members.filter(Column::SubjectType.is_not_in(kinds));
        }
    }
    let subject = [Column::SubjectType, Column::SubjectId].map(column);
    let counting = (!query.everybody).then(|| places(query.reach.iter().map(bound)));
    let belonging = query.belonging.as_ref().map(|held| places(held.iter().map(|(at, role)| (at, role.as_str()))));
    for places in counting.into_iter().chain(belonging) {
        let Some(holders) = holders(query, places) else {
            return Ok(None);
        };
        members = members.filter(Expr::tuple(subject.clone()).in_subquery(holders));
    }
    let order: Vec<Expr> = sort_value(query).into_iter().chain(subject).collect();
    if let Some(after) = &query.after {
        let place = place(query, after)?.into_iter().map(Expr::value);
        members = members.filter(Expr::tuple(order.iter().cloned()).gt(Expr::tuple(place)));
        if query.order == MemberOrder::Email {
            // SQLite does not start an index on an expression at a tuple, but at a single value it does.
            members = members.filter(Expr::cust(EMAIL_KEY).gte(&*after.value));
        }
    }
    for part in order {
        members = members.order_by(part, Order::Asc);
    }
    Ok(Some(members.limit(u64::from(query.limit))))
}

/// What members are sorted by before their subject; none where it is the same for all.
fn sort_value(query: &MemberQuery<'_>) -> Option<Expr> {
    match query.order {
        MemberOrder::Name => Some(column(member::Column::NameKey)),
        MemberOrder::Email => Some(Expr::cust(EMAIL_KEY)),
        MemberOrder::Status => Some(column(member::Column::Status)),
        MemberOrder::Role if query.reach.is_empty() => None,
        MemberOrder::Role => Some(rank(query)),
    }
}

/// The values of the cursor, typed as what they are compared with.
fn place(query: &MemberQuery<'_>, after: &MemberCursor) -> StoreResult<Vec<Value>> {
    let bad = |_| defect(format!("a cursor's value is no number for the order {:?}", query.order));
    let value = match query.order {
        MemberOrder::Name | MemberOrder::Email => Some(after.value.clone().into()),
        MemberOrder::Status => Some(after.value.parse::<i16>().map_err(bad)?.into()),
        MemberOrder::Role if query.reach.is_empty() => None,
        MemberOrder::Role => Some(after.value.parse::<i32>().map_err(bad)?.into()),
    };
    Ok(value.into_iter().chain([after.subject.kind.clone().into(), after.subject.id.clone().into()]).collect())
}

/// Members whose name, email or username contains `text` as it stands.
fn contains(text: &str) -> Condition {
    [member::Column::NameKey, member::Column::Email, member::Column::Username]
        .into_iter()
        .fold(Condition::any(), |any, key| any.add(column(key).like(containing(text))))
}

/// The pattern of what contains `text` as it stands.
pub(super) fn containing(text: &str) -> LikeExpr {
    const ESCAPE: char = '!';
    let mut pattern = String::from("%");
    for char in text.chars() {
        if matches!(char, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(char);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape(ESCAPE)
}

/// The subjects that hold a binding at one of these places, one query for each role: a database that keeps no
/// statistics looks up each of them in the index, but reads a whole tenant's bindings for the same terms behind an OR.
/// None when there is no such binding to hold.
fn holders(query: &MemberQuery<'_>, places: Places<'_>) -> Option<SelectStatement> {
    let queries = places.into_iter().map(|((kind, role), ids)| {
        binding::Entity::find()
            .select_only()
            .columns([binding::Column::HolderType, binding::Column::HolderId])
            .filter(binding::Column::TenantId.eq(query.tenant))
            .filter(at(kind, role, ids))
            .filter(counts(query.now))
            .into_query()
    });
    queries.reduce(|mut all, query| all.union(UnionType::All, query).take())
}

/// The smallest rank among the bindings in `reach` of the member in the row at hand, the largest number where there is
/// none: a row compares with no NULL.
fn rank(query: &MemberQuery<'_>) -> Expr {
    let mut places: BTreeMap<i32, Vec<&MemberScope>> = BTreeMap::new();
    for place in &query.reach {
        places.entry(place.rank).or_default().push(place);
    }
    let case = places
        .into_iter()
        .fold(CaseStatement::new(), |case, (rank, places)| case.case(held(places), Expr::value(rank)));
    let smallest = Query::select()
        .expr(Expr::expr(case).min())
        .from(binding::Entity)
        .and_where(binding::Column::TenantId.eq(query.tenant))
        .and_where(counts(query.now))
        .and_where(Expr::col((binding::Entity, binding::Column::HolderType)).eq(column(member::Column::SubjectType)))
        .and_where(Expr::col((binding::Entity, binding::Column::HolderId)).eq(column(member::Column::SubjectId)))
        .take();
    Expr::from(Func::coalesce([Expr::SubQuery(None, Box::new(smallest.into())), Expr::value(MemberScope::NO_RANK)]))
}

/// Bindings in `reach`. It must name one, for a condition without terms holds everywhere.
fn held<'a>(reach: impl IntoIterator<Item = &'a MemberScope>) -> Condition {
    places(reach.into_iter().map(bound))
        .into_iter()
        .fold(Condition::any(), |any, ((kind, role), ids)| any.add(at(kind, role, ids)))
}

/// The ids of the resources of some bindings, by resource type and role, of which a policy has few however many
/// resources there are: databases limit the terms of a statement.
type Places<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a str>>;

fn places<'a>(bindings: impl Iterator<Item = (&'a ResourceKey, &'a str)>) -> Places<'a> {
    let mut places = Places::new();
    for (resource, role) in bindings {
        places.entry((resource.kind.as_str(), role)).or_default().push(resource.id.as_str());
    }
    places
}

fn bound(reach: &MemberScope) -> (&ResourceKey, &str) {
    (&reach.resource, &reach.role)
}

/// Bindings of this role at resources of this type.
fn at(kind: &str, role: &str, ids: Vec<&str>) -> Expr {
    binding::Column::ResourceType
        .eq(kind)
        .and(binding::Column::ResourceId.is_in(ids))
        .and(binding::Column::Role.eq(role))
}

/// Bindings that have not ended.
fn counts(now: Timestamp) -> Expr {
    binding::Column::ExpiresAt.is_null().or(binding::Column::ExpiresAt.gt(now.0))
}

/// What the members in `rows` hold, as far as the query asks for it.
async fn bindings(
    tx: &DatabaseTransaction,
    query: &MemberQuery<'_>,
    rows: &[member::Model],
) -> StoreResult<HashMap<(String, String), Vec<Grant>>> {
    use binding::Column;
    let mut holders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows {
        holders.entry(&row.subject_type).or_default().push(&row.subject_id);
    }
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    if query.reach.is_empty() {
        return Ok(found);
    }
    let places = held(&query.reach);
    for (kind, ids) in holders {
        for ids in ids.chunks(HOLDERS) {
            let bindings = binding::Entity::find()
                .filter(Column::TenantId.eq(query.tenant))
                .filter(Column::HolderType.eq(kind))
                .filter(Column::HolderId.is_in(ids.iter().copied()))
                .filter(places.clone())
                .filter(counts(query.now));
            for row in bindings.all(tx).await? {
                let holder = (row.holder_type.clone(), row.holder_id.clone());
                found.entry(holder).or_default().push(row.into_grant());
            }
        }
    }
    Ok(found)
}

fn column(column: member::Column) -> Expr {
    Expr::col((member::Entity, column))
}
