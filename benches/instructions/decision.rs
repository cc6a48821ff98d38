//! One decision in process: names looked up, the resource found, and decided.

use std::{env, hint::black_box, process::Command};

use rollcall_engine::Snapshot as _;
use rollcall_engine::{
    Facts, Loading, MemberStatus, PolicySet, ResourceKey, Revision, Stated, Subject, Tenant, Timestamp, View, compile,
    decide as decided, locate,
};

use crate::{
    callgrind::{counted, under},
    support::rng::Rng,
};

const MEMBERS: u64 = 330;
const SITES: u64 = 20;
const ACTIONS: [&str; 5] = ["data.view", "data.edit", "report.view", "report.edit", "member.view"];
/// Decisions that are set up once and made again and again.
const DIFFERENT: usize = 1024;
/// How many are made in the shorter run and in the longer.
const RUNS: (usize, usize) = (10_000, 50_000);

struct Question {
    subject: Subject,
    action: &'static str,
    resource: ResourceKey,
}

/// The instructions of one decision.
pub fn count() -> u64 {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let run = |count: usize| {
        let log = dir.path().join(count.to_string());
        let mut command = Command::new(env::current_exe().expect("a program knows itself"));
        command.args(["--decide", &count.to_string()]);
        let status = under(&command, &log).status().expect("valgrind is installed");
        assert!(status.success(), "the decisions were not made: {status}");
        counted(&log)
    };
    let (few, many) = RUNS;
    (run(many) - run(few)) / (many - few) as u64
}

/// Makes so many decisions.
pub fn decide(count: usize) {
    let view = view();
    let questions = questions();
    for question in questions.iter().cycle().take(count) {
        black_box(allows(&view, black_box(question)));
    }
}

fn allows(facts: &dyn Facts, question: &Question) -> bool {
    let of = facts.policy().find_type(&question.resource.kind).expect("a type of the policy");
    let action = of.find_action(question.action).expect("an action of the type");
    let target = locate(facts, of, &question.resource.id, Stated::default());
    decided(facts, question.subject.as_ref(), action, target).allowed()
}

/// A workspace of some 1,000 bindings: everybody is a user, and a viewer of one site and an editor of another.
fn view() -> View {
    let mut library = PolicySet::default();
    library.insert(compile("lumicon.toml", include_str!("../../policies/lumicon.toml")).expect("a good policy"));
    let mut loading = Loading::new(&library);
    let tenant = Tenant {
        id: "bench".to_owned(),
        display_name: String::new(),
        policy: "lumicon".to_owned(),
        policy_version: 1,
        created_at: Timestamp(1),
    };
    loading.tenant(tenant, Revision(1));
    let root = ResourceKey::new("workspace", "bench");
    for number in 0..SITES {
        loading.resource(site(number).as_ref(), Some(root.as_ref()), None, false);
    }
    for number in 0..MEMBERS {
        let member = member(number);
        loading.member(member.as_ref(), MemberStatus::Active, false);
        loading.binding(member.as_ref(), root.as_ref(), "user", None);
        loading.binding(member.as_ref(), site(number % SITES).as_ref(), "viewer", None);
        loading.binding(member.as_ref(), site((number + 7) % SITES).as_ref(), "editor", None);
    }
    loading.finish().expect("the policy is there").expect("the tenant is there")
}

fn questions() -> Vec<Question> {
    let mut rng = Rng::new(7);
    let question = |number: usize| {
        let asker = rng.range(0, MEMBERS);
        let resource = if number.is_multiple_of(2) { site(asker % SITES) } else { site(rng.range(0, SITES)) };
        Question { subject: member(asker), action: rng.pick::<&str>(&ACTIONS), resource }
    };
    (0..DIFFERENT).map(question).collect()
}

fn member(number: u64) -> Subject {
    Subject::user(format!("user-{number}"))
}

fn site(number: u64) -> ResourceKey {
    ResourceKey::new("job_site", format!("site-{number}"))
}
