//! The process around the services: health, reflection, callers' keys, settings, shutdown and restart.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    time::Duration,
};

use crate::support::{
    TestServer, WireTenant, expect_error,
    server::{Server, command, refused, store_file},
    wire_tenant::fixture,
};
use rollcall::proto::{Consistency, consistency::Requirement};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use tonic::{Code, Request};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::{v1, v1alpha};

const SERVICES: [&str; 6] =
    ["AuditService", "AuthorizationService", "MembershipService", "ResourceService", "TenantService", "WatchService"];

/// Longer than an orderly shutdown takes.
const TIMEOUT: Duration = Duration::from_secs(20);

fn health_request(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.into() }
}

#[tokio::test]
async fn every_service_is_healthy_once_it_listens() {
    let stage = TestServer::new().await;
    let mut health = HealthClient::new(stage.server.channel().await);
    let names = SERVICES.iter().map(|name| format!("rollcall.v1.{name}"));
    for service in names.chain([String::new()]) {
        let answer = health.check(health_request(&service)).await.expect("the service is known").into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "`{service}`");
    }
    let unknown = health.check(health_request("rollcall.v1.NoService")).await.expect_err("no such service");
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn health_says_so_before_the_server_ends() {
    let stage = TestServer::new().await;
    let mut watches = Vec::new();
    for service in ["", "rollcall.v1.AuthorizationService"] {
        let mut health = HealthClient::new(stage.server.channel().await);
        let mut watch = health.watch(health_request(service)).await.expect("health can be watched").into_inner();
        let first = watch.message().await.expect("the stream is open").expect("and tells the present state");
        assert_eq!(first.status(), ServingStatus::Serving);
        watches.push(watch);
    }
    stage.server.drain();
    for mut watch in watches {
        let next = timeout(TIMEOUT, watch.message()).await.expect("the state changes");
        let next = next.expect("the stream is open").expect("and tells the change");
        assert_eq!(next.status(), ServingStatus::NotServing);
    }
    let status = timeout(TIMEOUT, stage.server.ended()).await.expect("an open watch does not keep the server");
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn an_idle_connection_does_not_keep_the_server() {
    let (stage, world) = fixture().await;
    assert!(world.may("ada", "data.view", "harbour").await);
    let idle = stage.server.api().await;
    let status = timeout(TIMEOUT, stage.server.terminate()).await.expect("it ends within its grace");
    assert_eq!(status.code(), Some(0));
    drop(idle);
}

#[tokio::test]
async fn calls_under_way_are_answered_before_the_end() {
    let (stage, world) = fixture().await;
    let writes = (0..20).map(|number| {
        let (world, site) = (world.clone(), format!("site-{number}"));
        tokio::spawn(async move { world.api.write(world.create_site("olga", &site)).await.map(|_| site) })
    });
    let writes = writes.collect::<Vec<_>>();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let TestServer { server, dir, .. } = stage;
    assert_eq!(server.terminate().await.code(), Some(0));
    let mut acknowledged = Vec::new();
    for write in writes {
        acknowledged.extend(write.await.expect("no panic").ok());
    }
    let server = Server::start(dir.path()).await;
    let world = WireTenant { api: server.api().await, ..world };
    let sites = world.sites("olga", "data.edit").await;
    assert!(acknowledged.iter().all(|site| sites.contains(site)), "{acknowledged:?} in {sites:?}");
}

#[tokio::test]
async fn a_new_start_keeps_everything() {
    let (stage, world) = fixture().await;
    let before = world.observed_state().await;
    let question = world.question("edith", "data.edit", "harbour");
    let token = world.api.check(question.clone()).await.expect("well formed").token;
    let TestServer { server, dir, .. } = stage;
    assert_eq!(server.terminate().await.code(), Some(0));

    let server = Server::start(dir.path()).await;
    let world = WireTenant { api: server.api().await, ..world };
    assert_eq!(world.observed_state().await, before);
    let fresh = Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh(token)) });
    let question = rollcall::proto::CheckRequest { consistency: fresh, ..question };
    assert!(world.api.check(question).await.expect("an old token is good").allowed);
    world.allowed(world.remove("edith", "victor", "harbour")).await;
    crate::support::db::audited(dir.path(), &world.tenant).await;
}

#[tokio::test]
async fn a_second_process_does_not_serve_the_same_database() {
    let stage = TestServer::new().await;
    let output = refused(command(stage.dir.path(), &[]));
    let printed = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("another process serves"), "{printed}");
}

