//! RPCs of the real server, one at a time over one connection: a warm `Check`, the same with a key and rights, and with TLS beside
//! them, an item of a batch, and the health service's RPC, which does next to nothing on the same stack. And what it takes to make
//! an encrypted connection.

use std::{fs, path::Path};

use rollcall::proto::{BatchCheckRequest, CheckItem, CheckRequest};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    callgrind::{counted, under},
    support::{Server, WireTenant, authority::Authority, callers_file::reader, server, transport::TlsClient},
};

/// How often each is called in the shorter run and in the longer.
const RUNS: (usize, usize) = (300, 1300);
/// The same for connections.
const CONNECTIONS: (usize, usize) = (20, 120);
/// The same for batches, of so many items each.
const BATCHES: (usize, usize) = (4, 12);
const ITEMS: usize = 1000;
/// Settings that turn background work off, so that it is not counted.
const STILL: [&str; 5] =
    ["sweep.every=0s", "policies.poll=0", "auth.poll=0", "watch.poll=0s", "store.read_connections=1"];

/// The key of a caller with the right to read.
const KEY: &str = "open sesame";

/// What a server is asked while it is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rpc {
    Check,
    /// A `Check` of a caller that a callers' file knows by its key.
    KeyedCheck,
    /// The same over an encrypted connection.
    SecuredCheck,
    /// A `Check` over an encrypted connection of its own.
    Connection,
    Health,
    Batch,
}

/// The instructions of each.
pub async fn count() -> [(&'static str, u64); 6] {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let server = Server::start(dir.path()).await;
    WireTenant::seeded(&server.api().await, "bench").await;
    assert!(server.terminate().await.success(), "the tenant is made");
    let check = one(dir.path(), Rpc::Check, RUNS).await;
    let keyed = one(dir.path(), Rpc::KeyedCheck, RUNS).await;
    let secured = one(dir.path(), Rpc::SecuredCheck, RUNS).await;
    let connection = one(dir.path(), Rpc::Connection, CONNECTIONS).await;
    let health = one(dir.path(), Rpc::Health, RUNS).await;
    let batch = one(dir.path(), Rpc::Batch, BATCHES).await;
    [
        ("check", check),
        ("check_with_key", keyed),
        ("check_secured", secured),
        ("tls_connection", connection - secured),
        ("health", health),
        ("batch_item", batch / ITEMS as u64),
    ]
}

async fn one(dir: &Path, rpc: Rpc, (few, many): (usize, usize)) -> u64 {
    (run(dir, rpc, many).await - run(dir, rpc, few).await) / (many - few) as u64
}

/// What a server takes from start to end that is asked so often.
async fn run(dir: &Path, rpc: Rpc, count: usize) -> u64 {
    let log = dir.join("callgrind.log");
    let authority = Authority::new("bench");
    let mut settings = STILL.map(str::to_owned).to_vec();
    let is_encrypted = matches!(rpc, Rpc::SecuredCheck | Rpc::Connection);
    if is_encrypted {
        settings.extend(authority.server().write(dir, "bench"));
    }
    if is_encrypted || rpc == Rpc::KeyedCheck {
        let file = dir.join("callers.toml");
        fs::write(&file, reader(KEY, "bench")).expect("there is room");
        settings.push(format!("auth.file={}", file.display()));
    }
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let server = Server::spawn(under(&server::command(dir, &settings), &log)).await;
    let connect = async || {
        let api = match rpc {
            Rpc::SecuredCheck | Rpc::Connection => {
                server.secure_api(&TlsClient::trusting(&authority)).await.with_key(KEY)
            }
            Rpc::KeyedCheck => server.api().await.with_key(KEY),
            Rpc::Check | Rpc::Health | Rpc::Batch => server.api().await,
        };
        WireTenant { api, tenant: "bench".to_owned() }
    };
    let mut world = connect().await;
    for _ in 0..count {
        match rpc {
            Rpc::Check | Rpc::KeyedCheck | Rpc::SecuredCheck | Rpc::Connection => {
                if rpc == Rpc::Connection {
                    world = connect().await;
                }
                let answer = world.api.check(question(&world)).await.expect("the question is well formed");
                assert!(answer.allowed);
            }
            Rpc::Health => {
                let request = HealthCheckRequest { service: String::new() };
                let channel = world.api.channel.clone();
                HealthClient::new(channel).check(request).await.expect("the health service answers");
            }
            Rpc::Batch => {
                let answer = world.api.batch_check(batch(&world)).await.expect("the questions are well formed");
                assert_eq!(answer.results.len(), ITEMS);
            }
        }
    }
    drop(world);
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
