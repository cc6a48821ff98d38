//! Clients that write at random at the same time: every result is explained by the state of some revision.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::task::JoinSet;

use super::{
    ACTORS,
    history::{History, OperationRecord},
    opening,
};
use crate::support::{
    TestServer, WireTenant,
    error::reason_of,
    facts::{Deed, Facts, Secrets},
    reads::name,
    repetitions,
    rng::Rng,
};

/// Clients that write at the same time, each over a connection of its own.
const CLIENTS: u64 = 32;

/// Sends random operations until none are left.
async fn client(
    world: WireTenant,
    mut rng: Rng,
    secrets: Arc<Mutex<Secrets>>,
    left: Arc<AtomicUsize>,
) -> Vec<OperationRecord> {
    let mut records = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let operation = Deed::with_secret(&mut rng, &ACTORS, &secrets.lock().expect("no panic"));
        let before = world.revision().await;
        let answer = world.api.write(operation.write(&world)).await;
        let after = world.revision().await;
        if let Ok(answer) = &answer {
            secrets.lock().expect("no panic").learn(answer);
        }
        let result = answer.map(|answer| answer.revision(&world.tenant)).map_err(|status| reason_of(&status));
        records.push(OperationRecord { operation, before, after, result });
    }
    records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_interleaving_breaks_a_rule() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let stage = TestServer::new().await;
    let world = opening(&stage, "acme").await;
    let start = world.revision().await;
    let writes = usize::try_from(repetitions("concurrent_writes", 800, 4000)).expect("few");
    let (secrets, left) = (Arc::<Mutex<Secrets>>::default(), Arc::new(AtomicUsize::new(writes)));
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let world = WireTenant { api: stage.server.api().await, ..world.clone() };
        tasks.spawn(client(world, Rng::new(seed + number), secrets.clone(), left.clone()));
    }
    let records = tasks.join_all().await.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(records.len(), writes);

    let history = History::read(stage.dir.path(), &world.tenant).await;
    history.assert_invariants();
    let accepted = history.explain_accepted(start, &records);
    let refused = history.explain_refused(&records);
    eprintln!("{accepted} accepted, {refused} refused");
    assert!(accepted > writes / 50 && refused > writes / 50, "the test tests something");
    lists_agree(&world, history.last()).await;
}

/// What the member pages show is what the facts say, implied roles included.
async fn lists_agree(world: &WireTenant, facts: &Facts) {
    for resource in facts.sites.iter().map(String::as_str).chain(["workspace"]) {
        let mut expected = BTreeSet::new();
        let resource_type = if resource == "workspace" { "workspace" } else { "job_site" };
        for ((holder, _), role) in facts.roles.iter().filter(|((_, at), _)| at == resource) {
            expected.insert((holder.clone(), format!("{resource_type}.{role}"), String::new()));
        }
        if resource != "workspace" {
            for admin in facts.admins() {
                expected.insert((admin.to_owned(), "job_site.editor".into(), "workspace.admin".into()));
            }
        }
        let mut listed = BTreeSet::new();
        for member in world.list(world.members_at(resource)).await {
            for role in &member.memberships {
                listed.insert((name(&member), role.role.clone(), role.implied_by.clone()));
            }
        }
        assert_eq!(listed, expected, "{resource}");
    }
}
