//! The server is killed in the midst of writes, again and again: what it acknowledged stays, what it did not is wholly
//! there or wholly absent, and a retry completes it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use crate::contrary::Contrary;
use crate::support::{
    Answer, WireTenant, Write,
    db::audited,
    names::email_of,
    repetitions,
    replay::{LogRow, revisions},
    rng::Rng,
};
use rollcall::proto::{ResourceRef, Subject};
use tokio::task::JoinSet;

const CLIENTS: usize = 6;
const TENANT: &str = "acme";

/// A write that was sent, and its answer if one came.
struct SentWrite {
    write: Write,
    answer: Option<Answer>,
}

/// What a write may end with on a disk that fails.
const MAY_END_WITH: [&str; 3] = ["STORE_UNAVAILABLE", "COMMIT_UNKNOWN", "WRITER_BUSY"];

/// Writes the life of job sites and of one person in each, until the server is gone.
async fn client(world: WireTenant, worker: String, name: String) -> Vec<SentWrite> {
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
            let write = write.under(&format!("{person}-{step}-at-random"));
            let answer = world.api.write(write.clone()).await;
            if let Err(status) = &answer {
                let detail = tonic_types::StatusExt::get_details_error_info(status);
                assert!(detail.is_none_or(|info| MAY_END_WITH.contains(&&*info.reason)), "{write:?}: {status:?}");
            }
            let answer = answer.ok();
            if let Some(Answer::Invite(invited)) = &answer {
                token.clone_from(&invited.results[0].invitation_token);
            }
            let gone = answer.is_none();
            sent.push(SentWrite { write, answer });
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

/// Whether a row of the log is of the kind that a write makes exactly once, and names what the write names.
fn is_mark(write: &Write, row: &LogRow) -> bool {
    let data = &row.data;
    let names_subject =
        |subject: &Option<Subject>| subject.as_ref().is_some_and(|subject| data["holder"]["id"] == *subject.id);
    let names_resource = |resource: &Option<ResourceRef>| {
        resource.as_ref().is_some_and(|resource| data["resource"]["id"] == *resource.id)
    };
    match (write, row.kind.as_str()) {
        (Write::CreateResource(request), "resource_created") => {
            request.resource.as_ref().is_some_and(|site| data["resource"]["id"] == *site.id)
        }
        (Write::Invite(request), "invitation_issued") => {
            let email = data["invitation"]["address"].as_str().unwrap_or_default();
            request.invitees[0].who == crate::support::invitee(email).who
        }
        (Write::AcceptInvitation(request), "invitation_accepted") => {
            request.actor.as_ref().is_some_and(|actor| data["member"]["id"] == *actor.id)
        }
        (Write::ChangeRole(request), "role_changed") => names_subject(&request.member),
        (Write::RemoveMember(request), "role_revoked") => {
            names_subject(&request.member) && names_resource(&request.resource)
        }
        _ => false,
    }
}

/// The revisions in which a write left its mark.
fn marked(write: &Write, log: &[LogRow]) -> Vec<i64> {
    log.iter().filter(|row| is_mark(write, row)).map(|row| row.revision).collect()
}

/// The kinds of change that a revision consists of: the same for every write of one method.
fn change_kinds(log: &[LogRow], revision: i64) -> Vec<String> {
    log.iter().filter(|row| row.revision == revision).map(|row| row.kind.clone()).collect()
}

/// The method of a write, and for a removal whether it is from the workspace.
fn method(write: &Write) -> String {
    let text = format!("{write:?}");
    let name = text.split('(').next().expect("a name is first");
    let from_workspace = matches!(write, Write::RemoveMember(request) if is_workspace(request.resource.as_ref()));
    format!("{name} {from_workspace}")
}

fn is_workspace(resource: Option<&ResourceRef>) -> bool {
    resource.is_some_and(|resource| resource.r#type == "workspace")
}

/// The person that a write is about, and the grants that they must have after it; none if it is about nobody.
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
            let from_workspace = is_workspace(request.resource.as_ref());
            Some((id(&request.member), if from_workspace { vec![] } else { vec![user] }))
        }
        _ => None,
    }
}

