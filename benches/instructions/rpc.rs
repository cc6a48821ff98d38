//! RPCs of the real server, one at a time over one connection: a warm `Check`, the same with a key, rights and TLS, an item of a
//! batch, and the health service's RPC beside them, which does next to nothing on the same stack. And what it takes to make an
//! encrypted connection.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rollcall::proto::{BatchCheckRequest, CheckItem, CheckRequest};
use sha2::{Digest as _, Sha256};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    callgrind::{counted, under},
    support::{Server, WireTenant, authority::Authority, server, transport::TlsClient},
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
    /// A `Check` of a caller that a callers' file knows by its key, over an encrypted connection.
    SecuredCheck,
    /// A `Check` over an encrypted connection of its own.
    Connection,
    Health,
    Batch,
}

/// The instructions of each.
pub async fn count() -> [(&'static str, u64); 5] {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let server = Server::start(dir.path()).await;
    WireTenant::seeded(&server.api().await, "bench").await;
    assert!(server.terminate().await.success(), "the tenant is made");
    let check = one(dir.path(), Rpc::Check, RUNS).await;
    let secured = one(dir.path(), Rpc::SecuredCheck, RUNS).await;
    let connection = one(dir.path(), Rpc::Connection, CONNECTIONS).await;
    let health = one(dir.path(), Rpc::Health, RUNS).await;
    let batch = one(dir.path(), Rpc::Batch, BATCHES).await;
    [
        ("check", check),
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
    let is_secured = matches!(rpc, Rpc::SecuredCheck | Rpc::Connection);
    if is_secured {
        settings.extend(authority.server().write(dir, "bench"));
        settings.push(format!("auth.file={}", callers(dir).display()));
    }
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let server = Server::spawn(under(&server::command(dir, &settings), &log)).await;
    let connect = async || {
        let api = if is_secured {
            server.secure_api(&TlsClient::trusting(&authority)).await.with_key(KEY)
        } else {
            server.api().await
        };
        WireTenant { api, tenant: "bench".to_owned() }
    };
    let mut world = connect().await;
    for _ in 0..count {
        match rpc {
            Rpc::Check | Rpc::SecuredCheck | Rpc::Connection => {
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

/// A callers' file with one caller, who may read one tenant for people.
fn callers(dir: &Path) -> PathBuf {
    let hash = Sha256::digest(KEY).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    let file = dir.join("callers.toml");
    let text = format!(
        "[[caller]]\nname = \"shop\"\nkeys = [{{ sha256 = \"{hash}\" }}]\nrights = [\"read\"]\n\
         tenants = [\"eu-*\", \"bench\"]\nsubjects = [\"service\", \"user\"]\n"
    );
    fs::write(&file, text).expect("there is room");
    file
}

fn question(world: &WireTenant) -> CheckRequest {
    world.question("edith", "data.edit", "harbour")
}

fn batch(world: &WireTenant) -> BatchCheckRequest {
    let CheckRequest { tenant, subject, action, resource, .. } = question(world);
    let item = CheckItem { subject, action, resource, ..CheckItem::default() };
    BatchCheckRequest { tenant, items: vec![item; ITEMS], ..BatchCheckRequest::default() }
}
