//! Pages of the change log. A page starts where the one before ended, found by its position in the log.

use std::collections::HashMap;

use rollcall_engine::{LogPosition, LoggedChange, ResourceRef, Revision, SubjectRef, Timestamp, kind};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select, sea_query::ExprTrait as _,
};

use crate::{
    service::ports::{LogQuery, StoreResult},
    store::{
        error::defect,
        schema::change::ChangeRecord,
        sql::{
            entity::{
                invitation,
                log_change::{self, Column},
                log_commit, reason,
            },
            feed, people, rows,
        },
    },
};

/// The conditions of a page, with people as the log knows them.
#[derive(Clone, Debug)]
pub(in crate::store) struct PageFilter<'a> {
    pub(in crate::store) tenant: &'a str,
    pub(in crate::store) actor: Option<String>,
    pub(in crate::store) resource: Option<ResourceRef<'a>>,
}

/// A page of a tenant's log. With several kinds or ids it takes several statements, so `db` must be a transaction: a
/// commit between two of them would leave a part of its revision out, and the page after would begin past that.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    tenant: &str,
    query: &LogQuery<'_>,
) -> StoreResult<Vec<LoggedChange>> {
    let actor = match query.filter.actor {
        Some(actor) => match people::id_of(db, tenant, actor).await? {
            Some(id) => Some(id),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let all = changes(&PageFilter { tenant, actor, resource: query.filter.resource }, query);
    // One kind and one id at a time: an index has each in order, but several in none.
    let by_kind: Vec<_> = match query.filter.kinds {
        [] => vec![all],
        kinds => kinds.iter().map(|kind| all.clone().filter(Column::Kind.eq(kind))).collect(),
    };
    let statements: Vec<_> = match query.filter.subject {
        None => by_kind,
        Some(subject) => {
            let ids = ids_about(db, tenant, subject).await?;
            let pages = |id: String| by_kind.iter().map(move |page| page.clone().filter(Column::About.eq(&*id)));
            ids.into_iter().flat_map(pages).collect()
        }
    };
    let is_sorted = statements.len() < 2;
    let mut found = Vec::new();
    for statement in statements {
        found.extend(statement.all(db).await?);
    }
    if !is_sorted {
        found.sort_by_key(|row| (row.revision, row.seq));
        if query.newest_first {
            found.reverse();
        }
        found.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
    }
    logged(db, tenant, found).await
}

/// The ids by which the log has what is about a subject. Of an email: whoever has it, everybody who was invited by it, and
/// the address itself.
async fn ids_about(db: &impl ConnectionTrait, tenant: &str, subject: SubjectRef<'_>) -> StoreResult<Vec<String>> {
    if subject.kind != kind::EMAIL {
        return Ok(people::id_of(db, tenant, subject).await?.into_iter().collect());
    }
    let Some(address) = people::address_of(db, tenant, subject.id).await? else { return Ok(Vec::new()) };
    let invited = invitation::Entity::find()
        .select_only()
        .column(invitation::Column::MemberId)
        .filter(invitation::Column::TenantId.eq(tenant))
        .filter(invitation::Column::AddressId.eq(&*address.address_id));
    let mut ids: Vec<String> = invited.into_tuple().all(db).await?;
    ids.extend(address.member_id);
    ids.push(address.address_id);
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The changes of rows, with their commits and with people as they are by now.
async fn logged(
    db: &impl ConnectionTrait,
    tenant: &str,
    found: Vec<log_change::Model>,
) -> StoreResult<Vec<LoggedChange>> {
    let span = found.iter().map(|row| row.revision);
    let Some((first, last)) = span.clone().min().zip(span.max()) else { return Ok(Vec::new()) };
    let revisions: Vec<i64> = found.iter().map(|row| row.revision).collect();
    let commits = log_commit::Entity::find()
        .filter(log_commit::Column::TenantId.eq(tenant))
        .filter(log_commit::Column::Revision.between(first, last))
        .filter(log_commit::Column::Revision.is_in(revisions.clone()));
    let commits: HashMap<i64, log_commit::Model> =
        commits.all(db).await?.into_iter().map(|commit| (commit.revision, commit)).collect();
    let reasons = reason::Entity::find()
        .filter(reason::Column::TenantId.eq(tenant))
        .filter(reason::Column::Revision.between(first, last))
        .filter(reason::Column::Revision.is_in(revisions));
    let reasons: HashMap<i64, String> =
        reasons.all(db).await?.into_iter().map(|reason| (reason.revision, reason.text)).collect();
    let records = found.iter().map(|row| ChangeRecord::parse(&row.kind, &row.data)).collect::<StoreResult<Vec<_>>>()?;
    let known: Vec<&ChangeRecord> = records.iter().flatten().collect();
    let names = people::names_in(db, tenant, &known, commits.values().map(|commit| &*commit.actor).collect()).await?;
    let change = |(row, record): (log_change::Model, Option<ChangeRecord>)| {
        let commit = commits.get(&row.revision).ok_or_else(|| defect("a change has no commit"))?;
        Ok(LoggedChange {
            position: LogPosition { revision: Revision(row.revision), seq: row.seq },
            write_id: rows::head(commit.revision, &commit.write_id)?.write_id,
            change: feed::into_change(record, row.kind, &names),
            actor: names.subject(&commit.actor),
            caller: commit.caller.clone(),
            at: Timestamp(commit.at),
            rule: row.rule,
            trace_id: commit.trace_id.clone(),
            reason: reasons.get(&row.revision).cloned().unwrap_or_default(),
        })
    };
    found.into_iter().zip(records).map(change).collect()
}

/// The statement of the page, without the conditions on kinds and on whom it is about.
pub(in crate::store) fn changes(filter: &PageFilter<'_>, query: &LogQuery<'_>) -> Select<log_change::Entity> {
    let LogQuery { revisions: (first, last), after, newest_first, limit, .. } = query;
    let (mut first, mut last) = (*first, *last);
    let mut rows = log_change::Entity::find().filter(Column::TenantId.eq(filter.tenant));
    if let Some(LogPosition { revision, seq }) = after {
        // Not a row of two values, for which SQLite prefers the primary key to the index of a filter.
        rows = rows.filter(if *newest_first {
            last = last.min(*revision);
            Column::Revision.lt(revision.0).or(Column::Seq.lt(*seq))
        } else {
            first = first.max(*revision);
            Column::Revision.gt(revision.0).or(Column::Seq.gt(*seq))
        });
    }
    // A limit that excludes nothing makes SQLite prefer the primary key to the index of the kinds.
    if first > LogQuery::ALL.0 {
        rows = rows.filter(Column::Revision.gte(first.0));
    }
    if last < LogQuery::ALL.1 {
        rows = rows.filter(Column::Revision.lte(last.0));
    }
    if let Some(actor) = &filter.actor {
        rows = rows.filter(Column::Actor.eq(actor));
    }
    if let Some(resource) = filter.resource {
        rows = rows.filter(Column::ResourceType.eq(resource.kind)).filter(Column::ResourceId.eq(resource.id));
    }
    if let Some(from) = query.filter.from {
        rows = rows.filter(Column::At.gte(from.0));
    }
    if let Some(until) = query.filter.until {
        rows = rows.filter(Column::At.lt(until.0));
    }
    let order = if *newest_first { Order::Desc } else { Order::Asc };
    rows.order_by(Column::Revision, order.clone()).order_by(Column::Seq, order).limit(u64::from(*limit))
}

/// The first and the last revision with a commit in a time span.
pub(super) async fn revisions_between(
    db: &impl ConnectionTrait,
    tenant: &str,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> StoreResult<Option<(Revision, Revision)>> {
    let mut query = log_commit::Entity::find()
        .select_only()
        .column_as(log_commit::Column::Revision.min(), "first")
        .column_as(log_commit::Column::Revision.max(), "last")
        .filter(log_commit::Column::TenantId.eq(tenant));
    if let Some(from) = from {
        query = query.filter(log_commit::Column::At.gte(from.0));
    }
    if let Some(until) = until {
        query = query.filter(log_commit::Column::At.lt(until.0));
    }
    let found: Option<(Option<i64>, Option<i64>)> = query.into_tuple().all(db).await?.pop();
    Ok(found.and_then(|(first, last)| Some((Revision(first?), Revision(last?)))))
}