#[tokio::test]
async fn reflection_lists_the_services_in_both_versions() {
    let stage = TestServer::new().await;
    let expected = SERVICES.map(|name| format!("rollcall.v1.{name}"));

    let request = v1::ServerReflectionRequest {
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(stage.server.channel().await);
    let mut answers = client.server_reflection_info(tokio_stream::once(request)).await.expect("answers").into_inner();
    let answer = answers.message().await.expect("the stream is open").expect("one answer").message_response;
    let Some(v1::server_reflection_response::MessageResponse::ListServicesResponse(list)) = answer else {
        panic!("no list: {answer:?}")
    };
    let names = list.service.into_iter().map(|service| service.name).collect::<Vec<_>>();
    assert!(expected.iter().all(|name| names.contains(name)), "{names:?}");

    let request = v1alpha::ServerReflectionRequest {
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
            "rollcall.v1.AuthorizationService".into(),
        )),
        ..Default::default()
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(stage.server.channel().await);
    let mut answers = client.server_reflection_info(tokio_stream::once(request)).await.expect("answers").into_inner();
    let answer = answers.message().await.expect("the stream is open").expect("one answer").message_response;
    let Some(v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse(files)) = answer else {
        panic!("no descriptor: {answer:?}")
    };
    assert!(!files.file_descriptor_proto.is_empty());
}

/// The setting that lets a caller in by a key.
fn caller(name: &str, key: &str) -> String {
    Sha256::digest(key).iter().fold(format!("{name}:"), |entry, byte| format!("{entry}{byte:02x}"))
}

fn with_key<T>(message: T, authorization: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", authorization.parse().expect("a header's value"));
    request
}

#[tokio::test]
async fn a_call_without_a_known_key_is_refused() {
    let callers = format!("auth.callers={},{}", caller("shop", "open sesame"), caller("ops", "let me in"));
    let stage = TestServer::with(&[&callers, "auth.operators=ops"]).await;
    let mut tenants = stage.api.tenants.clone();
    let request = rollcall::proto::GetTenantRequest { tenant: "acme".into(), consistency: None };

    let unauthenticated = (Code::Unauthenticated, "UNAUTHENTICATED");
    expect_error(tenants.get_tenant(request.clone()).await, unauthenticated.0, unauthenticated.1);
    for header in ["Bearer wrong", "Bearer ", "Bearer", "open sesame", "Basic open sesame", "Bearer OPEN SESAME"] {
        let result = tenants.get_tenant(with_key(request.clone(), header)).await;
        expect_error(result, unauthenticated.0, unauthenticated.1);
    }
    let known = tenants.get_tenant(with_key(request, "Bearer open sesame")).await;
    expect_error(known, Code::NotFound, "TENANT_NOT_FOUND");

    let mut health = HealthClient::new(stage.server.channel().await);
    let answer = health.check(health_request("")).await.expect("health needs no key").into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
}

#[tokio::test]
async fn only_a_named_caller_asserts_an_operator() {
    let callers = format!("auth.callers={},{}", caller("shop", "open sesame"), caller("ops", "let me in"));
    let stage = TestServer::with(&[&callers, "auth.operators=ops"]).await;
    let world = WireTenant { api: stage.api.clone(), tenant: "acme".into() };
    let crate::support::Write::CreateTenant(request) = world.create_tenant("ada") else { unreachable!() };
    let mut tenants = stage.api.tenants.clone();
    let refused = tenants.create_tenant(with_key(request.clone(), "Bearer open sesame")).await;
    expect_error(refused, Code::PermissionDenied, "OPERATOR_NOT_ALLOWED");
    tenants.create_tenant(with_key(request, "Bearer let me in")).await.expect("`ops` may");

    let mut authorization = stage.api.authorization.clone();
    let question = world.question("ada", "user_management.view", "workspace");
    let answer = authorization.check(with_key(question, "Bearer open sesame")).await.expect("`shop` may ask");
    assert!(answer.into_inner().allowed);
}

#[tokio::test]
async fn every_mistake_in_the_settings_is_printed_at_once() {
    let dir = tempfile::tempdir().expect("there is room");
    let settings = ["listen=nowhere", "store.url=redis://x", "log.format=xml", "no.such=1", "auth.callers=shop"];
    let mut serve = command(dir.path(), &settings);
    // A misspelt variable alone is only warned of.
    serve.env("ROLLCALL_SHUTDOWN_GRAC", "1s");
    let mut child = serve.spawn().expect("the binary runs");
    let mut printed = String::new();
    child.stderr.take().expect("is piped").read_to_string(&mut printed).expect("is text");
    assert_eq!(child.wait().expect("it ends").code(), Some(2), "{printed}");
    for key in ["listen", "store.url", "log.format", "no.such", "auth.callers", "ROLLCALL_SHUTDOWN_GRACE"] {
        assert!(printed.contains(key), "`{key}` is not named in:\n{printed}");
    }
}

