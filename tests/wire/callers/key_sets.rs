//! An issuer's keys that change while its tokens are sent.

use super::{REPLACED, ask, assert_refused, eventually, eventually_logged, load::Load, logged, question};
use crate::support::{
    TestServer, WireTenant,
    callers_file::{CallersFile, caller, issuer, key, shop, tenant, tokens, with_ops},
    issuer::{TestIssuer, key_set},
};

const OURS: &str = "https://ours.test";
/// What is logged when an issuer's keys can't be read.
const MISTAKEN: &str = "an issuer's keys have a mistake; its keys stay as they are";

/// The callers' file of a caller by tokens, whose issuer has its keys in this file.
fn callers_by(file: &str) -> String {
    [shop(&tokens(OURS, "shop")), issuer(OURS, "ES256", file)].concat()
}

/// An issuer with a key of this id, and a token that it signs.
fn signer(key_id: &str) -> (TestIssuer, String) {
    let signer = TestIssuer::new(OURS, key_id);
    let token = signer.token(&signer.claims("shop"));
    (signer, token)
}

/// A server that knows the keys of one issuer.
async fn serve(keys: &str) -> (CallersFile, TestServer, WireTenant) {
    let file = CallersFile::new(&callers_by("keys.json"));
    file.replace("keys.json", keys);
    let server = file.serve().await;
    let world = tenant(&server.api, "acme").await;
    (file, server, world)
}

#[tokio::test]
async fn keys_are_changed_under_load_and_no_request_fails() {
    let ((old, old_token), (new, new_token)) = (signer("old"), signer("new"));
    let (file, server, world) = serve(&key_set(&[old.ec_key()])).await;
    let load = Load::start(&server, &world, &old_token).await;
    assert_refused(&server.api, question(&world), &new_token).await;

    // In the midst somebody writes half a file, and keys that are none.
    let whole = key_set(&[old.ec_key(), new.ec_key()]);
    let secret = r#"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#;
    for (number, broken) in [&whole[..whole.len() / 2], "", "[]", secret].iter().enumerate() {
        file.replace("keys.json", broken);
        eventually_logged(&server, MISTAKEN, number + 1).await;
        load.goes_on().await;
    }
    assert!(logged(&server, MISTAKEN).iter().all(|line| line["level"] == "ERROR" && !line["problem"].is_null()));

    file.replace("keys.json", &whole);
    eventually_logged(&server, REPLACED, 1).await;
    load.switch(&new_token).await;
    file.replace("keys.json", &key_set(&[new.ec_key()]));
    eventually_logged(&server, REPLACED, 2).await;
    assert_refused(&server.api, question(&world), &old_token).await;
    load.end().await;
    assert_eq!(logged(&server, MISTAKEN).len(), 4, "each mistake is logged once");
}

#[tokio::test]
async fn a_set_without_keys_revokes_every_token() {
    let (ours, token) = signer("only");
    let (file, server, world) = serve(&key_set(&[ours.ec_key()])).await;
    ask(&server.api, question(&world), &[&format!("Bearer {token}")]).await.expect("it counts");
    file.replace("keys.json", &key_set(&[]));
    eventually_logged(&server, REPLACED, 1).await;
    assert_refused(&server.api, question(&world), &token).await;
    file.replace("keys.json", &key_set(&[ours.ec_key()]));
    eventually_logged(&server, REPLACED, 2).await;
    ask(&server.api, question(&world), &[&format!("Bearer {token}")]).await.expect("it counts again");
}

#[tokio::test]
async fn callers_and_keys_of_a_mounted_secret_change_together() {
    let ((old, old_token), (new, new_token)) = (signer("old"), signer("new"));
    let (file, server, world) = serve(&key_set(&[old.ec_key()])).await;
    let load = Load::start(&server, &world, &old_token).await;
    let both = key_set(&[old.ec_key(), new.ec_key()]);
    // The issuer's file has another name each time: the old one is gone when the new one is first read.
    for version in ["a", "b", "c"] {
        let name = format!("keys-{version}.json");
        file.swap(version, &[("callers.toml", &with_ops(&callers_by(&name))), (&name, &both)]);
        eventually("its keys count", async || {
            ask(&server.api, question(&world), &[&format!("Bearer {new_token}")]).await.is_ok()
        })
        .await;
        load.switch(if version == "b" { &old_token } else { &new_token }).await;
        load.switch(&old_token).await;
    }
    load.end().await;
}

#[tokio::test]
async fn a_callers_file_counts_once_the_keys_that_it_names_are_there() {
    const WAITS: &str = "the callers' file has a mistake; the callers stay as they are";
    let ((old, old_token), (new, new_token)) = (signer("old"), signer("new"));
    let (file, server, world) = serve(&key_set(&[old.ec_key()])).await;
    let load = Load::start(&server, &world, &old_token).await;
    file.replace_callers(&callers_by("other.json"));
    eventually_logged(&server, WAITS, 1).await;
    load.goes_on().await;
    file.replace("other.json", "{");
    eventually_logged(&server, WAITS, 2).await;
    load.end().await;
    file.replace("other.json", &key_set(&[new.ec_key()]));
    eventually_logged(&server, REPLACED, 1).await;
    ask(&server.api, question(&world), &[&format!("Bearer {new_token}")]).await.expect("its keys count");
    assert_refused(&server.api, question(&world), &old_token).await;
}

#[tokio::test]
async fn a_callers_file_that_waited_and_is_gone_never_counts() {
    let (ours, token) = signer("old");
    let (file, server, world) = serve(&key_set(&[ours.ec_key()])).await;
    // It waits for keys, and lets in somebody whom the next one does not.
    let stranger = caller("stranger", &key("key of a stranger"), r#"rights = ["read"]"#);
    file.replace_callers(&[callers_by("later.json"), stranger].concat());
    eventually_logged(&server, "the callers' file has a mistake; the callers stay as they are", 1).await;
    let keys = key_set(&[ours.ec_key()]);
    file.swap("next", &[("callers.toml", &with_ops(&callers_by("later.json"))), ("later.json", &keys)]);
    eventually_logged(&server, REPLACED, 1).await;
    assert_refused(&server.api, question(&world), "key of a stranger").await;
    ask(&server.api, question(&world), &[&format!("Bearer {token}")]).await.expect("its keys count");
    assert_eq!(logged(&server, REPLACED).len(), 1, "what waited never counted");
}
