//! A callers' file that changes while its callers call: what is added counts, what is removed or over does not, a mistake
//! changes nothing, and no request fails of a caller that goes from one key to the next.

use std::time::Duration;

use prost_types::Timestamp;
use rollcall::proto::WatchChangesRequest;
use tokio::time::timeout;
use tonic::Status;

use super::{REPLACED, TIMEOUT, ask, assert_refused, eventually, eventually_logged, load::Load, logged, question};
use crate::support::{
    Api, WireTenant,
    callers_file::{CallersFile, caller, key, keys, shop, tenant, with_ops},
    error::reason_of,
    issuer::since_epoch,
};

/// What is logged when the callers' file has a mistake.
const MISTAKEN: &str = "the callers' file has a mistake; the callers stay as they are";

/// An instant so long from now, as the file has it.
fn after(duration: Duration) -> String {
    let seconds = i64::try_from((since_epoch() + duration).as_secs()).unwrap();
    Timestamp { seconds, nanos: 0 }.to_string()
}

/// Follows the changes of a tenant with a key. The error that ends it.
async fn end_of_watch(api: Api, world: &WireTenant, key: &str) -> impl Future<Output = Status> + use<> {
    let request = WatchChangesRequest { tenant: world.tenant.clone(), ..Default::default() };
    let mut watch = api.with_key(key).watch.watch_changes(request).await.expect("it may watch").into_inner();
    async move {
        loop {
            match watch.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a watch ends with an error"),
                Err(error) => return error,
            }
        }
    }
}

#[tokio::test]
async fn a_key_is_changed_under_load_and_no_request_fails() {
    let file = CallersFile::new(&shop(&key("old")));
    let server = file.serve().await;
    let world = tenant(&server.api, "acme").await;
    let load = Load::start(&server, &world, "old").await;
    let mut current = "old".to_owned();
    for round in 1..=3 {
        let next = format!("key {round}");
        let end = Some(after(Duration::from_hours(1)));
        file.replace_callers(&shop(&keys(&[(&current, end), (&next, None)])));
        eventually_logged(&server, REPLACED, 2 * round - 1).await;
        load.switch(&next).await;
        file.replace_callers(&shop(&key(&next)));
        eventually_logged(&server, REPLACED, 2 * round).await;
        assert_refused(&server.api, question(&world), &current).await;
        load.goes_on().await;
        current = next;
    }
    load.end().await;
}

#[tokio::test]
async fn a_mounted_secret_is_changed_under_load_and_no_request_fails() {
    let file = CallersFile::new(&shop(&key("key 0")));
    let version = |valid: &[&str]| {
        let entries: Vec<_> = valid.iter().map(|key| (*key, None)).collect();
        with_ops(&shop(&keys(&entries)))
    };
    file.swap("v0", &[("callers.toml", &version(&["key 0"]))]);
    let server = file.serve().await;
    let world = tenant(&server.api, "acme").await;
    let load = Load::start(&server, &world, "key 0").await;
    for (number, valid) in [["key 0", "key 1"], ["key 1", "key 2"], ["key 2", "key 3"]].iter().enumerate() {
        file.swap(&format!("v{}", number + 1), &[("callers.toml", &version(valid))]);
        eventually_logged(&server, REPLACED, number + 1).await;
        load.switch(valid[1]).await;
    }
    assert_refused(&server.api, question(&world), "key 1").await;
    load.end().await;
}

