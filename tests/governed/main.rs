//! Random writes under every policy of ours, each foreseen by a model that knows the policy's text and nothing else.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "a failed test shows its seed")]
#![allow(unreachable_pub, reason = "the modules are of one binary")]

mod asking;
mod deeds;
mod facts;
mod invitations;
mod memberships;
mod policy;
mod requests;
mod rules;
#[path = "../support/mod.rs"]
mod support;

use std::{collections::BTreeMap, fs, path::Path};

use rollcall::proto::{CreateTenantRequest, Profile};
use tokio::task::JoinSet;

use self::{
    deeds::{Deed, Source, Tokens, email_of},
    facts::Facts,
    policy::Policy,
    rules::{Verdict, decide},
    support::{
        Api, Stage, Write,
        db::{Db, audited},
        error::{code_of, reason_of},
        replay::State,
        rng::Rng,
        subject,
        world::OPERATOR,
    },
};

/// Those that are ours, and one that says what none of them says.
const POLICIES: [&str; 5] = [
    "policies/lumicon.toml",
    "policies/lumi-1.toml",
    "policies/lumi-2.toml",
    "policies/lume.toml",
    "tests/governed/yard.toml",
];
const WRITES: usize = 1000;
/// One in so many deeds is drawn until the model allows it, or patience is at its end.
const WISHED: u64 = 2;
const PATIENCE: usize = 16;
/// The tables are compared whole after so many writes; in between, the log.
const WHOLE: usize = 50;
/// In percent.
const LEAST_DONE: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_foresees_every_answer() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let policies = tempfile::tempdir().expect("there is room for a directory");
    for file in POLICIES.map(Path::new) {
        let name = file.file_name().expect("a file has a name");
        fs::copy(root().join(file), policies.path().join(name)).expect("the policy is there");
    }
    let stage = Stage::with(&[&format!("policies.dir={}", policies.path().display())]).await;
    let mut runs = JoinSet::new();
    for (number, file) in (0..).zip(POLICIES) {
        let run = Run::new(stage.server.api().await, stage.dir.path(), Path::new(file), seed + number).await;
        runs.spawn(run.go());
    }
    let mut all = Done::default();
    while let Some(done) = runs.join_next().await {
        let (tenant, done) = done.expect("the run of a policy ends well");
        let count: usize = done.values().sum();
        eprintln!("{tenant}: {count} of {WRITES} done: {done:?}");
        assert!(count * 100 >= WRITES * LEAST_DONE, "the test tests something");
        for (kind, count) in done {
            *all.entry(kind).or_default() += count;
        }
        audited(stage.dir.path(), &tenant).await;
    }
    assert!(all.values().all(|count| *count > 0), "of each kind something was done: {all:?}");
}

/// How often deeds of each kind were done.
type Done = BTreeMap<&'static str, usize>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One tenant on one policy, and what the model knows of it.
struct Run {
    api: Api,
    db: Db,
    tenant: String,
    policy: Policy,
    rng: Rng,
    state: State,
    facts: Facts,
    tokens: Tokens,
    revision: i64,
}

impl Run {
    async fn new(api: Api, dir: &Path, file: &Path, seed: u64) -> Self {
        let policy = Policy::read(&fs::read_to_string(root().join(file)).expect("the policy is there"));
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a file has a name");
        let request = CreateTenantRequest {
            tenant: name.to_owned(),
            actor: Some(subject(OPERATOR)),
            policy: policy.name.clone(),
            policy_version: policy.version,
            first_member: Some(subject("ada")),
            profile: Some(Profile { email: email_of("ada"), ..Profile::default() }),
            ..CreateTenantRequest::default()
        };
        let answer = api.write(Write::from(request)).await.expect("an operator creates a tenant");
        let (rng, db, state) = (Rng::new(seed), Db::open(dir).await, State::default());
        let (facts, tokens, tenant) = (Facts::default(), Tokens::default(), name.to_owned());
        let revision = answer.revision(name);
        let mut run = Self { api, db, tenant, policy, rng, state, facts, tokens, revision };
        run.follow().await;
        run.facts = Facts::from(&run.state);
        run
    }

    /// Does everything, and tells how much of each kind was allowed.
    async fn go(mut self) -> (String, Done) {
        let mut done = Done::default();
        for number in 1..=WRITES {
            let (kind, deed) = self.next();
            *done.entry(kind).or_default() += usize::from(self.step(&deed).await);
            if number % WHOLE == 0 {
                let tables = self.db.state(&self.tenant).await;
                assert_eq!(Facts::from(&tables), self.facts, "{}: the tables and the model agree", self.tenant);
            }
        }
        self.db.close().await;
        (self.tenant, done)
    }

    fn next(&mut self) -> (&'static str, Deed) {
        let wished = self.rng.range(0, WISHED) == 0;
        let mut source = Source { rng: &mut self.rng, policy: &self.policy, facts: &self.facts, tokens: &self.tokens };
        let kind = source.kind();
        let mut deed = source.deed(kind);
        for _ in 0..if wished { PATIENCE } else { 0 } {
            if let Verdict::Allowed(_) = decide(&self.policy, &self.facts, &deed) {
                break;
            }
            deed = source.deed(kind);
        }
        (kind, deed)
    }

    /// Asks for a deed and does it, both with the answer that the model foresees; whether it was allowed.
    async fn step(&mut self, deed: &Deed) -> bool {
        let verdict = decide(&self.policy, &self.facts, deed);
        let write = deed.write(&self.tenant);
        let dry = self.api.write(write.clone().dry()).await;
        let real = self.api.write(write).await;
        let told = |wrong: &str| {
            format!("{}: {wrong}: {deed:?}\n{dry:?}\n{real:?}\n{verdict:?}\nin {:?}", self.tenant, self.facts)
        };
        match (&dry, &real) {
            (Ok(dry), Ok(real)) => {
                assert_eq!(dry.clone().settled(), real.clone().settled(), "{}", told("not as asked"));
            }
            (Err(dry), Err(real)) => {
                let said = |status: &tonic::Status| (reason_of(status), status.message().to_owned());
                assert_eq!(said(dry), said(real), "{}", told("refused otherwise than asked"));
            }
            _ => panic!("{}", told("a dry run and the write differ")),
        }
        match (&verdict, &real) {
            (Verdict::Refused(reasons), Err(status)) => {
                let reason = reason_of(status);
                assert!(reasons.contains(reason.as_str()), "{}", told("refused for another reason"));
                assert_eq!(status.code(), code_of(&reason), "{}", told("the code fits the reason"));
                false
            }
            (Verdict::Allowed(after), Ok(answer)) => {
                assert_eq!(answer.revision(&self.tenant), self.revision + 1, "{}", told("one revision a write"));
                let mut after = after.clone();
                after.learn(answer);
                self.tokens.learn(answer);
                self.revision += 1;
                let told = told("changed otherwise than foreseen");
                self.follow().await;
                assert_eq!(Facts::from(&self.state), after, "{told}");
                after.check(&self.policy, &self.facts);
                self.facts = after;
                true
            }
            _ => panic!("{}", told("the model and the server differ")),
        }
    }

    /// Applies what the newest revision changed.
    async fn follow(&mut self) {
        let changes = self.db.newest(&self.tenant).await;
        assert!(changes.iter().all(|change| change.revision == self.revision), "the log ends at {}", self.revision);
        self.state.apply_all(&changes);
    }
}
