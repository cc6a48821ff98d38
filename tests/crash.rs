//! Kill the server in the midst of writes, again and again: what it acknowledged stays, what it did not is wholly
//! there or wholly absent, and a retry brings it to an end.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "a failed test shows its seed")]

mod support;

use std::{collections::BTreeMap, path::Path, time::Duration};

use rollcall::proto::{ResourceRef, Subject};
use support::{
    Answer, Server, World, Write,
    db::audited,
    names::email_of,
    replay::{Logged, revisions},
    rng::Rng,
};
use tokio::task::JoinSet;

const ROUNDS: u64 = 20;
const CLIENTS: usize = 6;
const TENANT: &str = "acme";

/// A write that was sent, and its answer if one came.
struct Sent {
    write: Write,
    answer: Option<Answer>,
}

/// The life of a job site and of one person in it, told in writes until the server is gone.
async fn client(world: World, worker: String, name: String) -> Vec<Sent> {
    let mut sent = Vec::new();
    for number in 0.. {
        let (person, site) = (format!("{name}-{number}"), format!("site-{name}-{number}"));
        let email = email_of(&person);
        let mut token = String::new();
        for step in 0..6 {
            let write = match step {
                0 => world.create_site(&worker, &site),
                1 => world.invite(&worker, &email, &site, "viewer"),
                2 => world.accept(&person, &token),
                3 => world.change(&worker, &person, &site, "editor"),
                4 => world.remove(&worker, &person, &site),
                _ => world.remove("ada", &person, "workspace"),
            };
            let write = write.under(&format!("{person}-{step}"));
            let answer = world.api.write(write.clone()).await;
            if let Err(status) = &answer {
                let said = tonic_types::StatusExt::get_details_error_info(status);
                assert!(said.is_none_or(|info| info.reason == "STORE_UNAVAILABLE"), "{write:?}: {status:?}");
            }
            let answer = answer.ok();
            if let Some(Answer::Invite(invited)) = &answer {
                token.clone_from(&invited.results[0].invitation_token);
            }
            let gone = answer.is_none();
            sent.push(Sent { write, answer });
            if gone {
                return sent;
            }
            if step == 3 && number % 3 == 0 {
                break;
            }
        }
    }
    sent
}

/// Whether a row of the log is the mark that a write leaves exactly once.
fn is_mark(write: &Write, row: &Logged) -> bool {
    let data = &row.data;
    let subject = |of: &Option<Subject>| of.as_ref().is_some_and(|subject| data["subject"]["id"] == *subject.id);
    let place = |of: &Option<ResourceRef>| of.as_ref().is_some_and(|place| data["resource"]["id"] == *place.id);
    match (write, row.kind.as_str()) {
        (Write::CreateResource(request), "resource_created") => {
            request.resource.as_ref().is_some_and(|site| data["resource"]["key"]["id"] == *site.id)
        }
        (Write::Invite(request), "invitation_issued") => {
            let email = data["invitation"]["email"].as_str().unwrap_or_default();
            request.invitees[0] == support::invitee(email)
        }
        (Write::AcceptInvitation(request), "invitation_accepted") => subject(&request.actor),
        (Write::ChangeRole(request), "role_changed") => subject(&request.member),
        (Write::RemoveMember(request), "role_revoked") => subject(&request.member) && place(&request.resource),
        _ => false,
    }
}

/// The revisions that carry a write's mark.
fn marked(write: &Write, log: &[Logged]) -> Vec<i64> {
    log.iter().filter(|row| is_mark(write, row)).map(|row| row.revision).collect()
}

/// What kinds of change a revision consists of: the same for every write of one method.
fn shape(log: &[Logged], revision: i64) -> Vec<String> {
    log.iter().filter(|row| row.revision == revision).map(|row| row.kind.clone()).collect()
}

