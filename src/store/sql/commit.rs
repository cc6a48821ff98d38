//! The commit of a write: the swap of the tenant's head, the changes applied to the tables, the log, and the answer.

use rollcall_engine::{Change, Head, Revision};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
    sea_query::Expr,
};

use crate::{
    service::ports::{Batch, Committed, StoreResult},
    store::{
        error::defect,
        schema::{
            FORMAT,
            change::ChangeRecord,
            digest::{DigestedChange, DigestedCommit, GENESIS, digest},
        },
        sql::{
            entity::{log_change, log_commit, reason, request, tenant},
            people, project,
            project::Write,
            statements::insert,
        },
    },
};

/// Makes a write in a transaction, which is then to be committed, if the tenant's newest commit is `expected`.
pub(in crate::store) async fn commit(
    db: &impl ConnectionTrait,
    tenant: &str,
    expected: Option<Head>,
    batch: &Batch<'_>,
) -> StoreResult<Committed> {
    if batch.changes.is_empty() {
        return Err(defect("a write without a change can't be committed"));
    }
    check_creation(tenant, expected, batch)?;
    let head = Head { revision: expected.unwrap_or_default().revision.next(), write_id: batch.write_id };
    if let Some(expected) = expected
        && !swap_head(db, tenant, expected, head).await?
    {
        return Ok(Committed::Missed);
    }
    if expected.is_none() && exists(db, tenant).await? {
        return Ok(Committed::Missed);
    }
    create(db, head, batch).await?;
    let ids = people::ids(db, tenant, batch).await?;
    project::apply(db, &Write { tenant, head, at: batch.at, ids: &ids }, batch).await?;
    append(db, tenant, head, batch, &ids).await?;
    if let Some(text) = batch.reason {
        let (tenant_id, revision) = (Set(tenant.to_owned()), Set(head.revision.0));
        insert(db, vec![reason::ActiveModel { tenant_id, revision, text: Set(text.to_owned()) }]).await?;
    }
    if let Some(response) = batch.response {
        let row = request::ActiveModel {
            tenant_id: Set(tenant.to_owned()),
            request_hash: Set(response.request_hash.clone()),
            body_hash: Set(response.body_hash.clone()),
            answer: Set(response.answer.clone()),
            revision: Set(response.revision.0),
            at: Set(response.at.0),
        };
        insert(db, vec![row]).await?;
    }
    Ok(Committed::Done(head))
}

