//! Runs a race: writes sent at once, round after round, compared with a table of what every serial order comes to.

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::{JoinSet, yield_now};

use crate::{
    contrary::{Contrary, Stage},
    support::{Answer, Api, WireTenant, Write, db::audited, error::reason_of, repetitions, rng::Rng},
};

/// Tenants in which rounds are run at the same time.
const LANES: usize = 4;
/// A tenant may issue more invitations than usual.
const INVITATIONS: &str = "limits.invitations_per_day=1000000";

/// Writes that are sent at once, each over a connection of its own, round after round in one tenant.
pub(crate) trait Race: 'static {
    /// Settings of the server.
    const SETTINGS: &[&str] = &[];

    /// What every serial order of the writes, called A, B, C, comes to: `orders | answers | state`, an answer being
    /// `ok` or the reason of a refusal.
    const ORDERS: &str;

    /// The tenant of all rounds.
    fn open(api: &Api, tenant: &str) -> impl Future<Output = WireTenant> + Send;

    /// Prepares the tenant for a round, and returns the writes to send.
    fn ready(world: &WireTenant, round: usize) -> impl Future<Output = Vec<Write>> + Send;

    /// What the round has left, in the words of the table.
    fn state(world: &WireTenant, round: usize, answers: &[Option<Answer>]) -> impl Future<Output = String> + Send;
}

/// What some serial orders come to.
struct Row {
    orders: Vec<String>,
    answers: Vec<String>,
    state: String,
}

/// What one round came to: the answers in the words of the table, who succeeded in which order, and the state.
#[derive(Debug)]
struct Outcome {
    answers: Vec<String>,
    succeeded: String,
    state: String,
}

impl Row {
    fn table(text: &str) -> Vec<Self> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let row = |line: &str| {
            let [orders, answers, state] = line.split('|').collect::<Vec<_>>()[..] else {
                panic!("`{line}` has three parts");
            };
            Self { orders: words(orders), answers: words(answers), state: words(state).join(" ") }
        };
        let rows = text.lines().filter(|line| !line.trim().is_empty()).map(row).collect::<Vec<_>>();
        let orders = rows.iter().flat_map(|row| &row.orders).collect::<Vec<_>>();
        let writes = rows[0].answers.len();
        assert!(rows.iter().all(|row| row.answers.len() == writes), "every row has an answer to every write");
        assert!(orders.iter().all(|order| order.chars().collect::<BTreeSet<_>>() == letters(writes).collect()));
        let distinct = orders.iter().collect::<BTreeSet<_>>().len();
        assert_eq!((distinct, orders.len()), ((1..=writes).product(), distinct), "every order is there once");
        rows
    }

    /// Whether one of these orders comes to the outcome.
    fn explains(&self, outcome: &Outcome) -> bool {
        let in_order = |order: &String| {
            let mut rest = order.chars();
            outcome.succeeded.chars().all(|write| rest.any(|next| next == write))
        };
        self.answers == outcome.answers && self.state == outcome.state && self.orders.iter().any(in_order)
    }
}

/// The names of so many writes.
fn letters(count: usize) -> impl Iterator<Item = char> {
    ('A'..='Z').take(count)
}

/// Runs a race in several tenants of one server, and compares every round with the table.
pub(crate) async fn run<R: Race>(name: &str) {
    run_on::<R>(name, Contrary::Nothing, repetitions("races", 48, 400)).await;
}

/// Runs a race on a server to which something is contrary.
pub(crate) async fn run_against<R: Race>(contrary: Contrary) {
    run_on::<R>(&format!("{contrary:?}"), contrary, repetitions("contrary_races", 8, 100)).await;
}

async fn run_on<R: Race>(name: &str, contrary: Contrary, rounds: u64) {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let rounds = usize::try_from(rounds).expect("few");
    let stage = Stage::new(contrary, &[R::SETTINGS, &[INVITATIONS]].concat()).await;
    let api = stage.api().await;
    let writes = Row::table(R::ORDERS)[0].answers.len();
    let mut lanes = JoinSet::new();
    for (number, seed) in (0..LANES).zip(seed..) {
        let mut apis = Vec::new();
        for _ in 0..writes {
            apis.push(stage.api().await);
        }
        let world = R::open(&api, &format!("lane-{number}")).await;
        lanes.spawn(lane::<R>(world, apis, Rng::new(seed), rounds.div_ceil(LANES)));
    }
    let mut wins = BTreeMap::<String, usize>::new();
    while let Some(lane) = lanes.join_next().await {
        for (orders, count) in lane.expect("no round gave what no order gives") {
            *wins.entry(orders).or_default() += count;
        }
    }
    for lane in 0..LANES {
        audited(stage.dir.path(), &format!("lane-{lane}")).await;
    }
    eprintln!("{name}: {wins:?}");
}

/// Runs the rounds of one tenant, and counts by orders how often they explained one.
async fn lane<R: Race>(world: WireTenant, apis: Vec<Api>, mut rng: Rng, rounds: usize) -> BTreeMap<String, usize> {
    let table = Row::table(R::ORDERS);
    let mut wins = BTreeMap::new();
    for round in 0..rounds {
        let writes = R::ready(&world, round).await;
        assert_eq!(writes.len(), apis.len());
        let before = world.revision().await;
        let results = at_once(&apis, &writes, &mut rng).await;
        let after = world.revision().await;

        let answers = results.iter().map(|result| result.as_ref().ok().cloned()).collect::<Vec<_>>();
        let succeeded = |(write, answer): (_, &Option<Answer>)| Some((answer.as_ref()?.revision(), write));
        let mut succeeded = letters(apis.len()).zip(&answers).filter_map(succeeded).collect::<Vec<_>>();
        succeeded.sort_unstable();
        let each = succeeded.iter().map(|(revision, _)| *revision).eq(before + 1..=after);
        assert!(each, "a revision for each that succeeded: {succeeded:?} between {before} and {after}");

        let reported = |result: &Result<Answer, String>| result.as_ref().map_or_else(Clone::clone, |_| "ok".into());
        let outcome = Outcome {
            answers: results.iter().map(reported).collect(),
            succeeded: succeeded.into_iter().map(|(_, write)| write).collect(),
            state: R::state(&world, round, &answers).await,
        };
        let row = table.iter().find(|row| row.explains(&outcome));
        let row = row.unwrap_or_else(|| panic!("no order gives {outcome:?}, in round {round}: {writes:?}"));
        *wins.entry(row.orders.join("/")).or_default() += 1;
    }
    wins
}

/// Sends each write over its own connection, all at the same time.
async fn at_once(apis: &[Api], writes: &[Write], rng: &mut Rng) -> Vec<Result<Answer, String>> {
    let mut calls = apis.iter().cloned().zip(writes.iter().cloned()).enumerate().collect::<Vec<_>>();
    let mut sent = JoinSet::new();
    while !calls.is_empty() {
        let next = usize::try_from(rng.range(0, calls.len() as u64)).expect("few");
        let (index, (api, write)) = calls.swap_remove(next);
        let pause = rng.range(0, 4);
        sent.spawn(async move {
            for _ in 0..pause {
                yield_now().await;
            }
            (index, api.write(write).await.map_err(|status| reason_of(&status)))
        });
    }
    let mut results = sent.join_all().await;
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