/// Compares what the clients know with the store after each round, and counts what became of the writes.
struct Verifier {
    /// The kinds of change that a write of each method makes.
    kinds_by_method: BTreeMap<String, Vec<String>>,
    acknowledged: usize,
    present: usize,
    absent: usize,
}

impl Verifier {
    /// Verifies one round: every write that was acknowledged is there once and whole, and a retry completes the others.
    async fn verify(&mut self, dir: &Path, world: &WireTenant, clients: &[Vec<SentWrite>]) {
        let (log, _) = audited(dir, TENANT).await;
        revisions(&log);
        for SentWrite { write, answer } in clients.iter().flatten() {
            let Some(answer) = answer else { continue };
            let revision = answer.revision();
            assert_eq!(marked(write, &log), [revision], "an acknowledged write is there, once: {write:?}");
            let kinds = change_kinds(&log, revision);
            let usual = self.kinds_by_method.entry(method(write)).or_insert_with(|| kinds.clone());
            assert_eq!(*usual, kinds, "a write is there as a whole: {write:?}");
            self.acknowledged += 1;
        }
        let mut retried = Vec::new();
        for SentWrite { write, .. } in clients.iter().flatten().filter(|sent| sent.answer.is_none()) {
            retried.push((write, self.retry(world, write, &log).await));
        }
        let (log, _) = audited(dir, TENANT).await;
        for (write, revision) in retried {
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
    async fn retry(&mut self, world: &WireTenant, write: &Write, log: &[LogRow]) -> i64 {
        let found = marked(write, log);
        if let (Some(revision), Some(usual)) = (found.first(), self.kinds_by_method.get(&method(write))) {
            assert_eq!(*usual, change_kinds(log, *revision), "a write is there as a whole: {write:?}");
        }
        let answer = world.api.write(write.clone()).await;
        let answer = answer.unwrap_or_else(|status| panic!("a retry succeeds: {write:?}: {status:?}"));
        let revision = answer.revision();
        match found.as_slice() {
            [] => assert!(revision > log.last().expect("is not empty").revision, "{write:?}"),
            found => assert_eq!(found, [revision], "a retry is told of the first time: {write:?}"),
        }
        let count = if found.is_empty() { &mut self.absent } else { &mut self.present };
        *count += 1;
        revision
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_and_none_is_halved() {
    kills(Contrary::Nothing, repetitions("crash_rounds", 7, 40)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_when_outcomes_are_unknown() {
    kills(Contrary::Unknown, repetitions("contrary_crash_rounds", 4, 20)).await;
}

/// Rounds of writes that end with a kill.
async fn kills(contrary: Contrary, rounds: u64) {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let dir = tempfile::tempdir().expect("there is room");
    let workers = (0..CLIENTS).map(|number| format!("worker-{number}")).collect::<Vec<_>>();
    let mut server = contrary.server(dir.path(), &[]).await;
    let world = WireTenant::bare(&server.api().await, TENANT).await;
    world.join("ada", &workers.iter().map(String::as_str).collect::<Vec<_>>(), "user").await;

    let mut verifier = Verifier { kinds_by_method: BTreeMap::new(), acknowledged: 0, present: 0, absent: 0 };
    for round in 0..rounds {
        let mut tasks = JoinSet::new();
        for (number, worker) in workers.iter().enumerate() {
            let world = WireTenant { api: server.api().await, ..world.clone() };
            tasks.spawn(client(world, worker.clone(), format!("p{round}-{number}")));
        }
        tokio::time::sleep(Duration::from_millis(rng.range(50, 401))).await;
        server.kill9();
        let clients = tasks.join_all().await;
        server = contrary.server(dir.path(), &[]).await;
        let world = WireTenant { api: server.api().await, ..world.clone() };
        verifier.verify(dir.path(), &world, &clients).await;
    }
    let Verifier { acknowledged, present, absent, .. } = verifier;
    eprintln!("{acknowledged} acknowledged; {present} without an answer were there, {absent} were not");
    assert!(acknowledged > 0 && present + absent > 0, "the test tests something");
}
