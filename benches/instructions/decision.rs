//! One decision in process: names looked up, the resource found, and decided.

use std::{env, hint::black_box, process::Command};

use rollcall_engine::{
    Facts, Head, MemberStatus, PolicySet, Question, ResourceKey, Revision, SnapshotSink as _, StatedFacts, Subject,
    Tenant, Timestamp, View, ViewBuilder, compile, decide as engine_decide, locate,
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

/// A question by names, as a request has it.
struct Request {
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
    let requests = requests();
    for request in requests.iter().cycle().take(count) {
        black_box(allows(&view, black_box(request)));
    }
}

fn allows(facts: &dyn Facts, request: &Request) -> bool {
    let resource_type = facts.policy().find_type(&request.resource.kind).expect("a type of the policy");
    let action = resource_type.find_action(request.action).expect("an action of the type");
    let target = locate(facts, resource_type, &request.resource.id, StatedFacts::default());
    engine_decide(facts, &Question::new(request.subject.as_ref(), action, target)).allowed()
}

/// A workspace of some 1,000 bindings: everybody is a user, and a viewer of one site and an editor of another.
fn view() -> View {
    let mut policies = PolicySet::default();
    policies.insert(compile("lumicon.toml", include_str!("../../policies/lumicon.toml")).expect("a good policy"));
    let mut builder = ViewBuilder::new(&policies);
    let tenant = Tenant {
        id: "bench".to_owned(),
        display_name: String::new(),
        policy: "lumicon".to_owned(),
        policy_version: 1,
        root_type: "workspace".to_owned(),
        created_at: Timestamp(1),
    };
    builder.tenant(tenant, Head { revision: Revision(1), ..Head::default() });
    let root = ResourceKey::new("workspace", "bench");
    for number in 0..SITES {
        builder.resource(site(number).as_ref(), Some(root.as_ref()), None, false);
    }
    for number in 0..MEMBERS {
        let member = member(number);
        builder.member(member.as_ref(), MemberStatus::Active, false);
        builder.binding(member.as_ref(), root.as_ref(), "user", None);
        builder.binding(member.as_ref(), site(number % SITES).as_ref(), "viewer", None);
        builder.binding(member.as_ref(), site((number + 7) % SITES).as_ref(), "editor", None);
    }
    builder.finish().expect("the policy is there").expect("the tenant is there")
}

fn requests() -> Vec<Request> {
    let mut rng = Rng::new(7);
    let request = |number: usize| {
        let asker = rng.range(0, MEMBERS);
        let resource = if number.is_multiple_of(2) { site(asker % SITES) } else { site(rng.range(0, SITES)) };
        Request { subject: member(asker), action: rng.pick::<&str>(&ACTIONS), resource }
    };
    (0..DIFFERENT).map(request).collect()
}

fn member(number: u64) -> Subject {
    Subject::user(format!("user-{number}"))
}

fn site(number: u64) -> ResourceKey {
    ResourceKey::new("job_site", format!("site-{number}"))
}
