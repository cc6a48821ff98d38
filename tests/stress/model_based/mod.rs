//! Random writes under every policy of ours, each foreseen by the oracle, which knows the policy's text and nothing
//! else.

use std::{collections::BTreeMap, fs, path::Path};

use tokio::task::JoinSet;

use crate::{
    driver::issued_invitations,
    oracle::{Generator, ModelFacts, Operation, PolicyFile, Tokens, Verdict, decide},
    support::{
        Api, TestServer,
        db::{Db, audited},
        error::{code_of, reason_of},
        fixture, repetitions,
        replay::State,
        rng::Rng,
    },
};

/// The policies of this repository, one that uses what none of them uses, and one for chains of writes.
const POLICIES: [&str; 6] = [
    "policies/lumicon.toml",
    "policies/lumi-1.toml",
    "policies/lumi-2.toml",
    "policies/lume.toml",
    "tests/stress/model_based/yard.toml",
    "tests/stress/model_based/chains.toml",
];
/// One in so many operations is drawn again until the model allows it.
const RETRIED_ONE_IN: u64 = 2;
/// An operation is drawn again at most so often.
const DRAW_LIMIT: usize = 16;
/// All tables are compared after so many writes; in between, the log.
/// Fewer operations that are allowed would test too little.
const MIN_ALLOWED_PERCENT: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_foresees_every_answer() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let policies = tempfile::tempdir().expect("there is room for a directory");
    for file in POLICIES.map(Path::new) {
        let name = file.file_name().expect("a file has a name");
        fs::copy(root().join(file), policies.path().join(name)).expect("the policy is there");
    }
    let stage = TestServer::with(&[&format!("policies.dir={}", policies.path().display())]).await;
    let writes = usize::try_from(repetitions("model_writes", 700, 3_000)).expect("few");
    let mut runs = JoinSet::new();
    for (number, file) in (0..).zip(POLICIES) {
        let run = Run::new(stage.server.api().await, stage.dir.path(), Path::new(file), seed + number).await;
        // Only the yard has what can be moved, and in a thousand writes now and then nothing is; and chains are long.
        runs.spawn(run.run(if file.starts_with("tests") { 3 * writes } else { writes }));
    }
    let mut total = Coverage::default();
    while let Some(result) = runs.join_next().await {
        let (tenant, coverage) = result.expect("the run of a policy ends well");
        let count: usize = coverage.values().sum();
        eprintln!("{tenant}: {count} allowed: {coverage:?}");
        assert!(count * 100 >= writes * MIN_ALLOWED_PERCENT, "the test tests something");
        for (kind, count) in coverage {
            *total.entry(kind).or_default() += count;
        }
        audited(stage.dir.path(), &tenant).await;
    }
    assert!(total.values().all(|count| *count > 0), "an operation of each kind was allowed: {total:?}");
}

/// How many operations of each kind were allowed.
type Coverage = BTreeMap<&'static str, usize>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One tenant on one policy, and what the model knows of it.
struct Run {
    api: Api,
    db: Db,
    tenant: String,
    policy: PolicyFile,
    rng: Rng,
    state: State,
    facts: ModelFacts,
    tokens: Tokens,
    revision: i64,
}

impl Run {
    async fn new(api: Api, dir: &Path, file: &Path, seed: u64) -> Self {
        let policy = PolicyFile::read(&fs::read_to_string(root().join(file)).expect("the policy is there"));
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a file has a name");
        let world = fixture::tenant(name).named(name).founder("ada").wire_on(&api).await;
        let (rng, db, state) = (Rng::new(seed), Db::open(dir).await, State::default());
        let (facts, tokens, tenant) = (ModelFacts::default(), Tokens::default(), name.to_owned());
        let revision = world.revision().await;
        let mut run = Self { api, db, tenant, policy, rng, state, facts, tokens, revision };
        run.follow().await;
        run.facts = run.stored().await;
        run
    }

    /// Makes so many writes, and counts by kind those that were allowed.
    async fn run(mut self, writes: usize) -> (String, Coverage) {
        let mut coverage = Coverage::default();
        for _ in 0..writes {
            let (kind, operation) = self.next();
            *coverage.entry(kind).or_default() += usize::from(self.step(&operation).await);
        }
        self.db.close().await;
        (self.tenant, coverage)
    }

    fn next(&mut self) -> (&'static str, Operation) {
        let until_allowed = self.rng.range(0, RETRIED_ONE_IN) == 0;
        let mut generator =
            Generator { rng: &mut self.rng, policy: &self.policy, facts: &self.facts, tokens: &self.tokens };
        let kind = generator.kind();
        let mut operation = generator.operation(kind);
        for _ in 0..if until_allowed { DRAW_LIMIT } else { 0 } {
            if let Verdict::Allowed(_) = decide(&self.policy, &self.facts, &operation) {
                break;
            }
            operation = generator.operation(kind);
        }
        (kind, operation)
    }

    /// Sends an operation as a dry run and as a write, both with the answer that the model foresees; whether it was
    /// allowed.
    async fn step(&mut self, operation: &Operation) -> bool {
        let verdict = decide(&self.policy, &self.facts, operation);
        let write = operation.write(&self.tenant);
        let dry = self.api.write(write.clone().dry()).await;
        let real = self.api.write(write).await;
        let message = |wrong: &str| {
            format!("{}: {wrong}: {operation:?}\n{dry:?}\n{real:?}\n{verdict:?}\nin {:?}", self.tenant, self.facts)
        };
        match (&dry, &real) {
            (Ok(dry), Ok(real)) => {
                assert_eq!(dry.clone().settled(), real.clone().settled(), "{}", message("not as asked"));
            }
            (Err(dry), Err(real)) => {
                let reason_and_message = |status: &tonic::Status| (reason_of(status), status.message().to_owned());
                assert_eq!(
                    reason_and_message(dry),
                    reason_and_message(real),
                    "{}",
                    message("refused otherwise than asked")
                );
            }
            _ => panic!("{}", message("a dry run and the write differ")),
        }
        match (&verdict, &real) {
            (Verdict::Refused(reasons), Err(status)) => {
                let reason = reason_of(status);
                assert!(reasons.contains(reason.as_str()), "{}", message("refused for another reason"));
                assert_eq!(status.code(), code_of(&reason), "{}", message("the code fits the reason"));
                false
            }
            (Verdict::Allowed(after), Ok(answer)) => {
                assert_eq!(answer.revision(), self.revision + 1, "{}", message("one revision a write"));
                let (mut after, issued) = (after.clone(), issued_invitations(answer));
                after.learn(&issued);
                self.tokens.learn(&issued);
                self.revision += 1;
                self.follow().await;
                let stored = self.stored().await;
                assert_eq!(
                    stored, after,
                    "{}: changed otherwise than foreseen: {operation:?}\n{real:?}\nin {:?}",
                    self.tenant, self.facts
                );
                after.assert_invariants(&self.policy, &self.facts);
                self.facts = after;
                true
            }
            _ => panic!("{}", message("the model and the server differ")),
        }
    }

    /// The facts as the tables have them, which are those of the log.
    async fn stored(&self) -> ModelFacts {
        let tables = self.db.state(&self.tenant).await;
        assert_eq!(tables.clone().without_profiles(), self.state, "{}: the log and the tables agree", self.tenant);
        ModelFacts::of(&tables, &self.policy)
    }

    /// Applies what the newest revision changed.
    async fn follow(&mut self) {
        let changes = self.db.newest(&self.tenant).await;
        assert!(changes.iter().all(|change| change.revision == self.revision), "the log ends at {}", self.revision);
        self.state.apply_all(&changes);
    }
}
