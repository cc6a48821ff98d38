//! Random writes under every policy of ours, each foreseen by the oracle, which knows the policy's text and nothing
//! else.

mod moment;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use rollcall::service::ports::Clock as _;
use rollcall_engine::{Policy, compile};
use tempfile::TempDir;
use tokio::task::JoinSet;

use self::moment::facts_at;
use crate::{
    driver::issued_invitations,
    oracle::{Generator, Key, ModelFacts, Operation, OperationKind, PolicyFile, Tokens, Verdict, decide},
    support::{
        Api,
        clocked_server::ClockedServer,
        db::{Db, audited},
        error::{code_of, reason_of},
        fixture::tenant_under,
        repetitions,
        replay::State,
        rng::Rng,
    },
};

/// The versions of each policy of this repository, of one that uses what none of them uses, and of one for chains of writes.
/// A tenant begins on the first.
const POLICIES: [&[&str]; 6] = [
    &["policies/lumicon.toml"],
    &["policies/lumi-1.toml"],
    &["policies/lumi-2.toml"],
    &["policies/lume.toml"],
    &["tests/stress/model_based/yard.toml"],
    &["tests/stress/model_based/chains.toml", "tests/stress/model_based/chains-2.toml"],
];
/// One in so many operations is drawn again until the model allows it.
const RETRIED_ONE_IN: u64 = 2;
/// An operation is drawn again at most so often.
const DRAW_LIMIT: usize = 16;
/// The clock jumps once in so many writes.
const JUMP_ONE_IN: u64 = 30;
/// How far it jumps, in hours.
const JUMPS: [u64; 6] = [1, 12, 25, 26, 3 * 24, 8 * 24];
/// Fewer operations that are allowed would test too little.
const MIN_ALLOWED_PERCENT: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_foresees_every_answer() {
    let seed = Rng::seed_of_profile(4);
    eprintln!("TEST_SEED={seed}");
    let writes = usize::try_from(repetitions("model_writes", 700, 3_000)).expect("few");
    let mut runs = JoinSet::new();
    for (number, files) in (0..).zip(POLICIES) {
        let run = Run::new(files, seed + number).await;
        // Only the yard has what can be moved, and in a thousand writes now and then nothing is; and chains are long.
        runs.spawn(run.run(if files.len() > 1 {
            5 * writes
        } else if files[0].starts_with("tests") {
            3 * writes
        } else {
            writes
        }));
    }
    let mut total = Coverage::default();
    while let Some(result) = runs.join_next().await {
        let (tenant, allowed, passed) = result.expect("the run of a policy ends well");
        let count: usize = allowed.values().sum();
        eprintln!("{tenant}: {count} allowed: {allowed:?}, {passed:?}");
        assert!(count * 100 >= writes * MIN_ALLOWED_PERCENT, "the test tests something");
        for (kind, count) in allowed.into_iter().chain(passed) {
            *total.entry(kind).or_default() += count;
        }
    }
    assert!(
        total.values().all(|count| *count > 0),
        "each kind of operation was allowed, and all that may happen did: {total:?}"
    );
}

/// How many operations of each kind were allowed, or how often something was so.
type Coverage = BTreeMap<&'static str, usize>;

const HOUR: Duration = Duration::from_hours(1);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One tenant on one policy, on a server of its own whose clock jumps, and what the model knows of it.
struct Run {
    dir: TempDir,
    server: ClockedServer,
    api: Api,
    db: Db,
    tenant: String,
    policies: Vec<PolicyFile>,
    rng: Rng,
    state: State,
    facts: ModelFacts,
    tokens: Tokens,
    revision: i64,
}

