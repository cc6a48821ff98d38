//! RPCs of the real server, one at a time over one connection: a warm `Check`, an item of a batch, and the health
//! service's RPC beside them, which does next to nothing on the same stack.

use std::path::Path;

use rollcall::proto::{BatchCheckRequest, CheckItem, CheckRequest};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    callgrind::{counted, under},
    support::{Server, WireTenant, server},
};

/// How often each is called in the shorter run and in the longer.
const RUNS: (usize, usize) = (300, 1300);
/// The same for batches, of so many items each.
const BATCHES: (usize, usize) = (4, 12);
const ITEMS: usize = 1000;
/// Settings that turn background work off, so that it is not counted.
const STILL: [&str; 4] = ["sweep.every=0s", "policies.poll=0", "watch.poll=0s", "store.read_connections=1"];

/// What a server is asked while it is counted.
#[derive(Clone, Copy)]
enum Rpc {
    Check,
    Health,
    Batch,
}

/// The instructions of each.
pub async fn count() -> [(&'static str, u64); 3] {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let server = Server::start(dir.path()).await;
    WireTenant::seeded(&server.api().await, "bench").await;
    assert!(server.terminate().await.success(), "the tenant is made");
    let check = one(dir.path(), Rpc::Check, RUNS).await;
    let health = one(dir.path(), Rpc::Health, RUNS).await;
    let batch = one(dir.path(), Rpc::Batch, BATCHES).await;
    [("check", check), ("health", health), ("batch_item", batch / ITEMS as u64)]
}

async fn one(dir: &Path, rpc: Rpc, (few, many): (usize, usize)) -> u64 {
    (run(dir, rpc, many).await - run(dir, rpc, few).await) / (many - few) as u64
}

/// What a server takes from start to end that is asked so often.
async fn run(dir: &Path, rpc: Rpc, count: usize) -> u64 {
    let log = dir.join("callgrind.log");
    let server = Server::spawn(under(&server::command(dir, &STILL), &log)).await;
    let channel = server.channel().await;
    let world = WireTenant { api: crate::support::Api::new(channel.clone()), tenant: "bench".to_owned() };
    for _ in 0..count {
        match rpc {
            Rpc::Check => {
                let answer = world.api.check(question(&world)).await.expect("the question is well formed");
                assert!(answer.allowed);
            }
            Rpc::Health => {
                let request = HealthCheckRequest { service: String::new() };
                HealthClient::new(channel.clone()).check(request).await.expect("the health service answers");
            }
            Rpc::Batch => {
                let answer = world.api.batch_check(batch(&world)).await.expect("the questions are well formed");
                assert_eq!(answer.results.len(), ITEMS);
            }
        }
    }
    drop((world, channel));
    assert!(server.terminate().await.success(), "the server ends in good order");
    counted(&log)
}

fn question(world: &WireTenant) -> CheckRequest {
    world.question("edith", "data.edit", "harbour")
}

fn batch(world: &WireTenant) -> BatchCheckRequest {
    let CheckRequest { tenant, subject, action, resource, .. } = question(world);
    let item = CheckItem { subject, action, resource, ..CheckItem::default() };
    BatchCheckRequest { tenant, items: vec![item; ITEMS], ..BatchCheckRequest::default() }
}
