//! Verifies the digests of a tenant's log, commit by commit.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::{
    service::ports::StoreResult,
    store::{
        schema::digest::GENESIS,
        sql::{
            commit::digest_of,
            entity::{log_change, log_commit},
            read,
        },
    },
};

/// How many commits are read at a time.
const CHUNK: u64 = 500;

/// What is wrong with a tenant's log, first of all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// A commit, or one of its changes, is not what its digest covers; or the digest before it is another.
    #[error("commit {revision} is not what its digest covers: it or the one before it was altered or moved")]
    Altered {
        /// The revision of the first such commit.
        revision: i64,
    },
    /// There is no commit of a revision between two others, or of the tenant's newest.
    #[error("commit {revision} is missing")]
    Missing {
        /// The first such revision.
        revision: i64,
    },
    /// There are changes of a revision that has no commit.
    #[error("there are changes of revision {revision}, which has no commit")]
    Stray {
        /// The revision of the first such changes.
        revision: i64,
    },
    /// The newest commit is not the one that the tenant's row names.
    #[error("the newest commit, {revision}, is not the one that the tenant's row names")]
    OtherHead {
        /// The revision of the newest commit.
        revision: i64,
    },
}

/// Verifies a tenant's log: how many commits it has, and what is wrong with it first. None when there is no such tenant.
/// `db` must read as of one instant.
pub(in crate::store) async fn log(
    db: &impl ConnectionTrait,
    tenant: &str,
) -> StoreResult<Option<(i64, Option<LogFault>)>> {
    let Some((_, head)) = read::tenant(db, tenant).await? else { return Ok(None) };
    let (mut before, mut revision, mut write_id) = (GENESIS.to_vec(), 0, vec![0; 8]);
    loop {
        let commits = commits(db, tenant, revision).await?;
        let Some(last) = commits.last().map(|commit| commit.revision) else { break };
        let mut changes = changes(db, tenant, revision + 1, last).await?.into_iter().peekable();
        for commit in commits {
            if commit.revision != revision + 1 {
                return Ok(Some((revision, Some(LogFault::Missing { revision: revision + 1 }))));
            }
            revision = commit.revision;
            let mut own = Vec::new();
            while let Some(change) = changes.next_if(|change| change.revision == revision) {
                own.push(change);
            }
            // Copies of what the commit says, for lists to filter by.
            let is_copied = |change: &log_change::Model| (&change.actor, change.at) == (&commit.actor, commit.at);
            let is_whole = !own.is_empty() && own.iter().all(is_copied);
            if !is_whole || digest_of(&before, &commit, &own)[..] != commit.digest {
                return Ok(Some((revision, Some(LogFault::Altered { revision }))));
            }
            (before, write_id) = (commit.digest, commit.write_id);
        }
        if let Some(stray) = changes.next() {
            return Ok(Some((revision, Some(LogFault::Stray { revision: stray.revision }))));
        }
    }
    let fault = if let Some(stray) = changes(db, tenant, revision + 1, i64::MAX).await?.first() {
        Some(LogFault::Stray { revision: stray.revision })
    } else if revision < head.revision.0 {
        Some(LogFault::Missing { revision: revision + 1 })
    } else if (revision, &write_id[..]) != (head.revision.0, &head.write_id.0[..]) {
        Some(LogFault::OtherHead { revision })
    } else {
        None
    };
    Ok(Some((revision, fault)))
}

async fn commits(db: &impl ConnectionTrait, tenant: &str, after: i64) -> StoreResult<Vec<log_commit::Model>> {
    let query = log_commit::Entity::find()
        .filter(log_commit::Column::TenantId.eq(tenant))
        .filter(log_commit::Column::Revision.gt(after))
        .order_by_asc(log_commit::Column::Revision)
        .limit(CHUNK);
    Ok(query.all(db).await?)
}

async fn changes(
    db: &impl ConnectionTrait,
    tenant: &str,
    first: i64,
    last: i64,
) -> StoreResult<Vec<log_change::Model>> {
    let query = log_change::Entity::find()
        .filter(log_change::Column::TenantId.eq(tenant))
        .filter(log_change::Column::Revision.between(first, last))
        .order_by_asc(log_change::Column::Revision)
        .order_by_asc(log_change::Column::Seq);
    Ok(query.all(db).await?)
}
