//! Callers that are known by certificates: by which of their names, and beside which keys.

use std::fs;

use rollcall::proto::{CheckRequest, ListChangesRequest};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use tonic::Status;

use super::{SecureServer, causes, no_connection};
use crate::support::{
    Api, WireTenant,
    authority::{Authority, ClientLeaf, Leaf},
    error::reason_of,
};

/// The names of the caller `web`, and that of `sync`, which is of another trust domain.
pub(super) const WEB: &str = "spiffe://ours.test/ns/shop/sa/web";
pub(super) const SYNC: &str = "spiffe://theirs.test/sync";

const CALLERS: &str = r#"
[[caller]]
name = "ops"
certificates = ["dns:ops.internal"]
rights = ["read", "write", "audit", "operate"]
tenants = ["*"]

[[caller]]
name = "web"
certificates = ["spiffe://ours.test/ns/shop/sa/web", "dns:web.internal"]
keys = [{ sha256 = "HASH OF web" }]
rights = ["read", "write"]
tenants = ["acme"]

[[caller]]
name = "sync"
certificates = ["spiffe://theirs.test/sync", "dns:sync.internal"]
keys = [{ sha256 = "HASH OF sync" }]
rights = ["read", "write"]
tenants = ["acme"]

[[trust_domain]]
name = "ours.test"
authorities = "ours.pem"

[[trust_domain]]
name = "theirs.test"
authorities = "theirs.pem"
"#;

/// A server that knows callers by certificates of three authorities: two of trust domains, and `hosts` of none.
pub(super) struct Callers {
    pub(super) secure: SecureServer,
    pub(super) ours: Authority,
    pub(super) theirs: Authority,
    pub(super) hosts: Authority,
    /// The tenant `acme` with the admin `ada`, as `ops` sees it.
    world: WireTenant,
}

impl Callers {
    /// A server with this `tls.client_certificates`.
    pub(super) async fn start(client_certificates: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [ours, theirs, hosts] = ["ours", "theirs", "hosts"].map(Authority::new);
        let trusted = [&ours, &theirs, &hosts].map(|authority| authority.write(dir.path()));
        let file = dir.path().join("callers.toml");
        let hash = |key: &str| Sha256::digest(key).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
        let callers = ["web", "sync"].iter().fold(CALLERS.to_owned(), |text, name| {
            text.replace(&format!("HASH OF {name}"), &hash(&format!("the key of {name}")))
        });
        fs::write(&file, callers).unwrap();
        let settings = [
            format!("auth.file={}", file.display()),
            format!("tls.client_certificates={client_certificates}"),
            format!("tls.client_authorities={}", trusted[2].display()),
            "auth.poll=100ms".to_owned(),
        ];
        let secure = SecureServer::start_in(dir, &settings.each_ref().map(String::as_str)).await;
        let ops = secure.client.showing(&hosts.client(&ClientLeaf::new().host("ops.internal")));
        let world = WireTenant::bare(&secure.server.secure_api(&ops).await, "acme").await;
        Self { secure, ours, theirs, hosts, world }
    }

    /// Clients that show a certificate.
    pub(super) async fn showing(&self, leaf: &Leaf) -> Api {
        self.secure.server.secure_api(&self.secure.client.showing(leaf)).await
    }

    /// Clients that show none.
    async fn showing_none(&self) -> Api {
        self.secure.api().await
    }

    /// A question that every caller may ask.
    pub(super) fn question(&self) -> CheckRequest {
        self.world.question("ada", "user_management.view", "workspace")
    }

    /// Who is known to call: the change log has it of a write.
    async fn caller(&self, api: &Api) -> Result<String, String> {
        api.check(self.question()).await.map_err(|status| unauthenticated(&status))?;
        let invite = self.world.invite("ada", "eve@acme.test", "workspace", "user");
        api.write(invite).await.expect("who may ask may write");
        let request = ListChangesRequest { tenant: "acme".into(), page_size: 1, ..Default::default() };
        let newest = self.world.api.list_changes(request).await.expect("`ops` may read the log");
        Ok(newest.changes[0].caller.clone())
    }
}

/// The reason of a refusal, which has to be the one of who is nobody.
fn unauthenticated(status: &Status) -> String {
    let reason = reason_of(status);
    assert_eq!(reason, "UNAUTHENTICATED");
    reason
}

fn known(name: &str) -> Result<String, String> {
    Ok(name.to_owned())
}

fn nobody() -> Result<String, String> {
    Err("UNAUTHENTICATED".to_owned())
}

