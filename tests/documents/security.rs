//! docs/security.md is true: its callers' file can be read, and what it has the reader run makes keys and certificates.

use std::path::{Path, PathBuf};

use rollcall::{
    config::parse_callers,
    edge::identity::{Algorithm, CallersFile},
};
use sha2::{Digest as _, Sha256};

use crate::{
    markdown::{Block, of_language},
    shell,
    support::Server,
};

const PAGE: &str = "docs/security.md";

/// The callers' file of the page.
fn shown() -> CallersFile {
    let [block] = of_language(PAGE, "toml").try_into().expect("there is one");
    parse_callers(&block.at, Path::new("/"), &block.text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The commands of the page with a word. Of others, the test below knows that they need a cluster.
fn commands_with(word: &str) -> Block {
    let [block] = of_language(PAGE, "sh")
        .into_iter()
        .filter(|block| block.text.contains(word))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap_or_else(|blocks| panic!("one block has `{word}`: {blocks:?}"));
    block
}

#[test]
fn the_callers_file_says_what_the_page_says_of_it() {
    let CallersFile { callers, issuers, trust_domains } = shown();
    let [shop, console] = callers.try_into().expect("there are two");
    assert_eq!((shop.caller.name.as_str(), shop.keys.len(), shop.certificates.len()), ("shop", 2, 2));
    assert!(shop.keys[0].until.is_some() && shop.keys[1].until.is_none() && shop.caller.until.is_some());
    assert!(shop.caller.speaks_for("service") && !shop.caller.speaks_for("operator"));
    assert!(console.caller.speaks_for("operator") && console.caller.speaks_for("user"));
    assert_eq!(shop.tokens[0].issuer, issuers[0].issuer);
    assert_eq!(issuers[0].algorithms, [Algorithm::Rs256]);
    assert_eq!(trust_domains[0].authorities, PathBuf::from("/etc/rollcall/callers/acme.example.pem"));
}

#[test]
fn the_commands_make_a_key_and_its_hash() {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let printed = shell::run(&format!("{}echo \"$key\"", commands_with("head -c 32").text), dir.path());
    let [hash, _, key] = printed.split_whitespace().collect::<Vec<_>>().try_into().expect("a hash and a key");
    assert_eq!(key.len(), 64);
    let found = Sha256::digest(key).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!(hash, found);
}

#[tokio::test]
async fn the_commands_make_certificates_that_the_server_serves_with() {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let printed = shell::run(&format!("set -e\n{}echo made", commands_with("openssl").text), dir.path());
    assert!(printed.trim_end().ends_with("made"), "{printed}");
    let verified = shell::run("openssl verify -CAfile ca.crt -purpose sslserver tls.crt", dir.path());
    assert_eq!(verified.trim_end(), "tls.crt: OK");
    let file = |setting: &str, name: &str| format!("tls.{setting}={}", dir.path().join(name).display());
    let settings = [file("certificate", "tls.crt"), file("key", "tls.key"), file("client_authorities", "ca.crt")];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let server = Server::start_with(dir.path(), &[&settings[..], &["tls.client_certificates=optional"]].concat()).await;
    assert_eq!(server.terminate().await.code(), Some(0));
}

#[test]
fn all_other_commands_are_those_of_a_cluster() {
    for block in of_language(PAGE, "sh") {
        let is_run = ["head -c 32", "openssl"].iter().any(|word| block.text.contains(word));
        assert!(is_run || block.text.starts_with("kubectl "), "{}: no test runs this", block.at);
    }
}
