//! Watchers see every change once and in order, over killed streams, restarts and writes of other processes.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rollcall::proto::{
    Change, ChangeKind, ChangeOrder, ListChangesRequest, Profile, WatchChangesRequest, WatchChangesResponse,
    watch_changes_request::Start,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tonic::{Code, Streaming};

use super::{ACTORS, all, position, without_profiles};
use crate::{
    driver::issued_invitations,
    oracle::Tokens,
    support::{
        Server, TestServer, WireTenant,
        db::Db,
        expect_error, repetitions,
        rng::Rng,
        tokens::revision_of,
        wire_tenant::{OPERATOR, fixture, profile},
    },
};

/// Longer than anything takes unless it hangs.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) async fn watch(
    world: &WireTenant,
    start: Option<Start>,
    kinds: &[ChangeKind],
) -> Streaming<WatchChangesResponse> {
    let kinds = kinds.iter().map(|kind| (*kind).into()).collect();
    let request = WatchChangesRequest { tenant: world.tenant.clone(), start, kinds };
    world.api.watch.clone().watch_changes(request).await.expect("the tenant can be watched").into_inner()
}

pub(crate) async fn next(stream: &mut Streaming<WatchChangesResponse>) -> WatchChangesResponse {
    let next = timeout(TIMEOUT, stream.message()).await.expect("a response comes in time");
    next.expect("the stream goes on").expect("the stream has no end")
}

/// The whole log, the oldest change first.
pub(crate) async fn history(world: &WireTenant) -> Vec<Change> {
    all(world, ListChangesRequest { order_by: ChangeOrder::OldestFirst.into(), ..Default::default() }).await
}

