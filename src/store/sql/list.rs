//! Pages of members. A page starts where the one before ended, found by its sort value and never by skipping rows.

use std::collections::{BTreeMap, HashMap};

use rollcall_engine::{EVERYBODY, ResourceKey, Timestamp};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, JoinType, Order, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, SelectTwo, Value,
    sea_query::{CaseStatement, Expr, ExprTrait as _, Func, LikeExpr, Query, SelectStatement, UnionType},
};

use crate::{
    service::ports::{
        MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope, StoreError, StoreResult, StoredGrant,
    },
    store::{
        error::defect,
        sql::{
            entity::{binding, member, profile},
            rows,
            statements::IDS_PER_STATEMENT,
        },
    },
};

/// A page of members. `tx` must read as of one instant.
pub(super) async fn members(
    tx: &DatabaseTransaction,
    tenant: &str,
    query: &MemberQuery,
) -> StoreResult<Vec<MemberRecord>> {
    let after = match &query.after {
        Some(cursor) => Some(Position::find(tx, tenant, query.order, cursor).await?),
        None => None,
    };
    let Some(page) = page(tenant, query, after.as_ref()) else { return Ok(Vec::new()) };
    let found = page.all(tx).await?;
    let ids: Vec<&str> = found.iter().map(|(profile, _)| &*profile.member_id).collect();
    let mut grants = bindings(tx, tenant, query, &ids).await?;
    let record = |(profile, member): (profile::Model, Option<member::Model>)| {
        let member = member.ok_or_else(|| defect("a list of members has a row without one"))?;
        let grants = grants.remove(&member.member_id).unwrap_or_default();
        rows::into_member(member, Some(profile), grants)
    };
    found.into_iter().map(record).collect()
}

/// Where a page begins: after this sort value and this subject, and without these members, who were returned before.
struct Position {
    value: Option<Value>,
    subject: [String; 2],
    returned: Vec<String>,
}

impl Position {
    /// The place after the first of the cursor's members who is where they were.
    async fn find(
        tx: &DatabaseTransaction,
        tenant: &str,
        order: MemberOrder,
        cursor: &MemberCursor,
    ) -> StoreResult<Self> {
        let ids = cursor.last.iter().take(MemberCursor::ANCHORS);
        let profiles = profile::Entity::find()
            .filter(profile::Column::TenantId.eq(tenant))
            .filter(profile::Column::MemberId.is_in(ids.clone()));
        let profiles: HashMap<String, profile::Model> =
            profiles.all(tx).await?.into_iter().map(|row| (row.member_id.clone(), row)).collect();
        let unmoved = |id: &String| {
            let profile = profiles.get(id)?;
            // A number was noted for the very last only; a text is what it was if the profile is.
            let is_usable = if order.sorts_by_text() {
                profile.revision <= cursor.revision.0
            } else {
                cursor.last.first() == Some(id)
            };
            is_usable.then_some(profile)
        };
        let (index, profile) =
            ids.enumerate().find_map(|(index, id)| Some((index, unmoved(id)?))).ok_or(StoreError::LostPosition)?;
        let value = match order {
            MemberOrder::Name => Some(profile.name_key.clone().into()),
            MemberOrder::Email => Some(profile.email_key.clone().into()),
            MemberOrder::Status | MemberOrder::Role => cursor.number.map(Value::from),
        };
        let subject = [profile.subject_type.clone(), profile.subject_id.clone()];
        Ok(Self { value, subject, returned: cursor.last.iter().take(index).cloned().collect() })
    }
}

