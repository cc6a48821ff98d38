//! Two thousand writes at once, and sequences of random ones, held against a second, plain writing of the rules.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "a failed test shows its seed")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, TestCaseError, TestRunner},
};
use support::{
    Stage, World,
    db::audited,
    error::reason_of,
    facts::{Cast, Deed, Facts, Op, Secrets, short},
    reads::name,
    replay::{State, revisions},
    rng::Rng,
    rules::{Verdict, decide},
    world::OPERATOR,
};
use tokio::task::JoinSet;

const WRITES: usize = 2000;
const CLIENTS: u64 = 32;

const CAST: Cast<'_> = Cast {
    people: &[
        "ada", "alan", "anna", "edith", "emil", "elsa", "victor", "vera", "vito", "olga", "otto", "olaf", "nina",
        "nils", "nora", "paul",
    ],
    leaders: &["ada", "alan", "anna", "edith", "emil", "elsa"],
    sites: &["harbour", "quarry", "pier", "dock", "silo"],
};

/// A tenant with a part of the cast in it, in three sites.
async fn opening(stage: &Stage, tenant: &str) -> World {
    let world = World::bare(&stage.api, tenant).await;
    world.join(OPERATOR, &["alan", "anna"], "admin").await;
    world.join("ada", &["edith", "emil", "elsa", "victor", "vera", "vito", "olga"], "user").await;
    for write in [
        world.create_site("edith", "harbour"),
        world.create_site("emil", "quarry"),
        world.create_site("elsa", "pier"),
        world.invite_all("ada", &["victor", "vera"], &[("harbour", "viewer"), ("quarry", "viewer")]),
        world.invite("ada", "elsa", "harbour", "editor"),
    ] {
        world.api.write(write).await.expect("the opening is allowed");
    }
    world
}

/// What one deed came to: the tenant's revision before and after it, and its own or the reason of its refusal.
struct Done {
    deed: Deed,
    before: i64,
    after: i64,
    result: Result<i64, String>,
}

async fn client(world: World, mut rng: Rng, secrets: Arc<Mutex<Secrets>>, left: Arc<AtomicUsize>) -> Vec<Done> {
    let mut done = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let deed = Deed::with_secret(&mut rng, &CAST, &secrets.lock().expect("no panic"));
        let before = world.revision().await;
        let answer = world.api.write(deed.write(&world)).await;
        let after = world.revision().await;
        if let Ok(answer) = &answer {
            secrets.lock().expect("no panic").learn(answer);
        }
        let result = answer.map(|answer| answer.revision(&world.tenant)).map_err(|status| reason_of(&status));
        done.push(Done { deed, before, after, result });
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_interleaving_breaks_a_rule() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let stage = Stage::new().await;
    let world = opening(&stage, "storm").await;
    let start = world.revision().await;
    let (secrets, left) = (Arc::<Mutex<Secrets>>::default(), Arc::new(AtomicUsize::new(WRITES)));
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let world = World { api: stage.server.api().await, ..world.clone() };
        tasks.spawn(client(world, Rng::new(seed + number), secrets.clone(), left.clone()));
    }
    let done = tasks.join_all().await.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(done.len(), WRITES);

    let history = History::read(stage.dir.path(), &world.tenant).await;
    history.keeps_its_invariants();
    let accepted = history.explains_what_was_done(start, &done);
    let refused = history.explains_what_was_refused(&done);
    eprintln!("{accepted} done, {refused} refused");
    assert!(accepted > WRITES / 50 && refused > WRITES / 50, "the test tests something");
    lists_agree(&world, history.last()).await;
}

/// The tenant's facts at every revision, from the log, and who made it.
struct History {
    facts: Vec<Facts>,
    actors: Vec<String>,
}

impl History {
    async fn read(dir: &Path, tenant: &str) -> Self {
        let (log, tables) = audited(dir, tenant).await;
        let mut state = State::default();
        let (mut facts, mut actors) = (vec![Facts::default()], vec![String::new()]);
        for group in revisions(&log) {
            state.apply_all(group);
            facts.push(Facts::from(&state));
            actors.push(short(&group[0].actor));
        }
        assert_eq!(facts.last(), Some(&Facts::from(&tables)));
        Self { facts, actors }
    }

    fn at(&self, revision: i64) -> &Facts {
        &self.facts[usize::try_from(revision).expect("revisions count from 1")]
    }

    fn last(&self) -> &Facts {
        self.facts.last().expect("there is a revision 0")
    }

    /// What must hold at every revision, whoever did what.
    fn keeps_its_invariants(&self) {
        for (revision, pair) in self.facts.windows(2).enumerate() {
            let (before, after) = (&pair[0], &pair[1]);
            let active = after.admins().filter(|admin| after.members[*admin].active);
            assert!(active.count() > 0, "an admin remains at {}", revision + 1);
            for ((holder, place), role) in &before.roles {
                let protected = place != "workspace" && before.is_admin(holder) && after.members.contains_key(holder);
                let kept = after.role(holder, place) == Some(role);
                assert!(kept || !protected, "the admin `{holder}` lost `{place}` at {}", revision + 1);
            }
            let homeless = after.members.keys().find(|member| after.role(member, "workspace").is_none());
            assert_eq!(homeless, None, "every member is of the workspace at {}", revision + 1);
        }
    }