#[tokio::test]
async fn a_key_and_a_caller_count_until_their_end() {
    let file = CallersFile::new("");
    let server = file.serve().await;
    let world = tenant(&server.api, "acme").await;
    let (soon, later) = (after(Duration::from_secs(10)), after(Duration::from_hours(1)));
    let rights = r#"rights = ["read", "watch"]"#;
    let guest = caller("guest", &key("a guest's"), &format!("{rights}\nuntil = {soon}"));
    file.replace_callers(&[shop(&keys(&[("first", Some(soon)), ("second", Some(later))])), guest].concat());
    eventually_logged(&server, REPLACED, 1).await;
    let of_key = end_of_watch(server.server.api().await, &world, "first").await;
    let of_caller = end_of_watch(server.server.api().await, &world, "a guest's").await;
    for ending in ["first", "a guest's"] {
        eventually("it is over", async || {
            ask(&server.api, question(&world), &[&format!("Bearer {ending}")]).await.is_err()
        })
        .await;
        assert_refused(&server.api, question(&world), ending).await;
    }
    for watch in [timeout(TIMEOUT, of_key).await, timeout(TIMEOUT, of_caller).await] {
        assert_eq!(reason_of(&watch.expect("a watch ends with its credentials")), "DRAINING");
    }
    ask(&server.api, question(&world), &["Bearer second"]).await.expect("the other key goes on");
    assert_eq!(logged(&server, REPLACED).len(), 1, "nobody changed the file");
}

#[tokio::test]
async fn a_watch_ends_when_its_key_its_right_or_its_caller_is_removed() {
    let rights = |rights: &str| format!("rights = [{rights}]");
    let file_with = |key_of_shop: &str, rights_of_audit: &str, others: &str| {
        let audit = caller("audit", &key("key of audit"), &rights(rights_of_audit));
        let steady = caller("steady", &key("key of steady"), &rights("\"watch\""));
        [shop(&key(key_of_shop)), audit, steady, others.to_owned()].concat()
    };
    let gone = caller("gone", &key("key of gone"), &rights("\"watch\""));
    let file = CallersFile::new(&file_with("key of shop", "\"read\", \"watch\"", &gone));
    let server = file.serve().await;
    let world = tenant(&server.api, "acme").await;
    let mut ends = Vec::new();
    for name in ["shop", "audit", "gone"] {
        ends.push((name, end_of_watch(server.server.api().await, &world, &format!("key of {name}")).await));
    }
    let steady = end_of_watch(server.server.api().await, &world, "key of steady").await;
    file.replace_callers(&file_with("another key", "\"read\"", ""));
    for (name, end) in ends {
        let end = timeout(TIMEOUT, end).await.unwrap_or_else(|_| panic!("the watch of `{name}` goes on"));
        assert_eq!(reason_of(&end), "DRAINING", "{name}");
    }
    let steady = tokio::spawn(steady);
    world.does(world.create_site("ada", "pier")).await;
    assert!(!steady.is_finished(), "who lost nothing watches on");
}

#[tokio::test]
async fn a_callers_file_with_a_mistake_changes_nothing() {
    let file = CallersFile::new(&shop(&key("old")));
    let server = file.serve().await;
    let world = tenant(&server.api, "acme").await;
    let load = Load::start(&server, &world, "old").await;
    let twice = [shop(&key("one")), shop(&key("one"))].concat();
    let broken = ["[[caller]", &shop("keys = []"), &twice, "[[caller]]\nname = \"shop\"\nrights = [\"raed\"]\n"];
    for (number, text) in broken.iter().enumerate() {
        file.replace_callers(text);
        eventually_logged(&server, MISTAKEN, number + 1).await;
        load.goes_on().await;
    }
    file.replace("callers.toml", "");
    load.goes_on().await;
    std::fs::remove_file(file.dir().join("callers.toml")).expect("is there");
    load.goes_on().await;
    file.replace_callers(&shop(&keys(&[("old", None), ("new", None)])));
    eventually("the new key counts", async || ask(&server.api, question(&world), &["Bearer new"]).await.is_ok()).await;
    load.end().await;
    for line in logged(&server, MISTAKEN) {
        assert_eq!(line["level"], "ERROR");
        let problem = line["problem"].as_str().expect("it says what is wrong");
        assert!(problem.contains("callers.toml"), "{problem}");
    }
}
