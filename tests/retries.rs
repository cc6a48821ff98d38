//! Every kind of write, sent under a request id, with the server killed around the answer: sent again until it is
//! answered, it has happened once, and the answer is the first one whole.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "a failed test shows its seed")]

mod support;

use std::{path::Path, time::Duration};

use support::{
    Answer, Api, Kind, Server, World, Write,
    db::{Db, audited},
    depot::DEPOT,
    names::email_of,
    rng::Rng,
    world::{OPERATOR, profile},
};
use tokio::task::JoinSet;

const ROUNDS: u64 = 10;
/// How often the server is killed in a round.
const KILLS: usize = 2;
const CONNECTIONS: usize = 4;

/// Who is invited, and to what.
const GUESTS: [&str; 2] = ["anna", "arno"];
const HAND: (&str, &str) = ("depot:", "hand");

/// A write in a tenant of its own, and what is known of it.
struct Case {
    world: World,
    write: Write,
    /// The tenant's revision before it.
    before: i64,
    /// The first answer that came.
    first: Option<Answer>,
}

impl Case {
    /// A tenant in which a write of this kind is allowed, and the write.
    async fn of(kind: Kind, api: Api, tenant: String) -> Self {
        let world = if kind == Kind::CreateTenant {
            World { api, tenant }
        } else {
            World::depot(&api, &tenant, &["otto", "olga"]).await
        };
        for write in Self::first_of_all(kind, &world) {
            world.does(write).await;
        }
        let (invitation, token) = match kind {
            Kind::AcceptInvitation | Kind::DeclineInvitation | Kind::ResendInvitation | Kind::RevokeInvitation => {
                world.invited("ada", &email_of("anna"), HAND.0, HAND.1).await
            }
            _ => (String::new(), String::new()),
        };
        let write = match kind {
            Kind::CreateTenant => world.create_tenant_on("depot", 1),
            Kind::SetPolicy => world.set_policy("depot", 2),
            Kind::CreateResource => world.create("otto", "box:a", "depot:"),
            Kind::ArchiveResource => world.archive("otto", "box:a"),
            Kind::RestoreResource => world.restore("otto", "box:a"),
            Kind::DeleteResource => world.delete("otto", "box:a"),
            Kind::MoveResource => world.put("otto", "box:a", "box:b"),
            Kind::TransferOwnership => world.give("otto", "box:a", "ada"),
            Kind::Invite => world.invite_all("ada", &GUESTS.map(email_of).each_ref().map(String::as_str), &[HAND]),
            Kind::AcceptInvitation => world.accept("anna", &token),
            Kind::DeclineInvitation => world.decline("anna", &token),
            Kind::ResendInvitation => world.resend("ada", &invitation),
            Kind::RevokeInvitation => world.revoke("ada", &invitation),
            Kind::SuppressAddress => world.suppress(OPERATOR, &email_of("anna")),
            Kind::ClearAddress => world.clear(OPERATOR, &email_of("anna")),
            Kind::ChangeRole => world.change("ada", "otto", "depot:", "keeper"),
            Kind::BatchChangeRole => {
                world.change_all("ada", &[["otto", "depot:", "keeper"], ["olga", "depot:", "keeper"]])
            }
            Kind::RemoveMember => world.remove("ada", "otto", "depot:"),
            Kind::DeactivateMember => world.deactivate("ada", "otto"),
            Kind::ReactivateMember => world.reactivate("ada", "otto"),
            Kind::LockMember => world.lock("ada", "otto"),
            Kind::UnlockMember => world.unlock("ada", "otto"),
            Kind::UpdateMember => {
                let profile = rollcall::proto::Profile { phone: "+4930123456".into(), ..profile("otto") };
                world.update("otto", "otto", profile)
            }
        };
        let before = if kind == Kind::CreateTenant { 0 } else { world.revision().await };
        Self { world, write: write.under("the request"), before, first: None }
    }

    /// What must have happened before a write of this kind can.
    fn first_of_all(kind: Kind, world: &World) -> Vec<Write> {
        let create = |place| world.create("otto", place, "depot:");
        match kind {
            Kind::ArchiveResource | Kind::DeleteResource | Kind::TransferOwnership => vec![create("box:a")],
            Kind::RestoreResource => vec![create("box:a"), world.archive("otto", "box:a")],
            Kind::MoveResource => vec![create("box:a"), create("box:b")],
            Kind::ReactivateMember => vec![world.deactivate("ada", "otto")],
            Kind::UnlockMember => vec![world.lock("ada", "otto")],
            Kind::ClearAddress => vec![world.suppress(OPERATOR, &email_of("anna"))],
            _ => vec![],
        }
    }

    /// Keeps an answer, which must be the first one again if there was one.
    fn answered(&mut self, answer: &Answer) {
        assert_eq!(answer.revision(&self.world.tenant), self.before + 1, "{answer:?} to {:?}", self.write);
        let first = self.first.get_or_insert_with(|| answer.clone());
        assert_eq!(first, answer, "a retry is answered as the first time: {:?}", self.write);
    }