impl Run {
    async fn new(files: &[&str], seed: u64) -> Self {
        let texts = files.iter().map(|file| fs::read_to_string(root().join(file)).expect("the policy is there"));
        let texts = texts.collect::<Vec<_>>();
        let mut policies = texts.iter().map(|text| PolicyFile::read(text)).collect::<Vec<_>>();
        let versions = policies.iter().map(|policy| policy.version).collect::<Vec<_>>();
        for policy in &mut policies {
            policy.other_versions = versions.iter().copied().filter(|version| *version != policy.version).collect();
        }
        let compiled: Vec<Arc<Policy>> = files
            .iter()
            .zip(&texts)
            .map(|(file, text)| {
                Arc::new(compile(file, text).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false))))
            })
            .collect();
        let dir = tempfile::tempdir().expect("there is room for a directory");
        let server = ClockedServer::start(dir.path(), &compiled).await;
        server.clock.advance(1_000 * 24 * HOUR);
        let (api, tenant) = (server.api().await, format!("{}-{}", policies[0].name, policies[0].version));
        let world = tenant_under(Arc::clone(&compiled[0])).named(&tenant).founder("ada").wire_on(&api).await;
        let (rng, db, state) = (Rng::new(seed), Db::open(dir.path()).await, State::default());
        let (facts, tokens, revision) = (ModelFacts::default(), Tokens::default(), world.revision().await);
        let mut run = Self { dir, server, api, db, tenant, policies, rng, state, facts, tokens, revision };
        run.follow().await;
        run.facts = run.stored().await;
        run
    }

    /// The version of the policy that the tenant runs.
    fn policy(&self) -> &PolicyFile {
        running(&self.policies, &self.facts)
    }

    /// Moves the clock on. What has ended counts no more, whether the log knows it yet or not.
    async fn jump(&mut self) {
        self.server.clock.advance(HOUR * u32::try_from(*self.rng.pick(&JUMPS)).expect("few"));
        let mut facts = self.stored().await;
        facts.remember(&self.facts);
        self.facts = facts;
        if self.rng.range(0, 2) == 0 {
            self.server.service.sweep().await.expect("what is due can be done");
            let swept = self.db.revision(&self.tenant).await;
            while self.revision < swept {
                self.revision += 1;
                self.follow().await;
            }
            assert_eq!(
                self.stored().await,
                self.facts,
                "{}: what has ended is written down, and nothing else",
                self.tenant
            );
        }
    }

    /// Makes so many writes, and counts by kind those that were allowed; then, what passed meanwhile.
    async fn run(mut self, writes: usize) -> (String, Coverage, Coverage) {
        let (mut allowed, mut passed) = (Coverage::default(), Coverage::default());
        for _ in 0..writes {
            if self.rng.range(0, JUMP_ONE_IN) == 0 {
                let before = self.facts.clone();
                self.jump().await;
                let ended = self.facts.bindings != before.bindings;
                *passed.entry("a role ended").or_default() += usize::from(ended);
                let expired = self.facts.invitations != before.invitations;
                *passed.entry("an invitation expired").or_default() += usize::from(expired);
            }
            let (kind, operation) = self.next();
            // Where there is one version of the policy, no tenant can be moved to another.
            if self.policies.len() == 1 && matches!(operation.kind, OperationKind::SetPolicy { .. }) {
                continue;
            }
            *allowed.entry(kind).or_default() += usize::from(self.step(&operation).await);
            let is_team = |holder: &Key| self.policy().is_team(&holder.0);
            let counts_team = self.facts.bindings.keys().any(|(holder, _)| is_team(holder));
            *passed.entry("a team has a role").or_default() += usize::from(counts_team);
        }
        self.db.close().await;
        audited(self.dir.path(), &self.tenant).await;
        (self.tenant, allowed, passed)
    }

    fn next(&mut self) -> (&'static str, Operation) {
        let until_allowed = self.rng.range(0, RETRIED_ONE_IN) == 0;
        let policy = running(&self.policies, &self.facts);
        let mut generator = Generator { rng: &mut self.rng, policy, facts: &self.facts, tokens: &self.tokens };
        let kind = generator.kind();
        let mut operation = generator.operation(kind);
        for _ in 0..if until_allowed { DRAW_LIMIT } else { 0 } {
            if let Verdict::Allowed(_) = decide(policy, &self.facts, &operation) {
                break;
            }
            operation = generator.operation(kind);
        }
        (kind, operation)
    }

    /// Sends an operation as a dry run and as a write, both with the answer that the model foresees; whether it was
    /// allowed.
    async fn step(&mut self, operation: &Operation) -> bool {
        let verdict = decide(self.policy(), &self.facts, operation);
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
                after.assert_invariants(self.policy(), &self.facts);
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
        facts_at(&tables, &self.policies, self.server.clock.now().0)
    }

    /// Applies what a revision changed.
    async fn follow(&mut self) {
        let changes = self.db.changes(&self.tenant, self.revision).await;
        assert!(!changes.is_empty(), "{}: the log has revision {}", self.tenant, self.revision);
        self.state.apply_all(&changes);
    }
}

/// The version of a policy that a tenant runs.
fn running<'p>(policies: &'p [PolicyFile], facts: &ModelFacts) -> &'p PolicyFile {
    policies.iter().find(|policy| policy.version == facts.version).expect("it runs one of them")
}
