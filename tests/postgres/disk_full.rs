//! The disk under PostgreSQL is full: what needs room is refused, what is known is answered, and nothing is lost.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::time::sleep;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{
    Server, WireTenant, Write,
    error::reason_of,
    postgres::Server as PostgresServer,
    repetitions,
    retry_case::MAY_END_WITH,
    shim::{ENOSPC, Shim, open_to_all},
    wire_tenant::DEPOT,
};

const PATIENCE: Duration = Duration::from_secs(30);
/// More writes than fit into the pages that the tables have.
const MANY: usize = 2_000;

/// A server over a PostgreSQL whose disk is full when a test says so.
struct Full {
    world: WireTenant,
    shim: Shim,
    _server: Server,
    _postgres: PostgresServer,
    _dirs: [TempDir; 2],
}

impl Full {
    async fn new() -> Self {
        let dirs = [(); 2].map(|()| tempfile::tempdir().expect("there is room for a directory"));
        let [orders, dir] = dirs.each_ref().map(TempDir::path);
        open_to_all(orders);
        let mut command = PostgresServer::command();
        let shim = Shim::load(&mut command, orders);
        let postgres = PostgresServer::spawn(command);
        let server = server(dir, &postgres).await;
        let world = WireTenant::depot(&server.api().await, "acme", &["otto"]).await;
        Self { world, shim, _server: server, _postgres: postgres, _dirs: dirs }
    }

    /// The number-th change of a role there and back.
    fn change(&self, number: usize) -> Write {
        let role = ["keeper", "hand"][number % 2];
        self.world.change("ada", "otto", "depot:", role).under(&format!("a-change-at-random-{number}"))
    }

    /// Repeats a write until it is answered.
    async fn insist(&self, write: &Write) {
        let begun = Instant::now();
        while let Err(status) = self.world.api.write(write.clone()).await {
            assert!(MAY_END_WITH.contains(&&*reason_of(&status)), "{status:?}");
            assert!(begun.elapsed() < PATIENCE, "it does not go through: {status:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asserts that so many changes were made after a revision, each once.
    async fn assert_made(&self, changes: usize, before: i64) {
        assert_eq!(self.world.revision().await, before + i64::try_from(changes).unwrap());
        let role = ["hand", "keeper"][changes % 2];
        assert_eq!(self.world.grants("otto").await, [format!("acme {role}")]);
    }
}

async fn server(dir: &Path, postgres: &PostgresServer) -> Server {
    let url = format!("store.url={}", postgres.url);
    Server::start_with(dir, &[DEPOT, &[&*url]].concat()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_for_tables_writes_are_refused_until_there_is() {
    let full = Full::new().await;
    let before = full.world.revision().await;
    full.shim.order(&format!("write {ENOSPC} /base/ always"));
    let mut made = 0;
    let status = loop {
        assert!(made < MANY, "the tables grow");
        match full.world.api.write(full.change(made)).await {
            Ok(_) => made += 1,
            Err(status) => break status,
        }
    };
    assert_eq!((status.code(), &*reason_of(&status)), (Code::Unavailable, "STORE_UNAVAILABLE"), "{status:?}");
    assert!(status.get_details_retry_info().is_some(), "{status:?}");
    assert!(full.world.may("ada", "box.create", "depot:").await);
    full.assert_made(made, before).await;
    full.shim.heal();
    full.insist(&full.change(made)).await;
    full.assert_made(made + 1, before).await;
}

/// PostgreSQL ends itself, and recovers, when there is no room for its log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_for_the_log_nothing_is_lost() {
    let full = Full::new().await;
    let before = full.world.revision().await;
    let rounds = usize::try_from(repetitions("full_logs", 3, 20)).unwrap();
    for made in 0..rounds {
        full.shim.order(&format!("write {ENOSPC} /pg_wal/"));
        full.insist(&full.change(made)).await;
        let begun = Instant::now();
        while full.shim.is_pending() {
            assert!(begun.elapsed() < PATIENCE, "the log is written to");
            sleep(Duration::from_millis(20)).await;
        }
    }
    full.insist(&full.change(rounds)).await;
    full.assert_made(rounds + 1, before).await;
}