/// What Kubernetes adds to a pod's environment for a service called `rollcall`.
const SERVICE_LINKS: [(&str, &str); 8] = [
    ("ROLLCALL_SERVICE_HOST", "10.96.7.45"),
    ("ROLLCALL_SERVICE_PORT", "7450"),
    ("ROLLCALL_SERVICE_PORT_GRPC", "7450"),
    ("ROLLCALL_PORT", "tcp://10.96.7.45:7450"),
    ("ROLLCALL_PORT_7450_TCP", "tcp://10.96.7.45:7450"),
    ("ROLLCALL_PORT_7450_TCP_PROTO", "tcp"),
    ("ROLLCALL_PORT_7450_TCP_PORT", "7450"),
    ("ROLLCALL_PORT_7450_TCP_ADDR", "10.96.7.45"),
];

#[tokio::test]
async fn a_variable_that_is_no_setting_is_warned_of_and_ignored() {
    let dir = tempfile::tempdir().expect("there is room");
    let mut serve = command(dir.path(), &[]);
    serve.envs(SERVICE_LINKS).env("ROLLCALL_SWEEP_EVER", "1m");
    let server = Server::spawn(serve).await;
    let world = WireTenant::seeded(&server.api().await, "acme").await;
    assert!(world.may("edith", "data.edit", "harbour").await);

    let log: Vec<Value> = server.log().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let warning = |variable: &str| {
        let of_variable: Vec<&Value> = log.iter().filter(|line| line["variable"] == variable).collect();
        let [line] = of_variable.as_slice() else { panic!("`{variable}` is not warned of once: {of_variable:?}") };
        assert_eq!(line["level"], "WARN");
        assert!(line["message"].as_str().is_some_and(|message| message.contains("is no setting")), "{line}");
        line["nearest"].clone()
    };
    for (variable, _) in SERVICE_LINKS {
        assert_eq!(warning(variable), Value::Null);
    }
    assert_eq!(warning("ROLLCALL_SWEEP_EVER"), "ROLLCALL_SWEEP_EVERY");
    assert_eq!(server.terminate().await.code(), Some(0));
}

#[tokio::test]
async fn every_mistake_in_the_policies_is_printed_at_once() {
    let dir = tempfile::tempdir().expect("there is room");
    for name in ["one", "two"] {
        let text = format!("edition = 1\npolicy = \"{name}\"\nversion = 1\nroot = \"house\"\n");
        fs::write(dir.path().join(format!("{name}.toml")), text).expect("there is room");
    }
    let policies = format!("policies.dir={}", dir.path().display());
    let output = command(dir.path(), &[&policies]).output().expect("the binary runs");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{printed}");
    for name in ["one.toml:4:8", "two.toml:4:8", "no resource type `house`"] {
        assert!(printed.contains(name), "`{name}` is not named in:\n{printed}");
    }
}

/// Overwrites a file with garbage of the same length: another process has it mapped, and would fault if it were
/// shorter.
fn corrupt(file: &Path) {
    let Ok(length) = fs::metadata(file).map(|metadata| metadata.len()) else { return };
    let mut open = fs::OpenOptions::new().write(true).open(file).expect("the file can be written");
    let garbage = vec![0xa5; usize::try_from(length).expect("a small file")];
    open.write_all(&garbage).expect("the file can be written");
}

#[tokio::test]
async fn a_warm_view_answers_without_the_store() {
    let (stage, world) = fixture().await;
    assert!(world.may("edith", "data.edit", "harbour").await);
    let store = store_file(stage.dir.path());
    for suffix in ["", "-wal", "-shm"] {
        corrupt(Path::new(&format!("{}{suffix}", store.display())));
    }

    let written = world.api.write(world.create_site("olga", "pier")).await.expect_err("there is no store");
    assert!(matches!(written.code(), Code::Unavailable | Code::Internal), "{written:?}");
    let mut question = world.question("edith", "data.edit", "harbour");
    question.consistency = Some(Consistency { requirement: Some(Requirement::FullyConsistent(true)) });
    let fresh = world.api.check(question).await.expect_err("the newest facts can't be read");
    assert!(matches!(fresh.code(), Code::Unavailable | Code::Internal), "{fresh:?}");
    for status in [written, fresh] {
        let message = status.message().to_lowercase();
        assert!(
            !message.contains("sql") && !message.contains("malformed") && !message.contains("database"),
            "{message}"
        );
    }

    assert!(world.may("edith", "data.edit", "harbour").await);
    assert!(!world.may("victor", "data.edit", "harbour").await);
    assert_eq!(world.sites("emil", "data.view").await, ["harbour", "quarry"]);
}
