//! Somebody who guesses keys and tokens as fast as the server lets them: guesses are slowed, what is logged of them is little
//! and has nothing of what was sent, and nobody else at the same address is kept waiting or locked out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rollcall::proto::CheckRequest;
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{TIMEOUT, ask, eventually, eventually_logged, load::Load, logged, question};
use crate::support::{
    Api, TestServer, WireTenant, Write,
    callers_file::{CallersFile, caller, issuer, key, shop, tenant},
    error::reason_of,
    issuer::{TestIssuer, key_set},
    repetitions,
};

/// What is in every guess, and must be in no line of the log.
const MARK: &str = "guessed-by-somebody";
const CREDENTIALS: &str = "credentials were refused";
const INVITATIONS: &str = "a wrong invitation token was sent";
const OURS: &str = "https://ours.test";
/// How many guesses at once are more than enough to be slowed as much as it gets.
const MANY: u64 = 150;

/// How long is guessed, in seconds.
fn guessing_seconds() -> u64 {
    repetitions("guessing_seconds", 4, 60)
}

/// The most guesses that one client may get through one by one, once their answers are slowed: about one a second, and some
/// more when the count begins anew, as it does every minute.
fn most_guesses() -> u64 {
    3 * guessing_seconds() + 50
}

/// The most lines that a source may have: one a minute, and the test may begin at the end of one.
fn most_lines(started: Instant) -> usize {
    usize::try_from(started.elapsed().as_secs() / 60).unwrap() + 2
}

/// Asks with credentials that nobody has, one after the other, until the time is over. How many were answered.
async fn guess(api: Api, question: CheckRequest, name: &'static str) -> u64 {
    let until = Instant::now() + Duration::from_secs(guessing_seconds());
    let stranger = TestIssuer::new(OURS, "first");
    let mut guesses = 0;
    while Instant::now() < until {
        let mut credential = format!("{MARK}-{name}-{guesses}");
        if guesses % 2 == 1 {
            credential = stranger.token(&stranger.claims(&credential));
        }
        let refused = ask(&api, question.clone(), &[&format!("Bearer {credential}")]).await.expect_err("nobody's");
        assert_eq!(reason_of(&refused), "UNAUTHENTICATED");
        guesses += 1;
    }
    guesses
}

async fn serve() -> (CallersFile, TestServer, WireTenant) {
    serve_with(&[]).await
}

async fn serve_with(settings: &[&str]) -> (CallersFile, TestServer, WireTenant) {
    let others = caller("other", &key("key of other"), r#"rights = ["read", "write"]"#);
    let file = CallersFile::new(&[shop(&key("key of shop")), others, issuer(OURS, "ES256", "keys.json")].concat());
    file.replace("keys.json", &key_set(&[TestIssuer::new(OURS, "first").ec_key()]));
    let server = file.serve_with(settings).await;
    let world = tenant(&server.api, "acme").await;
    (file, server, world)
}

/// Every line but those of information.
fn warnings(server: &TestServer) -> Vec<Value> {
    let lines = server.server.log();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["level"] != "INFO").collect()
}

#[tokio::test]
async fn guesses_of_keys_are_slowed_and_harm_nobody_else() {
    let started = Instant::now();
    let (_file, server, world) = serve().await;
    let load = Load::start(&server, &world, "key of shop").await;
    // Many at once, so that the next ones are slowed.
    let mut first = JoinSet::new();
    let api = server.server.api().await;
    for number in 0..MANY {
        let (api, question) = (api.clone(), question(&world));
        first.spawn(async move { ask(&api, question, &[&format!("Bearer {MARK}-{number}")]).await.is_err() });
    }
    assert!(first.join_all().await.into_iter().all(|is_refused| is_refused));

    let mut guessing = JoinSet::new();
    for name in ["one", "two", "three", "four", "five", "six"] {
        guessing.spawn(guess(server.server.api().await, question(&world), name));
    }
    for guesses in guessing.join_all().await {
        assert!(guesses > 0, "nobody is locked out");
        assert!(guesses < most_guesses(), "{guesses} guesses of one client were answered");
    }
    load.end().await;

    let lines = warnings(&server);
    assert!((1..=most_lines(started)).contains(&lines.len()), "{lines:?}");
    for line in &lines {
        assert_eq!((&line["message"], &line["source"]), (&CREDENTIALS.into(), &"127.0.0.1".into()), "{line}");
    }
    // What was sent has the mark, in base64 where it was the subject of a token.
    let log = server.server.log().join("\n");
    assert!(!log.contains(MARK) && !log.contains("eyJ"), "the log has what was sent:\n{log}");
}