/// Refuses a batch that creates a tenant that exists, or another, or anywhere but first, and one that creates none where
/// there is none.
fn check_creation(tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<()> {
    let mut created = batch.changes.iter().enumerate().filter_map(|(index, allowed)| match &allowed.change {
        Change::TenantCreated { tenant } => Some((index, &tenant.id)),
        _ => None,
    });
    match (expected, created.next(), created.next()) {
        (None, Some((0, id)), None) if id == tenant => Ok(()),
        (Some(_), None, None) => Ok(()),
        _ => Err(defect("a write creates the tenant that it is of, once and first, if there is none, and no other")),
    }
}

/// Whether the newest commit was the expected one, and is the new one now.
async fn swap_head(db: &impl ConnectionTrait, tenant: &str, expected: Head, head: Head) -> StoreResult<bool> {
    let swap = tenant::Entity::update_many()
        .col_expr(tenant::Column::Revision, Expr::value(head.revision.0))
        .col_expr(tenant::Column::Head, Expr::value(head.write_id.0.to_vec()))
        .filter(tenant::Column::TenantId.eq(tenant))
        .filter(tenant::Column::Revision.eq(expected.revision.0))
        .filter(tenant::Column::Head.eq(expected.write_id.0.to_vec()));
    Ok(swap.exec(db).await?.rows_affected == 1)
}

async fn exists(db: &impl ConnectionTrait, tenant: &str) -> StoreResult<bool> {
    Ok(tenant::Entity::find_by_id(tenant).one(db).await?.is_some())
}

/// Makes the row of a tenant that this write creates.
async fn create(db: &impl ConnectionTrait, head: Head, batch: &Batch<'_>) -> StoreResult<()> {
    let Some(Change::TenantCreated { tenant }) = batch.changes.first().map(|allowed| &allowed.change) else {
        return Ok(());
    };
    let row = tenant::ActiveModel {
        tenant_id: Set(tenant.id.clone()),
        display_name: Set(tenant.display_name.clone()),
        policy: Set(tenant.policy.clone()),
        policy_version: Set(tenant.policy_version.into()),
        root_type: Set(tenant.root_type.clone()),
        revision: Set(head.revision.0),
        head: Set(head.write_id.0.to_vec()),
        created_at: Set(tenant.created_at.0),
    };
    insert(db, vec![row]).await
}

/// Appends the commit and its changes to the log.
async fn append(
    db: &impl ConnectionTrait,
    tenant: &str,
    head: Head,
    batch: &Batch<'_>,
    ids: &crate::store::schema::people::Ids,
) -> StoreResult<()> {
    let actor = ids.members.get(&batch.actor.to_subject()).ok_or_else(|| defect("the actor has no id"))?;
    let mut changes = Vec::with_capacity(batch.changes.len());
    for (seq, allowed) in (0..).zip(batch.changes) {
        let record = ChangeRecord::of(&allowed.change, ids)?;
        let resource = allowed.change.resource();
        changes.push(log_change::Model {
            tenant_id: tenant.to_owned(),
            revision: head.revision.0,
            seq,
            kind: allowed.change.kind().to_owned(),
            at: batch.at.0,
            actor: actor.clone(),
            rule: allowed.rule.clone(),
            about: record.about().map(str::to_owned),
            resource_type: resource.map(|resource| resource.kind.clone()),
            resource_id: resource.map(|resource| resource.id.clone()),
            data: record.to_json()?,
        });
    }
    let mut commit = log_commit::Model {
        tenant_id: tenant.to_owned(),
        revision: head.revision.0,
        write_id: head.write_id.0.to_vec(),
        at: batch.at.0,
        actor: actor.clone(),
        caller: batch.caller.to_owned(),
        trace_id: batch.trace_id.map(str::to_owned),
        format: FORMAT,
        digest: Vec::new(),
        feed_position: None,
    };
    let before = digest_before(db, tenant, head.revision).await?;
    commit.digest = digest_of(&before, &commit, &changes).to_vec();
    insert::<log_commit::ActiveModel>(db, vec![commit.into()]).await?;
    insert::<log_change::ActiveModel>(db, changes.into_iter().map(Into::into).collect()).await
}

/// The digest of the commit before a revision.
async fn digest_before(db: &impl ConnectionTrait, tenant: &str, revision: Revision) -> StoreResult<Vec<u8>> {
    let before = revision.0 - 1;
    if before == 0 {
        return Ok(GENESIS.to_vec());
    }
    let row = log_commit::Entity::find_by_id((tenant.to_owned(), before))
        .select_only()
        .column(log_commit::Column::Digest)
        .into_tuple::<Vec<u8>>();
    row.one(db).await?.ok_or_else(|| defect(format!("the log has no commit {before}")))
}

/// The digest of a commit with its changes, by the digest before it.
pub(super) fn digest_of(before: &[u8], commit: &log_commit::Model, changes: &[log_change::Model]) -> [u8; 32] {
    let digested = DigestedCommit {
        tenant: &commit.tenant_id,
        revision: commit.revision,
        write_id: &commit.write_id,
        at: commit.at,
        actor: &commit.actor,
        caller: &commit.caller,
        trace_id: commit.trace_id.as_deref(),
        format: commit.format,
    };
    let changes = changes.iter().map(|change| DigestedChange {
        seq: change.seq,
        kind: &change.kind,
        rule: &change.rule,
        about: change.about.as_deref(),
        resource: change.resource_type.as_deref().zip(change.resource_id.as_deref()),
        data: &change.data,
    });
    digest(before, &digested, changes)
}
