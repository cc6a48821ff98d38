//! Commits of a tenant's log, with people as they are by now.

use std::collections::{BTreeSet, HashMap};

use rollcall_engine::{Change, Commit, Head, Revision, Timestamp};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::{
    service::ports::{Feed, StoreResult},
    store::{
        schema::{change::ChangeRecord, people::Names},
        sql::{
            entity::{log_change, log_commit},
            people, read, rows,
        },
    },
};

/// The commits after `after`, if the log has that one. `db` must read as of one instant.
pub(in crate::store) async fn after(db: &impl ConnectionTrait, tenant: &str, after: Head) -> StoreResult<Feed> {
    let newest = read::tenant(db, tenant).await?.map(|(_, head)| head).unwrap_or_default();
    if newest == after {
        return Ok(Feed::Commits(Vec::new()));
    }
    let known = match after.revision {
        Revision(0) => Some(Head::default()),
        revision => read::commit_at(db, tenant, revision).await?.map(|(head, _)| head),
    };
    if known != Some(after) || newest.revision < after.revision {
        return Ok(Feed::OtherHistory(newest));
    }
    Ok(Feed::Commits(commits(db, tenant, after.revision, None).await?))
}

/// The commits of the revisions after `after`, in order, at most `limit`.
pub(super) async fn commits(
    db: &impl ConnectionTrait,
    tenant: &str,
    after: Revision,
    limit: Option<u32>,
) -> StoreResult<Vec<Commit>> {
    use log_commit::Column;
    let mut query = log_commit::Entity::find()
        .select_only()
        .columns([Column::Revision, Column::WriteId, Column::At])
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::Revision.gt(after.0))
        .order_by_asc(Column::Revision);
    if let Some(limit) = limit {
        query = query.limit(u64::from(limit));
    }
    let found: Vec<(i64, Vec<u8>, i64)> = query.into_tuple().all(db).await?;
    let Some(last) = found.last().map(|(revision, ..)| *revision) else { return Ok(Vec::new()) };
    let mut changes = changes(db, tenant, after.0 + 1, last).await?;
    found
        .into_iter()
        .map(|(revision, write_id, at)| {
            let changes = changes.remove(&revision).unwrap_or_default();
            Ok(Commit { head: rows::head(revision, &write_id)?, at: Timestamp(at), changes })
        })
        .collect()
}

/// The changes of these revisions, in order, by revision.
async fn changes(
    db: &impl ConnectionTrait,
    tenant: &str,
    first: i64,
    last: i64,
) -> StoreResult<HashMap<i64, Vec<Change>>> {
    use log_change::Column;
    let query = log_change::Entity::find()
        .select_only()
        .columns([Column::Revision, Column::Kind, Column::Data])
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::Revision.between(first, last))
        .order_by_asc(Column::Revision)
        .order_by_asc(Column::Seq);
    let rows: Vec<(i64, String, String)> = query.into_tuple().all(db).await?;
    let records = rows
        .into_iter()
        .map(|(revision, kind, data)| Ok((revision, ChangeRecord::parse(&kind, &data)?, kind)))
        .collect::<StoreResult<Vec<_>>>()?;
    let known: Vec<&ChangeRecord> = records.iter().filter_map(|(_, record, _)| record.as_ref()).collect();
    let names = people::names_in(db, tenant, &known, BTreeSet::new()).await?;
    let mut by_revision: HashMap<i64, Vec<Change>> = HashMap::new();
    for (revision, record, kind) in records {
        by_revision.entry(revision).or_default().push(into_change(record, kind, &names));
    }
    Ok(by_revision)
}

/// The change of a record; an unknown one where this version does not know its kind.
pub(super) fn into_change(record: Option<ChangeRecord>, kind: String, names: &Names) -> Change {
    record.map_or(Change::Unknown { kind }, |record| record.into_change(names))
}