    /// Each revision is the deed of one client, allowed in the state before it, and changes what it should.
    fn explains_what_was_done(&self, start: i64, done: &[Done]) -> usize {
        let mut made = BTreeMap::new();
        for deed in done {
            let Ok(revision) = deed.result else { continue };
            assert!(deed.before < revision && revision <= deed.after, "{:?} is out of time", deed.deed);
            assert!(made.insert(revision, &deed.deed).is_none(), "revision {revision} is told twice");
        }
        let all = start + 1..i64::try_from(self.facts.len()).expect("few");
        assert!(made.keys().copied().eq(all), "every revision is somebody's");
        for (revision, deed) in &made {
            let actor = &self.actors[usize::try_from(*revision).expect("revisions count from 1")];
            assert_eq!(*actor, deed.actor, "the log knows who made {revision}");
            match decide(self.at(revision - 1), deed) {
                Verdict::Allowed(after) => assert_eq!(after, *self.at(*revision), "{revision}: {deed:?}"),
                Verdict::Refused(reasons) => panic!("{revision}: {deed:?} was done against {reasons:?}"),
            }
        }
        made.len()
    }

    /// Each refusal was right at some moment between the call and its answer.
    fn explains_what_was_refused(&self, done: &[Done]) -> usize {
        let mut count = 0;
        for Done { deed, before, after, result } in done {
            let Err(reason) = result else { continue };
            count += 1;
            // The rules know emails and not tokens: one may be of an invitation before the one that is open.
            let of_before = ["INVITATION_NOT_FOUND", "INVITATION_USED", "INVITATION_REVOKED"];
            let stale = matches!(deed.op, Op::Accept { .. }) && of_before.contains(&reason.as_str());
            let right = |revision| match decide(self.at(revision), deed) {
                Verdict::Refused(reasons) => reasons.contains(&reason.as_str()),
                Verdict::Allowed(_) => stale,
            };
            assert!((*before..=*after).any(right), "{deed:?} was refused as {reason} from {before} to {after}");
        }
        count
    }
}

/// What the member pages show is what the facts say, implied roles included.
async fn lists_agree(world: &World, facts: &Facts) {
    for place in facts.sites.iter().map(String::as_str).chain(["workspace"]) {
        let mut expected = BTreeSet::new();
        let kind = if place == "workspace" { "workspace" } else { "job_site" };
        for ((holder, _), role) in facts.roles.iter().filter(|((_, at), _)| at == place) {
            expected.insert((holder.clone(), format!("{kind}.{role}"), String::new()));
        }
        if place != "workspace" {
            for admin in facts.admins() {
                expected.insert((admin.to_owned(), "job_site.editor".into(), "workspace.admin".into()));
            }
        }
        let mut listed = BTreeSet::new();
        for member in world.list(world.members_at(place)).await {
            for role in &member.memberships {
                listed.insert((name(&member), role.role.clone(), role.implied_by.clone()));
            }
        }
        assert_eq!(listed, expected, "{place}");
    }
}

/// Plays deeds, each told by a number, one after the other; the rules must foresee every answer.
async fn play(stage: &Stage, tenant: &str, numbers: Vec<u64>) -> Result<(), TestCaseError> {
    let world = opening(stage, tenant).await;
    let (_, tables) = audited(stage.dir.path(), tenant).await;
    let mut facts = Facts::from(&tables);
    let mut secrets = Secrets::default();
    for number in numbers {
        let mut deed = Deed::any(&mut Rng::new(number), &CAST);
        if let Op::Accept { email, token } = &mut deed.op {
            secrets.of(email).unwrap_or("no-such-secret").clone_into(token);
        }
        let verdict = decide(&facts, &deed);
        let dry = world.api.write(deed.write(&world).dry()).await.err().map(|status| reason_of(&status));
        let answer = world.api.write(deed.write(&world)).await;
        let reason = answer.as_ref().err().map(reason_of);
        let told = format!("{deed:?}: {reason:?} by the server, dry {dry:?}, {verdict:?} by the rules, in {facts:?}");
        let foreseen = match (&verdict, &reason) {
            (Verdict::Allowed(_), None) => true,
            (Verdict::Refused(reasons), Some(reason)) => reasons.contains(&reason.as_str()),
            _ => false,
        };
        if !foreseen || dry != reason {
            return Err(TestCaseError::fail(told));
        }
        if let (Verdict::Allowed(after), Ok(answer)) = (verdict, answer) {
            secrets.learn(&answer);
            facts = after;
        }
    }
    let (_, tables) = audited(stage.dir.path(), tenant).await;
    if Facts::from(&tables) != facts {
        return Err(TestCaseError::fail(format!("{:?} in the tables, {facts:?} by the rules", Facts::from(&tables))));
    }
    Ok(())
}

#[test]
fn the_rules_foresee_every_answer() {
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    let stage = runtime.block_on(Stage::new());
    let tenants = AtomicUsize::new(0);
    let config = Config { cases: 40, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let outcome = TestRunner::new(config).run(&vec(any::<u64>(), 40), |numbers| {
        let tenant = format!("tenant-{}", tenants.fetch_add(1, Ordering::Relaxed));
        runtime.block_on(play(&stage, &tenant, numbers))
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