#[tokio::test]
async fn a_certificate_proves_a_caller_by_its_name() {
    let callers = Callers::start("required").await;
    let (ours, theirs, hosts) = (&callers.ours, &callers.theirs, &callers.hosts);
    let leaf = ClientLeaf::new;
    for (authority, leaf, expected) in [
        (ours, leaf().uri(WEB), known("web")),
        (theirs, leaf().uri(SYNC), known("sync")),
        (hosts, leaf().host("web.internal"), known("web")),
        // Scheme and domain in any case, and so are names of hosts.
        (ours, leaf().uri("SPIFFE://Ours.TEST/ns/shop/sa/web"), known("web")),
        (hosts, leaf().host("Web.Internal"), known("web")),
        // The other names are nobody's.
        (hosts, leaf().host("localhost").host("web.internal").host("*.internal"), known("web")),
        (hosts, leaf().uri("https://web.internal/").host("web.internal"), known("web")),
        (ours, leaf().uri(WEB).host("sync.internal"), known("web")),
        // No name of a caller, whoever signed it.
        (ours, leaf().uri("spiffe://ours.test/ns/shop/sa/Web"), nobody()),
        (ours, leaf().uri("spiffe://ours.test/ns/shop/sa"), nobody()),
        (ours, leaf().uri("spiffe://ours.test/other").host("web.internal"), nobody()),
        (hosts, leaf().host("*.internal").host("shop.internal"), nobody()),
        (hosts, leaf().host("web.internal.test"), nobody()),
        // Two callers in one certificate are none.
        (hosts, leaf().host("web.internal").host("sync.internal"), nobody()),
    ] {
        let leaf = authority.client(&leaf);
        assert_eq!(callers.caller(&callers.showing(&leaf).await).await, expected, "{:?}", leaf.chain());
    }
}

#[tokio::test]
async fn certificate_and_key_have_to_be_of_one_caller() {
    let callers = Callers::start("optional").await;
    let web = callers.showing(&callers.ours.client(&ClientLeaf::new().uri(WEB))).await;
    let mesh = callers.showing(&callers.ours.client(&ClientLeaf::new().uri("spiffe://ours.test/mesh"))).await;
    let none = callers.showing_none().await;
    for (api, key, expected) in [
        (&web, None, known("web")),
        (&web, Some("the key of web"), known("web")),
        (&web, Some("the key of sync"), nobody()),
        (&web, Some("the key of nobody"), nobody()),
        // A certificate of no caller, as a sidecar shows it, leaves it to the key.
        (&mesh, None, nobody()),
        (&mesh, Some("the key of web"), known("web")),
        (&mesh, Some("the key of sync"), known("sync")),
        (&mesh, Some("the key of nobody"), nobody()),
        (&none, None, nobody()),
        (&none, Some("the key of sync"), known("sync")),
        (&none, Some("the key of nobody"), nobody()),
    ] {
        let api = key.map_or_else(|| api.clone(), |key| api.with_key(key));
        assert_eq!(callers.caller(&api).await, expected, "{key:?}");
    }
}

#[tokio::test]
async fn two_identities_are_logged_once_and_without_what_was_sent() {
    let callers = Callers::start("optional").await;
    let web = callers.showing(&callers.ours.client(&ClientLeaf::new().uri(WEB))).await;
    let both = web.with_key("the key of sync");
    for _ in 0..20 {
        assert_eq!(callers.caller(&both).await, nobody());
    }
    let server = &callers.secure.server;
    let lines = server.logged("credentials were refused").await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(line["level"], "WARN");
    assert_eq!((line["source"].as_str(), line["cause"].as_str()), (Some("127.0.0.1"), Some("two_identities")));
    let log = server.log().join("\n");
    for secret in ["the key of", "shop/sa/web", "Bearer"] {
        assert!(!log.contains(secret), "`{secret}` is in the log:\n{log}");
    }
}

#[tokio::test]
async fn a_certificate_is_needed_only_where_it_is_required() {
    let required = Callers::start("required").await;
    let mut stream = required.secure.client.handshake(required.secure.server.address()).await.unwrap();
    let why = stream.read(&mut [0; 1]).await.unwrap_err();
    assert!(causes(&why).contains("CertificateRequired"), "{why:?}");
    no_connection(&required.secure.client, required.secure.server.address()).await;
    let optional = Callers::start("optional").await;
    let api = optional.showing_none().await.with_key("the key of web");
    assert_eq!(optional.caller(&api).await, known("web"));
}
