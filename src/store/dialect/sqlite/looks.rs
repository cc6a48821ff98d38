//! Looks at tenants, many at a time: most of what one costs is the way to the database and back.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    task, time,
};

use crate::{
    service::ports::{Glance, StoreResult},
    store::{
        dialect::sqlite::connect::{ENDINGS, Pools},
        sql::{
            glance::{self, Looked},
            look::{self, Look, Seen},
        },
    },
};

/// The most looks at a time.
const TOGETHER: usize = 32;
/// How many looks may wait for the next time.
const WAITING: usize = 1024;

/// Hands looks to a task, which ends when this is dropped.
pub(in crate::store) struct Looks {
    pools: Arc<Pools>,
    timeout: Duration,
    waiting: mpsc::Sender<Waiting>,
}

struct Waiting {
    look: Look,
    answer: oneshot::Sender<StoreResult<Option<Seen>>>,
}

impl Looks {
    /// Starts the task, for which others wait no longer than the timeout.
    pub(in crate::store) fn start(pools: &Arc<Pools>, timeout: Duration) -> Self {
        let (waiting, looks) = mpsc::channel(WAITING);
        tokio::spawn(run(Arc::clone(pools), looks));
        Self { pools: Arc::clone(pools), timeout, waiting }
    }

    /// Looks at a tenant; none where there is no such tenant. Where it can't be done with others, for there are too many, or
    /// one has too much, or it takes too long or fails, it is done alone.
    pub(in crate::store) async fn look(&self, tenant: &str, at: &Glance<'_>) -> StoreResult<Option<Seen>> {
        let (answer, seen) = oneshot::channel();
        let sent = self.waiting.try_send(Waiting { look: Look::new(tenant, at), answer });
        if sent.is_ok()
            && let Ok(Ok(seen)) = time::timeout(self.timeout, seen).await
        {
            return seen;
        }
        let reader = self.pools.reader().await?;
        let seen = look::alone(&*reader, Look::new(tenant, at)).await;
        reader.finish(seen).await
    }
}

/// Looks for all who wait, again and again. Whoever gets no answer looks alone.
async fn run(pools: Arc<Pools>, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        // Whoever came with the first is to be with it.
        task::yield_now().await;
        let (mut looks, mut answers) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(Waiting { look, answer }) = next {
            if !answer.is_closed() {
                looks.push(look);
                answers.push(answer);
            }
            next = if looks.len() < TOGETHER { waiting.try_recv().ok() } else { None };
        }
        if looks.is_empty() {
            continue;
        }
        match together(&pools, looks).await {
            Ok(Looked::Seen(seen)) => {
                for (answer, seen) in answers.into_iter().zip(seen) {
                    drop(answer.send(seen));
                }
            }
            Ok(Looked::TooMuch) => {}
            Err(error) => tracing::debug!(%error, "looks failed together; each is tried alone"),
        }
    }
}

async fn together(pools: &Pools, looks: Vec<Look>) -> StoreResult<Looked> {
    let looker = pools.looker().await?;
    let looked = glance::together(&*looker, looks, ENDINGS.rollback).await;
    looker.finish_ended(looked)
}
