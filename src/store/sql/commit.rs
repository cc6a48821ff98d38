//! The commit of a write: the swap of the tenant's head, the changes applied to the tables, the log, and the answer.

use rollcall_engine::{Change, Head};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait, UpdateMany,
    sea_query::{Expr, Query},
};

use crate::{
    service::ports::{Batch, Committed, StoreResult},
    store::{
        error::defect,
        schema::{
            FORMAT,
            change::ChangeRecord,
            digest::{DigestedChange, DigestedCommit, GENESIS, digest},
            people::Ids,
        },
        sql::{
            entity::{log_change, log_commit, reason, request, tenant},
            ids::{self, Named},
            project::{self, Write},
            script::Script,
        },
    },
};

/// What the row begins with that shows the tenant's head.
const HEAD: i32 = 0;

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
    let named = Named::by(batch);
    let Some((digest, ids)) = swap(db, tenant, expected, head, &named).await? else { return Ok(Committed::Missed) };
    let mut script = Script::new(db);
    create(&mut script, head, batch);
    let ids = named.complete(tenant, ids, &mut script)?;
    project::apply(&mut script, &Write { tenant, head, at: batch.at, ids: &ids }, batch)?;
    append(&mut script, tenant, head, batch, &ids, &digest)?;
    if let Some(text) = batch.reason {
        let (tenant_id, revision) = (Set(tenant.to_owned()), Set(head.revision.0));
        script.insert(vec![reason::ActiveModel { tenant_id, revision, text: Set(text.to_owned()) }]);
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
        script.insert(vec![row]);
    }
    script.run(db).await?;
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

/// Makes the new commit the newest, if that is the expected one, and looks up what the rest of the write needs: the digest
/// of the commit before, and the ids of whom the write names. None where another commit is the newest.
async fn swap(
    db: &impl ConnectionTrait,
    tenant: &str,
    expected: Option<Head>,
    head: Head,
    named: &Named<'_>,
) -> StoreResult<Option<(Vec<u8>, Ids)>> {
    let mut script = Script::new(db);
    match expected {
        Some(expected) => script.push(&swap_head(tenant, expected, head)),
        None => script.push(&tenant::Entity::find_by_id(tenant).select_only().expr(Expr::value(HEAD))),
    }
    named.look_up(tenant, &mut script);
    let (mut heads, mut ids) = (None, Ids::default());
    for row in script.find(db).await? {
        if row.try_get_by_index::<i32>(0)? == HEAD { heads = Some(row) } else { ids::note(&row, &mut ids)? }
    }
    let digest = match (expected, heads) {
        (Some(expected), Some(row)) => {
            let digest: Option<Vec<u8>> = row.try_get_by_index(1)?;
            digest.ok_or_else(|| defect(format!("the log has no commit {}", expected.revision.0)))?
        }
        (None, None) => GENESIS.to_vec(),
        _ => return Ok(None),
    };
    Ok(Some((digest, ids)))
}

/// The swap of the head, which finds the digest of the commit before.
fn swap_head(tenant: &str, expected: Head, head: Head) -> UpdateMany<tenant::Entity> {
    let digest = log_commit::Entity::find_by_id((tenant.to_owned(), expected.revision.0))
        .select_only()
        .column(log_commit::Column::Digest);
    let mut swap = tenant::Entity::update_many()
        .col_expr(tenant::Column::Revision, Expr::value(head.revision.0))
        .col_expr(tenant::Column::Head, Expr::value(head.write_id.0.to_vec()))
        .filter(tenant::Column::TenantId.eq(tenant))
        .filter(tenant::Column::Revision.eq(expected.revision.0))
        .filter(tenant::Column::Head.eq(expected.write_id.0.to_vec()));
    let digest: Expr = digest.into_query().into();
    QueryTrait::query(&mut swap).returning(Query::returning().exprs([Expr::value(HEAD), digest]));
    swap
}

/// Makes the row of a tenant that this write creates.
fn create(script: &mut Script<'_>, head: Head, batch: &Batch<'_>) {
    let Some(Change::TenantCreated { tenant }) = batch.changes.first().map(|allowed| &allowed.change) else { return };
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
    script.insert(vec![row]);
}

/// Appends the commit and its changes to the log.
fn append(
    script: &mut Script<'_>,
    tenant: &str,
    head: Head,
    batch: &Batch<'_>,
    ids: &Ids,
    before: &[u8],
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
    commit.digest = digest_of(before, &commit, &changes).to_vec();
    script.insert::<log_commit::ActiveModel>(vec![commit.into()]);
    script.insert::<log_change::ActiveModel>(changes.into_iter().map(Into::into).collect());
    Ok(())
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