#[tokio::test]
async fn who_sends_no_credentials_is_no_guesser() {
    let (_file, server, world) = serve().await;
    let mut calls = JoinSet::new();
    for _ in 0..MANY {
        let (api, question) = (server.api.clone(), question(&world));
        calls.spawn(async move { ask(&api, question, &[]).await.is_err() });
    }
    assert!(calls.join_all().await.into_iter().all(|is_refused| is_refused));
    sleep(Duration::from_millis(50)).await;
    assert!(warnings(&server).is_empty());
    // None of them was counted, so a wrong key is the first.
    super::assert_refused(&server.api, question(&world), "wrong").await;
    eventually_logged(&server, CREDENTIALS, 1).await;
    assert_eq!(logged(&server, CREDENTIALS)[0]["cause"], "unknown_key");
}

/// Sends writes with tokens that were never issued, one after the other, until the time is over. How many were answered.
async fn guess_invitations(world: WireTenant, write: impl Fn(&WireTenant, &str) -> Write) -> u64 {
    let until = Instant::now() + Duration::from_secs(guessing_seconds());
    let mut guesses = 0;
    while Instant::now() < until {
        let refused = world.tried(write(&world, &format!("{MARK}-{guesses}"))).await;
        assert_eq!(refused.expect_err("was never issued"), "INVITATION_NOT_FOUND");
        guesses += 1;
    }
    guesses
}

#[tokio::test]
async fn guesses_of_invitation_tokens_are_noted_by_caller_and_tenant() {
    let started = Instant::now();
    let (_file, server, acme) = serve().await;
    let umbra = tenant(&server.api, "umbra").await;
    let shop = WireTenant { api: server.api.with_key("key of shop"), ..acme.clone() };
    let mut first = JoinSet::new();
    for number in 0..MANY {
        let shop = shop.clone();
        first.spawn(async move { shop.tried(shop.accept("eve", &format!("{MARK}-{number}")).dry()).await });
    }
    for refused in first.join_all().await {
        assert_eq!(refused.expect_err("was never issued"), "INVITATION_NOT_FOUND");
    }
    eventually_logged(&server, INVITATIONS, 1).await;

    let mut guessing = JoinSet::new();
    guessing.spawn(guess_invitations(shop.clone(), |world, token| world.accept("eve", token)));
    guessing.spawn(guess_invitations(shop.clone(), |world, token| world.decline("eve", token)));
    guessing.spawn(guess_invitations(shop.clone(), |world, token| world.accept("eve", token).dry()));
    // Meanwhile it does whatever else it has to do, and another caller and tenant are nobody's business.
    let (_, token) = acme.invited("ada", "eve@acme.test", "workspace", "user").await;
    let other = WireTenant { api: server.api.with_key("key of other"), ..acme.clone() };
    other.does(other.accept("eve", &token)).await;
    assert!(shop.may("ada", "user_management.view", "workspace").await);
    for guesses in guessing.join_all().await {
        assert!(guesses > 0, "nobody is locked out");
        assert!(guesses < most_guesses(), "{guesses} guesses of one client were answered");
    }

    for (api, world, source) in [("key of other", &acme, "other in `acme`"), ("key of shop", &umbra, "shop in `umbra`")]
    {
        let world = WireTenant { api: server.api.with_key(api), ..world.clone() };
        let refused = timeout(TIMEOUT, world.tried(world.decline("eve", MARK))).await.expect("it is answered");
        assert_eq!(refused.expect_err("was never issued"), "INVITATION_NOT_FOUND");
        let is_logged = || logged(&server, INVITATIONS).iter().any(|line| line["source"] == source);
        eventually("it is logged", async || is_logged()).await;
    }
    let lines = warnings(&server);
    let of_shop = lines.iter().filter(|line| line["source"] == "shop in `acme`").count();
    assert!((1..=most_lines(started)).contains(&of_shop) && lines.len() == of_shop + 2, "{lines:?}");
    assert!(!server.server.log().join("\n").contains(MARK), "the log has what was sent");
}

/// Guesses that come over the connection of a caller, such as those of links that its users make up, take no more than half of its
/// streams, however many there are.
#[tokio::test]
async fn guesses_leave_streams_of_their_connection_to_others() {
    let (_file, server, world) = serve_with(&["limits.connection_streams=4"]).await;
    let shop = WireTenant { api: server.server.api().await.with_key("key of shop"), ..world };
    for number in 0..60 {
        let refused = shop.tried(shop.accept("eve", &format!("{MARK}-{number}")).dry());
        // Those that wait are given up.
        timeout(Duration::from_millis(30), refused).await.ok();
    }
    let (stop, mut guessing) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
    for name in 0..16 {
        let (shop, stop) = (shop.clone(), stop.clone());
        guessing.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                shop.tried(shop.accept("eve", &format!("{MARK}-{name}")).dry()).await.expect_err("was never issued");
            }
        });
    }
    // Each would wait for streams that guesses hold for a second each.
    let checks = async {
        for _ in 0..50 {
            assert!(shop.may("ada", "user_management.view", "workspace").await);
        }
    };
    timeout(TIMEOUT, checks).await.expect("they are answered");
    stop.store(true, Ordering::Relaxed);
    guessing.join_all().await;
}
