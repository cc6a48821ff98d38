//! Servers to which something is contrary: every first commit misses, outcomes of commits are unknown, or time jumps at each
//! step. What is raced and stormed on them must come out as on any other.

use std::{fs, path::Path, sync::Arc};

use rollcall::service::{Quotas, ports::Clock};
use rollcall_engine::{Policy, compile};
use tempfile::TempDir;

use crate::{
    faults::disk::{EIO, fail_each_commit_once},
    support::{
        Api, Server,
        clock::{self, ManualClock},
        clocked_server::ClockedServer,
        contrary::{ContraryStore, JumpingClock},
        server::command,
        shim::Shim,
    },
};

/// What is contrary to writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contrary {
    Nothing,
    /// Every write's first commit misses, as if another process had been faster.
    Misses,
    /// Each commit fails once on the disk, so that its outcome is unknown.
    Unknown,
    /// The clock jumps by up to five seconds, back or forth, at each look.
    Jumps,
}

/// A server with a store of its own.
pub struct Stage {
    pub dir: TempDir,
    served: Served,
}

enum Served {
    Process(Server),
    /// Where the store or the clock is the test's own.
    Here(ClockedServer),
}

impl Stage {
    /// A server with these settings, of which one in this process knows the policies' directory alone, and issues as many
    /// invitations as it is asked for.
    pub async fn new(contrary: Contrary, settings: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a directory");
        let served = match contrary {
            Contrary::Nothing | Contrary::Unknown => Served::Process(contrary.server(dir.path(), settings).await),
            Contrary::Misses | Contrary::Jumps => Served::Here(here(contrary, dir.path(), settings).await),
        };
        Self { dir, served }
    }

    /// Clients of every service over a new connection.
    pub async fn api(&self) -> Api {
        match &self.served {
            Served::Process(server) => server.api().await,
            Served::Here(server) => server.api().await,
        }
    }
}

impl Contrary {
    /// A server in a process of its own, to which nothing is contrary, or the disk.
    pub async fn server(self, dir: &Path, settings: &[&str]) -> Server {
        let mut command = command(dir, settings);
        let shim = Shim::load(&mut command, dir);
        shim.heal();
        let server = Server::spawn(command).await;
        match self {
            Self::Nothing => {}
            Self::Unknown => fail_each_commit_once(&shim, EIO),
            Self::Misses | Self::Jumps => panic!("{self:?} is for a server in this process"),
        }
        server
    }
}

async fn here(contrary: Contrary, dir: &Path, settings: &[&str]) -> ClockedServer {
    let store = ContraryStore::over(Arc::new(clock::store_in(dir).await));
    let manual = Arc::new(ManualClock::default());
    manual.set(rollcall_engine::Timestamp(1_795_676_400_000_000));
    let clock: Arc<dyn Clock> = if contrary == Contrary::Jumps { Arc::new(JumpingClock::default()) } else { manual };
    if contrary == Contrary::Misses {
        store.miss_every_first();
    }
    let policies = settings.iter().find_map(|setting| setting.strip_prefix("policies.dir=")).unwrap_or("policies");
    let service = clock::service_over(store, clock, &policies_in(policies)).await;
    ClockedServer::serve(service.with_quotas(Quotas { invitations_per_day: u32::MAX })).await
}

fn policies_in(dir: &str) -> Vec<Arc<Policy>> {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)).unwrap();
    let files = files.map(|file| file.unwrap().path().display().to_string());
    let policies = files.filter(|file| file.ends_with("toml") && !file.ends_with("tests.toml"));
    policies.map(|file| Arc::new(compile(&file, &fs::read_to_string(&file).unwrap()).unwrap())).collect()
}
