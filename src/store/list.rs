//! Pages of members. A page starts where the one before ended, found by its sort value and never by skipping rows.

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
const MEMBERS_PER_STATEMENT: usize = 1000;

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
    let mut grants = bindings(tx, query, &rows).await?;
    let records = rows.into_iter().map(|row| {
        let member_grants = grants.remove(&(row.subject_type.clone(), row.subject_id.clone())).unwrap_or_default();
        row.into_record(member_grants)
    });
    Ok((records.collect::<StoreResult<_>>()?, revision))
}

/// The statement of the page; none when no member can match.
fn page(query: &MemberQuery<'_>) -> StoreResult<Option<Select<member::Entity>>> {
    use member::Column;
    let mut members = member::Entity::find().filter(Column::TenantId.eq(query.tenant));
    if !query.statuses.is_empty() {
        members = members.filter(Column::Status.is_in(query.statuses.iter().map(|status| status.code())));
    }
    if !query.text.is_empty() {
        members = members.filter(contains(&query.text));
    }
    if let Some(kinds) = &query.excluded_types {
        members = members.filter(Column::SubjectId.ne(EVERYBODY));
        if !kinds.is_empty() {
            members = members.filter(Column::SubjectType.is_not_in(kinds));
        }
    }
    let subject = [Column::SubjectType, Column::SubjectId].map(column);
    let in_scope = (!query.everybody).then(|| by_type_and_role(query.scopes.iter().map(resource_and_role)));
    let team_grants = query.team_grants.as_ref();
    let in_teams = team_grants.map(|grants| by_type_and_role(grants.iter().map(|(at, role)| (at, role.as_str()))));
    for bindings in in_scope.into_iter().chain(in_teams) {
        let Some(holders) = holders(query, bindings) else {
            return Ok(None);
        };
        members = members.filter(Expr::tuple(subject.clone()).in_subquery(holders));
    }
    let order: Vec<Expr> = sort_value(query).into_iter().chain(subject).collect();
    if let Some(after) = &query.after {
        let cursor = cursor_values(query, after)?.into_iter().map(Expr::value);
        members = members.filter(Expr::tuple(order.iter().cloned()).gt(Expr::tuple(cursor)));
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

/// The expression that members are sorted by before their subject; none where it is the same for all.
fn sort_value(query: &MemberQuery<'_>) -> Option<Expr> {
    match query.order {
        MemberOrder::Name => Some(column(member::Column::NameKey)),
        MemberOrder::Email => Some(Expr::cust(EMAIL_KEY)),
        MemberOrder::Status => Some(column(member::Column::Status)),
        MemberOrder::Role if query.scopes.is_empty() => None,
        MemberOrder::Role => Some(rank(query)),
    }
}

/// The values of the cursor, typed as what they are compared with.
fn cursor_values(query: &MemberQuery<'_>, after: &MemberCursor) -> StoreResult<Vec<Value>> {
    let bad = |_| defect(format!("a cursor's value is no number for the order {:?}", query.order));
    let value = match query.order {
        MemberOrder::Name | MemberOrder::Email => Some(after.value.clone().into()),
        MemberOrder::Status => Some(after.value.parse::<i16>().map_err(bad)?.into()),
        MemberOrder::Role if query.scopes.is_empty() => None,
        MemberOrder::Role => Some(after.value.parse::<i32>().map_err(bad)?.into()),
    };
    Ok(value.into_iter().chain([after.subject.kind.clone().into(), after.subject.id.clone().into()]).collect())
}

/// Members whose name, email or username contains `text`, in which `%` and `_` stand for themselves.
fn contains(text: &str) -> Condition {
    [member::Column::NameKey, member::Column::Email, member::Column::Username]
        .into_iter()
        .fold(Condition::any(), |any, key| any.add(column(key).like(containing(text))))
}

/// The pattern of what contains `text`, in which `%` and `_` stand for themselves.
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

/// The subjects that hold one of these bindings, one query for each role: a database that keeps no statistics looks up
/// each of them in the index, but reads a whole tenant's bindings for the same terms behind an OR. None when `bindings`
/// is empty.
fn holders(query: &MemberQuery<'_>, bindings: ResourcesByRole<'_>) -> Option<SelectStatement> {
    let queries = bindings.into_iter().map(|((kind, role), ids)| {
        binding::Entity::find()
            .select_only()
            .columns([binding::Column::HolderType, binding::Column::HolderId])
            .filter(binding::Column::TenantId.eq(query.tenant))
            .filter(binds(kind, role, ids))
            .filter(is_current(query.now))
            .into_query()
    });
    queries.reduce(|mut all, query| all.union(UnionType::All, query).take())
}

/// The smallest rank among the member's bindings in `query.scopes`, [`MemberScope::NO_RANK`] where there is none: a
/// NULL can't be compared with a cursor.
fn rank(query: &MemberQuery<'_>) -> Expr {
    let mut by_rank: BTreeMap<i32, Vec<&MemberScope>> = BTreeMap::new();
    for scope in &query.scopes {
        by_rank.entry(scope.rank).or_default().push(scope);
    }
    let case = by_rank
        .into_iter()
        .fold(CaseStatement::new(), |case, (rank, scopes)| case.case(in_scopes(scopes), Expr::value(rank)));
    let smallest = Query::select()
        .expr(Expr::expr(case).min())
        .from(binding::Entity)
        .and_where(binding::Column::TenantId.eq(query.tenant))
        .and_where(is_current(query.now))
        .and_where(Expr::col((binding::Entity, binding::Column::HolderType)).eq(column(member::Column::SubjectType)))
        .and_where(Expr::col((binding::Entity, binding::Column::HolderId)).eq(column(member::Column::SubjectId)))
        .take();
    Expr::from(Func::coalesce([Expr::SubQuery(None, Box::new(smallest.into())), Expr::value(MemberScope::NO_RANK)]))
}

/// Bindings in one of these scopes. There must be one, for a condition without terms matches every binding.
fn in_scopes<'a>(scopes: impl IntoIterator<Item = &'a MemberScope>) -> Condition {
    by_type_and_role(scopes.into_iter().map(resource_and_role))
        .into_iter()
        .fold(Condition::any(), |any, ((kind, role), ids)| any.add(binds(kind, role, ids)))
}

/// The resource ids of some bindings, by resource type and role: of those a policy has few, however many resources
/// there are, and databases limit the terms of a statement.
type ResourcesByRole<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a str>>;

fn by_type_and_role<'a>(bindings: impl Iterator<Item = (&'a ResourceKey, &'a str)>) -> ResourcesByRole<'a> {
    let mut ids = ResourcesByRole::new();
    for (resource, role) in bindings {
        ids.entry((resource.kind.as_str(), role)).or_default().push(resource.id.as_str());
    }
    ids
}

fn resource_and_role(scope: &MemberScope) -> (&ResourceKey, &str) {
    (&scope.resource, &scope.role)
}

/// Bindings of this role at resources of this type and these ids.
fn binds(kind: &str, role: &str, ids: Vec<&str>) -> Expr {
    binding::Column::ResourceType
        .eq(kind)
        .and(binding::Column::ResourceId.is_in(ids))
        .and(binding::Column::Role.eq(role))
}

/// Bindings that have not ended.
fn is_current(now: Timestamp) -> Expr {
    binding::Column::ExpiresAt.is_null().or(binding::Column::ExpiresAt.gt(now.0))
}

/// The current bindings of the members in `rows` that `query.scopes` names, by subject type and id.
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
    if query.scopes.is_empty() {
        return Ok(found);
    }
    let in_scopes = in_scopes(&query.scopes);
    for (kind, ids) in holders {
        for ids in ids.chunks(MEMBERS_PER_STATEMENT) {
            let bindings = binding::Entity::find()
                .filter(Column::TenantId.eq(query.tenant))
                .filter(Column::HolderType.eq(kind))
                .filter(Column::HolderId.is_in(ids.iter().copied()))
                .filter(in_scopes.clone())
                .filter(is_current(query.now));
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
