//! The commits of writes: the swaps of the tenants' heads, the changes applied to the tables, the log, and the answers.

use rollcall_engine::Change;
use sea_orm::{ActiveValue::Set, ConnectionTrait};

use crate::{
    service::ports::{Committed, StoreResult},
    store::{
        error::defect,
        schema::{
            FORMAT,
            change::ChangeRecord,
            digest::{DigestedChange, DigestedCommit, digest},
            people::Ids,
        },
        sql::{
            entity::{log_change, log_commit, reason, request},
            ids::Newcomers,
            pending::Pending,
            project::{self, Write},
            script::Script,
            swap::{Before, swap},
        },
    },
};

/// What the writes of a transaction leave behind them, beside what they change.
#[derive(Default)]
struct Records {
    commits: Vec<log_commit::ActiveModel>,
    changes: Vec<log_change::ActiveModel>,
    reasons: Vec<reason::ActiveModel>,
    requests: Vec<request::ActiveModel>,
}

/// Makes writes in a transaction, which is then to be committed; no two of them are of one tenant. What became of each.
///
/// # Errors
/// Those of any write: then none is made.
pub(in crate::store) async fn commit(db: &impl ConnectionTrait, writes: &[Pending<'_>]) -> StoreResult<Vec<Committed>> {
    let begun = begin(db, writes).await?;
    finish(db, writes, begun).await
}

/// Swaps the heads of the tenants, so that nobody else changes these until the transaction has ended.
///
/// # Errors
/// Those of any write.
pub(in crate::store) async fn begin<'a>(
    db: &impl ConnectionTrait,
    writes: &[Pending<'a>],
) -> StoreResult<Vec<Option<Before<'a>>>> {
    for write in writes {
        check(write)?;
    }
    swap(db, writes).await
}

/// Makes the writes that have begun.
///
/// # Errors
/// Those of any write: then none is made.
pub(in crate::store) async fn finish<'a>(
    db: &impl ConnectionTrait,
    writes: &[Pending<'a>],
    begun: Vec<Option<Before<'a>>>,
) -> StoreResult<Vec<Committed>> {
    let mut script = Script::new(db);
    let (mut newcomers, mut made) = (Newcomers::default(), Vec::new());
    let mut outcomes = Vec::with_capacity(writes.len());
    for (write, before) in writes.iter().zip(begun) {
        let Some(before) = before else {
            outcomes.push(Committed::Missed);
            continue;
        };
        outcomes.push(Committed::Done(write.head()));
        made.push((write, before.digest, before.named.complete(write.tenant, before.ids, &mut newcomers)?));
    }
    newcomers.insert(&mut script);
    let mut records = Records::default();
    for (write, digest, ids) in &made {
        let at = write.batch.at;
        project::apply(&mut script, &Write { tenant: write.tenant, head: write.head(), at, ids }, &write.batch)?;
        records.note(write, ids, digest)?;
    }
    script.insert(records.commits);
    script.insert(records.changes);
    script.insert(records.reasons);
    script.insert(records.requests);
    script.run(db).await?;
    Ok(outcomes)
}

/// Refuses a write without a change, and a batch that creates a tenant that exists, or another, or anywhere but first, and
/// one that creates none where there is none.
fn check(Pending { tenant, expected, batch }: &Pending<'_>) -> StoreResult<()> {
    if batch.changes.is_empty() {
        return Err(defect("a write without a change can't be committed"));
    }
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

impl Records {
    /// Takes the records of a write: the commit and its changes for the log, and what else is kept of it.
    fn note(&mut self, write: &Pending<'_>, ids: &Ids, before: &[u8]) -> StoreResult<()> {
        let (tenant, batch, head) = (write.tenant, &write.batch, write.head());
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
        self.commits.push(commit.into());
        self.changes.extend(changes.into_iter().map(Into::into));
        if let Some(text) = batch.reason {
            let (tenant_id, revision) = (Set(tenant.to_owned()), Set(head.revision.0));
            self.reasons.push(reason::ActiveModel { tenant_id, revision, text: Set(text.to_owned()) });
        }
        if let Some(response) = batch.response {
            self.requests.push(request::ActiveModel {
                tenant_id: Set(tenant.to_owned()),
                request_hash: Set(response.request_hash.clone()),
                body_hash: Set(response.body_hash.clone()),
                answer: Set(response.answer.clone()),
                revision: Set(response.revision.0),
                at: Set(response.at.0),
            });
        }
        Ok(())
    }
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