/// The method of a write, and for a removal whether it is from the workspace.
fn method(write: &Write) -> String {
    let told = format!("{write:?}");
    let name = told.split('(').next().expect("a name is first");
    let all = matches!(write, Write::RemoveMember(request) if request.resource.as_ref().is_some_and(|at| at.r#type == "workspace"));
    format!("{name} {all}")
}

/// What the writer knows that the person must hold after the write; none when it says nothing of a person.
fn expected_grants(write: &Write) -> Option<(String, Vec<String>)> {
    let user = "workspace user".to_owned();
    let id = |subject: &Option<Subject>| subject.as_ref().expect("is set").id.clone();
    let site_of = |person: &str| format!("site-{person}");
    match write {
        Write::AcceptInvitation(request) => {
            let person = id(&request.actor);
            let viewer = format!("{} viewer", site_of(&person));
            Some((person, vec![viewer, user]))
        }
        Write::ChangeRole(request) => {
            let person = id(&request.member);
            let editor = format!("{} editor", site_of(&person));
            Some((person, vec![editor, user]))
        }
        Write::RemoveMember(request) => {
            let whole = request.resource.as_ref().is_some_and(|place| place.r#type == "workspace");
            Some((id(&request.member), if whole { vec![] } else { vec![user] }))
        }
        _ => None,
    }
}

/// What the rounds have in common.
struct Judge {
    shapes: BTreeMap<String, Vec<String>>,
    acknowledged: usize,
    present: usize,
    absent: usize,
}

impl Judge {
    /// Holds what the clients of one round know against the store.
    async fn judge(&mut self, dir: &Path, world: &World, clients: &[Vec<Sent>]) {
        let (log, _) = audited(dir, TENANT).await;
        revisions(&log);
        for Sent { write, answer } in clients.iter().flatten() {
            let Some(answer) = answer else { continue };
            let revision = answer.revision(TENANT);
            assert_eq!(marked(write, &log), [revision], "an acknowledged write is there, once: {write:?}");
            let shape = shape(&log, revision);
            let usual = self.shapes.entry(method(write)).or_insert_with(|| shape.clone());
            assert_eq!(*usual, shape, "a write is there as a whole: {write:?}");
            self.acknowledged += 1;
        }
        let mut finished = Vec::new();
        for Sent { write, .. } in clients.iter().flatten().filter(|sent| sent.answer.is_none()) {
            finished.push((write, self.finish(world, write, &log).await));
        }
        let (log, _) = audited(dir, TENANT).await;
        for (write, revision) in finished {
            assert_eq!(marked(write, &log), [revision], "a write happens once: {write:?}");
        }
        for client in clients {
            let known = client.iter().filter_map(|sent| expected_grants(&sent.write)).collect::<BTreeMap<_, _>>();
            for (person, grants) in known {
                assert_eq!(world.grants(&person).await, grants, "{person}");
            }
        }
    }

    /// A write without an answer: all or nothing of it is there, and a retry makes it all. Returns its revision.
    async fn finish(&mut self, world: &World, write: &Write, log: &[Logged]) -> i64 {
        let found = marked(write, log);
        if let (Some(revision), Some(usual)) = (found.first(), self.shapes.get(&method(write))) {
            assert_eq!(*usual, shape(log, *revision), "a write is there as a whole: {write:?}");
        }
        let answer = world.api.write(write.clone()).await;
        let answer = answer.unwrap_or_else(|status| panic!("a retry succeeds: {write:?}: {status:?}"));
        let revision = answer.revision(TENANT);
        match found.as_slice() {
            [] => assert!(revision > log.last().expect("is not empty").revision, "{write:?}"),
            found => assert_eq!(found, [revision], "a retry is told of the first time: {write:?}"),
        }
        let tally = if found.is_empty() { &mut self.absent } else { &mut self.present };
        *tally += 1;
        revision
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_and_none_is_halved() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let dir = tempfile::tempdir().expect("there is room");
    let workers = (0..CLIENTS).map(|number| format!("worker-{number}")).collect::<Vec<_>>();
    let mut server = Server::start(dir.path()).await;
    let world = World::bare(&server.api().await, TENANT).await;
    world.join("ada", &workers.iter().map(String::as_str).collect::<Vec<_>>(), "user").await;

    let mut judge = Judge { shapes: BTreeMap::new(), acknowledged: 0, present: 0, absent: 0 };
    for round in 0..ROUNDS {
        let mut tasks = JoinSet::new();
        for (number, worker) in workers.iter().enumerate() {
            let world = World { api: server.api().await, ..world.clone() };
            tasks.spawn(client(world, worker.clone(), format!("p{round}-{number}")));
        }
        tokio::time::sleep(Duration::from_millis(rng.range(50, 401))).await;
        server.kill9();
        let clients = tasks.join_all().await;
        server = Server::start(dir.path()).await;
        let world = World { api: server.api().await, ..world.clone() };
        judge.judge(dir.path(), &world, &clients).await;
    }
    let Judge { acknowledged, present, absent, .. } = judge;
    eprintln!("{acknowledged} acknowledged; {present} without an answer were there, {absent} were not");
    assert!(acknowledged > 0 && present + absent > 0, "the test tests something");
}
