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
    opening, policy,
};
use crate::{
    contrary::{Contrary, Stage},
    driver::issued_invitations,
    oracle::{ModelFacts, Tokens},
    support::{WireTenant, db::audited, error::reason_of, names::named, repetitions, rng::Rng},
};

/// Clients that write at the same time, each over a connection of its own.
const CLIENTS: u64 = 32;

/// Sends random operations until none are left.
async fn client(
    world: WireTenant,
    mut rng: Rng,
    tokens: Arc<Mutex<Tokens>>,
    left: Arc<AtomicUsize>,
) -> Vec<OperationRecord> {
    let mut records = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let operation = ACTORS.informed_operation(&mut rng, &tokens.lock().expect("no panic"), &world.tenant);
        let before = world.revision().await;
        let mut answer = world.api.write(operation.write(&world.tenant)).await;
        // A busy machine may have no room for a write, which is then sent again.
        while answer.as_ref().is_err_and(|status| reason_of(status) == "WRITER_BUSY") {
            answer = world.api.write(operation.write(&world.tenant)).await;
        }
        let after = world.revision().await;
        let issued = answer.as_ref().map(issued_invitations).unwrap_or_default();
        tokens.lock().expect("no panic").learn(&issued);
        let result = answer.map(|answer| answer.revision()).map_err(|status| reason_of(&status));
        records.push(OperationRecord { operation, before, after, result, issued });
    }
    records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_interleaving_breaks_a_rule() {
    write_at_once(Contrary::Nothing, repetitions("concurrent_writes", 800, 4000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_interleaving_breaks_a_rule_whatever_is_contrary() {
    for contrary in [Contrary::Misses, Contrary::Unknown, Contrary::Jumps] {
        eprintln!("{contrary:?}");
        write_at_once(contrary, repetitions("contrary_writes", 300, 2000)).await;
    }
}

/// Many clients write at once.
async fn write_at_once(contrary: Contrary, writes: u64) {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let stage = Stage::new(contrary, &[]).await;
    let world = opening(&stage.api().await, "acme").await;
    let start = world.revision().await;
    let (_, tables) = audited(stage.dir.path(), &world.tenant).await;
    let first = ModelFacts::of(&tables, &policy());
    let writes = usize::try_from(writes).expect("few");
    let (tokens, left) = (Arc::<Mutex<Tokens>>::default(), Arc::new(AtomicUsize::new(writes)));
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let world = WireTenant { api: stage.api().await, ..world.clone() };
        tasks.spawn(client(world, Rng::new(seed + number), tokens.clone(), left.clone()));
    }
    let records = tasks.join_all().await.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(records.len(), writes);

    let mut history = History::read(stage.dir.path(), &world.tenant, (start, first)).await;
    let accepted = history.explain_accepted(start, &records);
    history.assert_invariants();
    let refused = history.explain_refused(&records);
    eprintln!("{accepted} accepted, {refused} refused");
    assert!(accepted > writes / 50 && refused > writes / 50, "the test tests something");
    lists_agree(&world, &history).await;
}

/// What the member pages show is what the facts say, implied roles included.
async fn lists_agree(world: &WireTenant, history: &History) {
    let facts = history.last();
    for resource in facts.resources.keys() {
        let (resource_type, id) = resource;
        let mut expected = BTreeSet::new();
        for ((holder, at), assigned) in &facts.bindings {
            if at == resource {
                expected.insert((holder.clone(), format!("{resource_type}.{}", assigned.role), String::new()));
            }
            if *at == history.root && *resource != history.root && history.is_admin(facts, holder) {
                expected.insert((holder.clone(), "job_site.editor".to_owned(), "workspace.admin".to_owned()));
            }
        }
        let mut listed = BTreeSet::new();
        for shown in world.list(world.members_at(&format!("{resource_type}:{id}"))).await {
            let subject = named(&shown.member.expect("a listed member is there"));
            for role in shown.memberships {
                listed.insert(((subject.r#type.clone(), subject.id.clone()), role.role, role.implied_by));
            }
        }
        assert_eq!(listed, expected, "{resource:?}");
    }
}
