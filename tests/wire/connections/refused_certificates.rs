//! Certificates that make no connection: over, of the wrong authority, or to be read in two ways. The log says why.

use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};
use tokio::io::AsyncReadExt as _;

use super::{
    SecureServer, causes,
    certificates::{Callers, SYNC, WEB},
    no_connection,
};
use crate::support::{
    authority::{Authority, ClientLeaf, Leaf},
    transport::{ONLY_1_2, ONLY_1_3},
};

/// What is logged of a certificate that makes no connection.
const REFUSED: &str = "a client certificate was refused";

/// Names that are not one: they end before the end that they say they have.
const MALFORMED: &[u8] = &[0x30, 4, 0x82, 9, b'a', b'b'];

/// A cause, and a certificate that is refused for it.
type Case<'a> = (&'a str, fn(&Callers) -> Leaf);

/// That this certificate makes no connection, and why the log says so. The server has logged none before, for a source has but one
/// line a minute.
async fn refused(callers: &Callers, leaf: &Leaf) -> String {
    let SecureServer { server, client, .. } = &callers.secure;
    let client = client.showing(leaf);
    no_connection(&client, server.address()).await;
    let lines = server.logged(REFUSED).await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line["level"].as_str(), line["source"].as_str()), (Some("WARN"), Some("127.0.0.1")));
    line["cause"].as_str().expect("a cause").to_owned()
}

/// Each of these, which `leaf` makes with the authorities of a server, is refused for this cause.
async fn each_refused(client_certificates: &str, cases: &[Case<'_>]) {
    for (cause, leaf) in cases {
        let callers = Callers::start(client_certificates).await;
        let found = refused(&callers, &leaf(&callers)).await;
        assert!(found.contains(cause), "{cause}: {found}");
    }
}

fn web() -> ClientLeaf {
    ClientLeaf::new().uri(WEB)
}

fn host() -> ClientLeaf {
    ClientLeaf::new().host("web.internal")
}

#[tokio::test]
async fn a_certificate_counts_only_between_its_dates() {
    each_refused(
        "required",
        &[
            ("expired", |callers| callers.ours.client(&web().dates((2000, 1, 1), (2001, 1, 1)))),
            ("not_valid_yet", |callers| callers.ours.client(&web().dates((2900, 1, 1), (2901, 1, 1)))),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_authority_counts_only_for_names_of_its_own() {
    const UNKNOWN: &str = "unknown_issuer";
    each_refused(
        "optional",
        &[
            (UNKNOWN, |_| Authority::new("nobody").client(&web())),
            (UNKNOWN, |_| Authority::new("nobody").client(&host())),
            (UNKNOWN, |callers| callers.ours.client(&ClientLeaf::new().uri(SYNC))),
            (UNKNOWN, |callers| callers.theirs.client(&web())),
            (UNKNOWN, |callers| callers.hosts.client(&web())),
            (UNKNOWN, |callers| callers.ours.client(&host())),
            (UNKNOWN, |callers| callers.hosts.client(&ClientLeaf::new().uri("spiffe://others.test/web"))),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_certificate_with_two_uris_or_none_that_can_be_read_is_refused() {
    const TWO: &str = "several_uris";
    each_refused(
        "required",
        &[
            (TWO, |callers| callers.ours.client(&web().uri("spiffe://ours.test/other"))),
            (TWO, |callers| callers.ours.client(&web().uri(SYNC))),
            (TWO, |callers| callers.ours.client(&web().uri(WEB))),
            (TWO, |callers| callers.ours.client(&web().uri("https://web.internal/"))),
            (TWO, |callers| callers.hosts.client(&host().uri("https://a.test/").uri("https://b.test/"))),
            ("malformed_name", |callers| callers.hosts.client(&ClientLeaf::new().raw_names(MALFORMED))),
            ("bad_spiffe_id", |callers| callers.hosts.client(&host().uri("spiffe://ours.test//web"))),
            ("root_spiffe_id", |callers| callers.ours.client(&ClientLeaf::new().uri("spiffe://ours.test"))),
            ("no_name", |callers| callers.hosts.client(&ClientLeaf::new())),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_certificate_that_is_for_something_else_is_refused() {
    use ExtendedKeyUsagePurpose::ServerAuth;
    each_refused(
        "optional",
        &[
            ("refused", |callers| callers.ours.client(&web().authority())),
            ("signs", |callers| {
                let usages = [KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
                callers.ours.client(&web().usages(&usages))
            }),
            ("signs", |callers| callers.hosts.client(&host().usages(&[KeyUsagePurpose::CrlSign]))),
            ("not_for_clients", |callers| callers.ours.client(&web().purposes(&[ServerAuth]))),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_refused_a_hundred_times_is_logged_once() {
    let callers = Callers::start("required").await;
    let expired = callers.ours.client(&web().dates((2000, 1, 1), (2001, 1, 1)));
    let (address, client) = (callers.secure.server.address(), callers.secure.client.showing(&expired));
    for _ in 0..100 {
        no_connection(&client, address).await;
    }
    refused(&callers, &expired).await;
    let log = callers.secure.server.log().join("\n");
    assert!(!log.contains("shop/sa/web"), "a name that nobody verified is in the log:\n{log}");
}

#[tokio::test]
async fn a_client_learns_at_the_handshake_that_it_is_refused_or_at_its_first_call() {
    let callers = Callers::start("required").await;
    let client = callers.secure.client.showing(&Authority::new("nobody").client(&web()));
    let address = callers.secure.server.address();
    let why = client.speaking(ONLY_1_2).handshake(address).await.unwrap_err();
    assert!(causes(&why).contains("UnknownCA"), "{why:?}");
    // The client's part of a handshake of TLS 1.3 ends before the server has seen the certificate.
    let mut stream = client.speaking(ONLY_1_3).handshake(address).await.unwrap();
    let why = stream.read(&mut [0; 1]).await.unwrap_err();
    assert!(causes(&why).contains("UnknownCA"), "{why:?}");
    // Nobody else is the worse for it.
    let api = callers.showing(&callers.ours.client(&web())).await;
    api.check(callers.question()).await.expect("a caller");
}