    /// Whether the write has happened, by the store.
    async fn happened(&self, db: &Db) -> bool {
        let revision = db.log(&self.world.tenant).await.last().map_or(0, |row| row.revision);
        assert!(revision == self.before || revision == self.before + 1, "{revision}, after {:?}", self.write);
        assert!(self.first.is_none() || revision == self.before + 1, "what was answered stays: {:?}", self.write);
        revision > self.before
    }

    /// The write once more, and what must be true of it for good.
    async fn concluded(mut self, dir: &Path, api: Api) {
        self.world.api = api;
        for _ in 0..2 {
            let answer = self.world.does(self.write.clone()).await;
            self.answered(&answer);
        }
        let (log, _) = audited(dir, &self.world.tenant).await;
        let made = log.iter().filter(|row| row.revision > self.before).collect::<Vec<_>>();
        let once = !made.is_empty() && made.iter().all(|row| row.revision == self.before + 1);
        assert!(once, "it happened once: {:?}: {made:?}", self.write);
        let tokens = match self.first {
            Some(Answer::Invite(answer)) => answer.results.into_iter().map(|result| result.invitation_token).collect(),
            Some(Answer::ResendInvitation(answer)) => vec![answer.invitation_token],
            _ => vec![],
        };
        for (guest, token) in GUESTS.iter().zip(tokens) {
            self.world.does(self.world.accept(guest, &token)).await;
        }
    }
}

/// Several connections to a server, to be taken in turn.
async fn connections(server: &Server) -> Vec<Api> {
    let mut apis = Vec::new();
    for _ in 0..CONNECTIONS {
        apis.push(server.api().await);
    }
    apis
}

/// A case of every kind of write.
async fn cases(server: &Server, round: u64) -> Vec<Case> {
    let apis = connections(server).await;
    let mut preparing = JoinSet::new();
    for (kind, api) in Kind::ALL.iter().zip(apis.iter().cycle()) {
        preparing.spawn(Case::of(*kind, api.clone(), format!("{kind:?}-{round}").to_lowercase()));
    }
    preparing.join_all().await
}

/// Sends every write at once, kills the server somewhere in the midst of their answers, and keeps what came. Now and
/// then a client hangs up before its answer.
async fn send_and_kill(server: Server, cases: &mut [Case], rng: &mut Rng) {
    let apis = connections(&server).await;
    let mut sent = JoinSet::new();
    for (place, case) in cases.iter().enumerate() {
        let (api, write) = (apis[place % CONNECTIONS].clone(), case.write.clone());
        let patience = if rng.range(0, 3) == 0 { rng.range(0, 5) } else { 60_000 };
        sent.spawn(async move {
            let answer = tokio::time::timeout(Duration::from_millis(patience), api.write(write)).await.ok();
            (place, answer)
        });
    }
    let (mut server, killed_after) = (Some(server), rng.range(0, cases.len() as u64));
    let mut ended = 0;
    loop {
        if ended == killed_after
            && let Some(server) = server.take()
        {
            tokio::time::sleep(Duration::from_micros(rng.range(0, 4000))).await;
            server.kill9();
        }
        let Some(result) = sent.join_next().await else { break };
        ended += 1;
        match result.expect("no panic") {
            (place, Some(Ok(answer))) => cases[place].answered(&answer),
            (place, Some(Err(status))) => {
                let said = tonic_types::StatusExt::get_details_error_info(&status);
                let write = &cases[place].write;
                assert!(said.is_none_or(|info| info.reason == "STORE_UNAVAILABLE"), "{write:?}: {status:?}");
            }
            (_, None) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_sent_until_it_is_answered_happens_once() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let dir = tempfile::tempdir().expect("there is room");
    let mut server = Server::start_with(dir.path(), DEPOT).await;
    let (mut answered, mut unheard, mut absent) = (0, 0, 0);
    for round in 0..ROUNDS {
        let mut cases = cases(&server, round).await;
        for _ in 0..KILLS {
            send_and_kill(server, &mut cases, &mut rng).await;
            server = Server::start_with(dir.path(), DEPOT).await;
            let db = Db::open(dir.path()).await;
            for case in &cases {
                match (case.first.is_some(), case.happened(&db).await) {
                    (true, _) => answered += 1,
                    (false, true) => unheard += 1,
                    (false, false) => absent += 1,
                }
            }
            db.close().await;
        }
        let apis = connections(&server).await;
        let mut concluding = JoinSet::new();
        for (case, api) in cases.into_iter().zip(apis.iter().cycle()) {
            let (dir, api) = (dir.path().to_owned(), api.clone());
            concluding.spawn(async move { case.concluded(&dir, api).await });
        }
        concluding.join_all().await;
    }
    eprintln!("{answered} answered; {unheard} had happened without an answer, {absent} had not");
    assert!(answered > 0 && unheard > 0 && absent > 0, "the test tests something");
}