/// The statement of the page; none when no member can match.
fn page(
    tenant: &str,
    query: &MemberQuery,
    after: Option<&Position>,
) -> Option<SelectTwo<profile::Entity, member::Entity>> {
    use profile::Column;
    let to_member = profile::Entity::belongs_to(member::Entity)
        .from((Column::TenantId, Column::MemberId))
        .to((member::Column::TenantId, member::Column::MemberId));
    let mut page =
        profile::Entity::find().join(JoinType::InnerJoin, to_member.into()).filter(Column::TenantId.eq(tenant));
    if !query.statuses.is_empty() {
        page = page.filter(member::Column::Status.is_in(query.statuses.iter().map(|status| status.code())));
    }
    if !query.text.is_empty() {
        page = page.filter(contains(&query.text));
    }
    if let Some(kinds) = &query.excluded_types {
        page = page.filter(Column::SubjectId.ne(EVERYBODY));
        if !kinds.is_empty() {
            page = page.filter(Column::SubjectType.is_not_in(kinds));
        }
    }
    let in_scope = (!query.everybody).then(|| by_type_and_role(query.scopes.iter().map(resource_and_role)));
    let team_grants = query.team_grants.as_ref();
    let in_teams = team_grants.map(|grants| by_type_and_role(grants.iter().map(|(at, role)| (at, role.as_str()))));
    for bindings in in_scope.into_iter().chain(in_teams) {
        let holders = holders(tenant, query, bindings)?;
        page = page.filter(column(Column::MemberId).in_subquery(holders));
    }
    let value = sort_value(tenant, query);
    let subject = [Column::SubjectType, Column::SubjectId].map(column);
    let order: Vec<Expr> = value.into_iter().chain(subject).collect();
    if let Some(Position { value, subject, returned }) = after {
        let value = value.clone().filter(|_| order.len() > subject.len());
        let cursor = value.into_iter().chain(subject.iter().map(Value::from)).map(Expr::value);
        page = page.filter(Expr::tuple(order.iter().cloned()).gt(Expr::tuple(cursor)));
        if !returned.is_empty() {
            page = page.filter(Column::MemberId.is_not_in(returned));
        }
    }
    for part in order {
        page = page.order_by(part, Order::Asc);
    }
    Some(page.limit(u64::from(query.limit)).select_also(member::Entity))
}

/// The expression that members are sorted by before their subject; none where it is the same for all.
fn sort_value(tenant: &str, query: &MemberQuery) -> Option<Expr> {
    match query.order {
        MemberOrder::Name => Some(column(profile::Column::NameKey)),
        MemberOrder::Email => Some(column(profile::Column::EmailKey)),
        MemberOrder::Status => Some(Expr::col((member::Entity, member::Column::Status))),
        MemberOrder::Role if query.scopes.is_empty() => None,
        MemberOrder::Role => Some(rank(tenant, query)),
    }
}

/// Members whose name, email or username contains `text`, in which `%` and `_` stand for themselves.
fn contains(text: &str) -> Expr {
    column(profile::Column::SearchKey).like(containing(text))
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

/// The members that hold one of these bindings, one query for each role: a database that keeps no statistics looks up
/// each of them in the index, but reads a whole tenant's bindings for the same terms behind an OR. None when `bindings`
/// is empty.
fn holders(tenant: &str, query: &MemberQuery, bindings: ResourcesByRole<'_>) -> Option<SelectStatement> {
    let queries = bindings.into_iter().map(|((kind, role), ids)| {
        binding::Entity::find()
            .select_only()
            .column(binding::Column::Holder)
            .filter(binding::Column::TenantId.eq(tenant))
            .filter(binds(kind, role, ids))
            .filter(is_current(query.now))
            .into_query()
    });
    queries.reduce(|mut all, query| all.union(UnionType::All, query).take())
}

/// The smallest rank among the member's bindings in `query.scopes`, [`MemberScope::NO_RANK`] where there is none: a
/// NULL can't be compared with a cursor.
fn rank(tenant: &str, query: &MemberQuery) -> Expr {
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
        .and_where(binding::Column::TenantId.eq(tenant))
        .and_where(is_current(query.now))
        .and_where(Expr::col((binding::Entity, binding::Column::Holder)).eq(column(profile::Column::MemberId)))
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

/// The current bindings of these members that `query.scopes` names, by the member's id.
async fn bindings(
    tx: &DatabaseTransaction,
    tenant: &str,
    query: &MemberQuery,
    members: &[&str],
) -> StoreResult<HashMap<String, Vec<StoredGrant>>> {
    use binding::Column;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    if query.scopes.is_empty() {
        return Ok(found);
    }
    let in_scopes = in_scopes(&query.scopes);
    for ids in members.chunks(IDS_PER_STATEMENT) {
        let bindings = binding::Entity::find()
            .filter(Column::TenantId.eq(tenant))
            .filter(Column::Holder.is_in(ids.iter().copied()))
            .filter(in_scopes.clone())
            .filter(is_current(query.now));
        for row in bindings.all(tx).await? {
            found.entry(row.holder.clone()).or_default().push(rows::into_stored_grant(row));
        }
    }
    Ok(found)
}

fn column(column: profile::Column) -> Expr {
    Expr::col((profile::Entity, column))
}
