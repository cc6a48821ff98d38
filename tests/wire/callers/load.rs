//! Clients that ask all the time, and stop at the first question that fails.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::task::JoinSet;
use tonic::Status;

use super::{ask, eventually, question};
use crate::support::{TestServer, WireTenant};

/// How many clients ask at once, each over a connection of its own.
const CLIENTS: usize = 4;

/// Clients that send one credential, which may change.
pub(super) struct Load {
    credential: Arc<Mutex<String>>,
    stop: Arc<AtomicBool>,
    /// How many questions of each client were answered.
    answered: Arc<[AtomicU64; CLIENTS]>,
    clients: JoinSet<Result<(), Status>>,
}

impl Load {
    /// Begins to ask, and waits until every client was answered.
    pub(super) async fn start(server: &TestServer, world: &WireTenant, credential: &str) -> Self {
        let mut load = Self {
            credential: Arc::new(Mutex::new(credential.to_owned())),
            stop: Arc::default(),
            answered: Arc::default(),
            clients: JoinSet::new(),
        };
        for client in 0..CLIENTS {
            let (api, question) = (server.server.api().await, question(world));
            let (credential, stop, answered) = (load.credential.clone(), load.stop.clone(), load.answered.clone());
            load.clients.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let header = format!("Bearer {}", credential.lock().unwrap());
                    let answer = ask(&api, question.clone(), &[&header]).await;
                    let answer = answer.inspect_err(|status| eprintln!("a client was refused: {status:?}"))?;
                    assert!(answer.allowed);
                    answered[client].fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        load.goes_on().await;
        load
    }

    /// Waits until each client was answered what it asked from now on.
    pub(super) async fn goes_on(&self) {
        // The first of the two may have been sent before.
        let further: Vec<u64> = self.answered.iter().map(|count| count.load(Ordering::Relaxed) + 2).collect();
        let is_further =
            || self.answered.iter().zip(&further).all(|(count, least)| count.load(Ordering::Relaxed) >= *least);
        eventually("every client is answered", async || is_further()).await;
    }

    /// Has the clients send another credential, and waits until each has.
    pub(super) async fn switch(&self, credential: &str) {
        credential.clone_into(&mut self.credential.lock().unwrap());
        self.goes_on().await;
    }

    /// Ends, when every client was answered once more; no question of any may have failed.
    pub(super) async fn end(self) {
        self.goes_on().await;
        self.stop.store(true, Ordering::Relaxed);
        for outcome in self.clients.join_all().await {
            outcome.expect("no question fails");
        }
    }
}