/// Sends random writes, some of which change something, until `stop` is set.
async fn write_at_random(world: WireTenant, mut rng: Rng, tokens: Arc<Mutex<Tokens>>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let write = match rng.range(0, 10) {
            // Otherwise nobody could do anything in the end.
            0 => world.unlock(OPERATOR, rng.pick::<&str>(ACTORS.people)),
            1 => world.change(OPERATOR, rng.pick::<&str>(ACTORS.people), "workspace", "admin"),
            _ => ACTORS.informed_operation(&mut rng, &tokens.lock().unwrap(), &world.tenant).write(&world.tenant),
        };
        if let Ok(answer) = world.api.write(write).await {
            tokens.lock().unwrap().learn(&issued_invitations(&answer));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_that_is_killed_and_comes_back_sees_each_change_once() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let stage = TestServer::with(&["watch.heartbeat=20ms"]).await;
    let world = stage.tenant().await;
    let begun = history(&world).await.len();
    let mut writers = JoinSet::new();
    let (known, stop) = (Arc::<Mutex<Tokens>>::default(), Arc::<AtomicBool>::default());
    for number in 0..3 {
        let world = WireTenant { api: stage.server.api().await, ..world.clone() };
        writers.spawn(write_at_random(world, Rng::new(seed + number), known.clone(), stop.clone()));
    }
    let mut seen: Vec<Change> = Vec::new();
    let enough = usize::try_from(repetitions("watch_kills", 25, 120)).expect("few");
    let (mut last, mut tokens, mut kills) = (None, Vec::new(), 0);
    loop {
        let start = match &last {
            None => Start::FromBeginning(true),
            Some(token) => Start::After(String::clone(token)),
        };
        let mut stream = watch(&world, Some(start), &[]).await;
        let mut before = None;
        for _ in 0..rng.range(1, 5) {
            let response = next(&mut stream).await;
            for change in response.changes {
                let at = position(&change);
                assert!(before.is_none_or(|before| before < at), "out of order: {at:?} after {before:?}");
                before = Some(at);
                if seen.last().is_none_or(|newest| position(newest) < at) {
                    seen.push(change);
                }
            }
            if !response.token.is_empty() {
                tokens.push(response.token.clone());
                last = Some(response.token);
            }
        }
        drop(stream);
        kills += 1;
        // However slow the writers are beside the watcher, they write something for it to see.
        let is_enough = kills >= enough && seen.len() > begun + enough / 2;
        stop.store(is_enough, Ordering::Relaxed);
        while writers.try_join_next().is_some() {}
        let newest = last.as_ref().map(|token| revision_of(token));
        if writers.is_empty() && newest == Some(world.revision().await) {
            break;
        }
        // Now and then the client has lost its newest tokens, too.
        if kills % 10 == 0 && !writers.is_empty() {
            last = Some(rng.pick(&tokens).clone());
        }
    }
    // Profiles are as they were when a change was read.
    assert_eq!(without_profiles(seen.clone()), without_profiles(history(&world).await));
}

#[tokio::test]
async fn every_response_with_a_token_ends_a_revision() {
    let (_stage, world) = fixture().await;
    let mut stream = watch(&world, Some(Start::FromBeginning(true)), &[]).await;
    let names: Vec<String> = (0..100).map(|number| format!("guest{number}@acme.test")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.api.write(world.invite_all("edith", &names, &[("harbour", "viewer")])).await.unwrap();
    world.api.write(world.create_site("olga", "pier")).await.unwrap();
    let history = history(&world).await;
    let (mut seen, mut parts) = (Vec::new(), 0);
    while seen.len() < history.len() {
        let response = next(&mut stream).await;
        seen.extend(response.changes);
        if response.token.is_empty() {
            parts += 1;
            continue;
        }
        let newest = revision_of(&response.token);
        let up_to = history.iter().take_while(|change| position(change).0 <= newest).count();
        assert_eq!(seen.len(), up_to, "it has all changes up to the token, and none after it");
    }
    assert_eq!(seen, history);
    assert_eq!(parts, 1, "400 changes in a revision come in two parts");
}

#[tokio::test]
async fn without_a_token_a_watch_begins_now() {
    let (_stage, world) = fixture().await;
    for _ in 0..2 {
        let mut stream = watch(&world, None, &[ChangeKind::RoleChanged]).await;
        let first = next(&mut stream).await;
        assert_eq!((first.changes, first.token), (vec![], world.token().await), "a token to keep comes at once");
        let [to, back] = ["editor", "viewer"];
        world.api.write(world.create_site("olga", &world.token().await.to_lowercase())).await.unwrap();
        let change = world.api.write(world.change("edith", "victor", "harbour", to)).await.unwrap();
        let response = next(&mut stream).await;
        assert_eq!(response.token, change.token());
        let kinds: BTreeSet<_> = response.changes.iter().map(position).collect();
        assert_eq!(kinds.len(), 1, "only what was asked for: {response:?}");
        world.api.write(world.change("edith", "victor", "harbour", back)).await.unwrap();
    }
}

#[tokio::test]
async fn a_heartbeat_tells_how_far_the_log_was_read() {
    let stage = TestServer::with(&["watch.heartbeat=50ms"]).await;
    let world = stage.tenant().await;
    let mut stream = watch(&world, None, &[ChangeKind::PolicySet]).await;
    let mut last = revision_of(&next(&mut stream).await.token);
    for number in 0..3 {
        let written = world.api.write(world.create_site("olga", &format!("site-{number}"))).await.unwrap();
        let written = written.revision();
        while last < written {
            let response = next(&mut stream).await;
            assert!(response.changes.is_empty(), "{response:?}");
            let at = revision_of(&response.token);
            assert!(last <= at && at <= written, "{last} {at} {written}");
            last = at;
        }
        next(&mut stream).await;
    }
}

#[tokio::test]
async fn what_others_write_is_found_by_looking() {
    let stage = TestServer::with(&["watch.poll=20ms"]).await;
    let world = stage.tenant().await;
    let mut stream = watch(&world, None, &[]).await;
    next(&mut stream).await;
    let renamed = Profile { display_name: "Olga O.".into(), ..profile("olga") };
    world.api.write(world.update("olga", "olga", renamed)).await.unwrap();
    next(&mut stream).await;
    let db = Db::open(stage.dir.path()).await;
    db.repeat_last(&world.tenant).await;
    db.close().await;
    let response = next(&mut stream).await;
    assert_eq!(response.changes.len(), 1);
    assert_eq!(response.token, world.token().await);
}

#[tokio::test]
async fn a_server_that_is_stopped_sends_its_watchers_elsewhere() {
    let (stage, world) = fixture().await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = watch(&world, None, &[]).await;
        streams.push((next(&mut stream).await.token, stream));
    }
    world.api.write(world.create_site("olga", "pier")).await.unwrap();
    let TestServer { server, dir, .. } = stage;
    server.drain();
    let mut tokens = Vec::new();
    for (mut token, mut stream) in streams {
        let error = loop {
            match timeout(TIMEOUT, stream.message()).await.expect("the stream ends") {
                Ok(response) => token = response.expect("an error ends it").token,
                Err(status) => break Err::<(), _>(status),
            }
        };
        expect_error(error, Code::Unavailable, "DRAINING");
        tokens.push(token);
    }
    let status = timeout(TIMEOUT, server.ended()).await.expect("watchers do not keep the server");
    assert_eq!(status.code(), Some(0));

    let server = Server::start(dir.path()).await;
    let world = WireTenant { api: server.api().await, ..world };
    world.api.write(world.create_site("olga", "dock")).await.unwrap();
    let history = history(&world).await;
    for token in tokens {
        let seen = revision_of(&token);
        let mut stream = watch(&world, Some(Start::After(token)), &[]).await;
        let mut response = next(&mut stream).await;
        while response.changes.is_empty() {
            response = next(&mut stream).await;
        }
        let missed: Vec<Change> = history.iter().filter(|change| position(change).0 > seen).cloned().collect();
        assert_eq!(response.changes, missed);
    }
}

#[tokio::test]
async fn there_are_only_so_many_watchers() {
    let stage = TestServer::with(&["watch.watchers=2"]).await;
    let world = stage.tenant().await;
    let (first, _second) = (watch(&world, None, &[]).await, watch(&world, None, &[]).await);
    let request = WatchChangesRequest { tenant: world.tenant.clone(), ..Default::default() };
    let third = world.api.watch.clone().watch_changes(request.clone()).await;
    let metadata = expect_error(third, Code::ResourceExhausted, "TOO_MANY_WATCHERS");
    assert_eq!(metadata["limit"], "2");
    drop(first);
    let again = async {
        while world.api.watch.clone().watch_changes(request.clone()).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(TIMEOUT, again).await.expect("one who leaves makes room");
}
