//! Who calls is known before anything else: every method of the contract, and every path that is none, wants a key.

use prost::{Message as _, bytes::Bytes};
use prost_types::FileDescriptorSet;
use rollcall::proto::DESCRIPTORS;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;
use tonic::{Code, Request, Status, client::Grpc, transport::Channel};

use crate::support::{
    TestServer, WireTenant, Write, code_of,
    error::{fields_of, reason_of},
    raw::RawCodec,
    wire_tenant::OPERATOR,
};

const KEY: &str = "open sesame";

/// Every method of the contract, as a path.
fn methods() -> Vec<String> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("the descriptors decode");
    let ours = set.file.iter().filter(|file| file.package().starts_with("rollcall."));
    let services = ours.flat_map(|file| file.service.iter().map(|service| (file.package(), service)));
    let paths = services.flat_map(|(package, service)| {
        service.method.iter().map(move |method| format!("/{package}.{}/{}", service.name(), method.name()))
    });
    paths.collect()
}

/// Calls a path with an empty message and these headers. What its first answer says.
async fn call(channel: &Channel, path: &str, authorization: &[&str]) -> Result<(), Status> {
    let mut request = Request::new(tokio_stream::once(Bytes::new()));
    for value in authorization {
        request.metadata_mut().append("authorization", value.parse().expect("a header's value"));
    }
    let mut client = Grpc::new(channel.clone());
    client.ready().await.expect("the server takes calls");
    let path = path.parse().expect("a path");
    let mut answers = client.streaming(request, path, RawCodec).await?.into_inner();
    answers.message().await.map(drop)
}

fn caller(name: &str, key: &str) -> String {
    Sha256::digest(key).iter().fold(format!("{name}:"), |entry, byte| format!("{entry}{byte:02x}"))
}

async fn with_callers(more: &[&str]) -> TestServer {
    let callers = format!("auth.callers={},{}", caller("shop", KEY), caller("ops", "let me in"));
    TestServer::with(&[&[&*callers, "auth.operators=ops"], more].concat()).await
}

/// What is no credential of anybody, or too many.
const STRANGERS: [&[&str]; 10] = [
    &[],
    &["Bearer wrong"],
    &["Bearer "],
    &["Bearer"],
    &[""],
    &["open sesame"],
    &["Basic open sesame"],
    &["Bearer OPEN SESAME"],
    &["Bearer wrong", "Bearer open sesame"],
    &["Bearer open sesame", "Bearer open sesame"],
];

/// Paths of no method.
const NOWHERE: [&str; 4] =
    ["/rollcall.v1.AuthorizationService/Chekc", "/rollcall.v2.AuthorizationService/Check", "/x/y", "/"];

#[tokio::test]
async fn no_method_answers_a_stranger() {
    let server = with_callers(&[]).await;
    let channel = server.server.channel().await;
    // All at once, for answers to many failures are slowed.
    let mut calls = JoinSet::new();
    for path in methods().into_iter().chain(NOWHERE.map(str::to_owned)) {
        for headers in STRANGERS {
            let (channel, path) = (channel.clone(), path.clone());
            calls.spawn(async move {
                let refused = call(&channel, &path, headers).await.expect_err("nobody calls without a key");
                assert_eq!(reason_of(&refused), "UNAUTHENTICATED", "{path} with {headers:?}: {refused:?}");
            });
        }
    }
    calls.join_all().await;
}

#[tokio::test]
async fn every_method_answers_a_key() {
    let server = with_callers(&[]).await;
    let channel = server.server.channel().await;
    let methods = methods();
    assert!(methods.len() > 35, "the contract has more: {methods:?}");
    for path in methods.iter().map(String::as_str).chain(NOWHERE) {
        for header in ["Bearer open sesame", "bearer open sesame", "BEARER open sesame", "bEARER   open sesame "] {
            let answer = call(&channel, path, &[header]).await.expect_err("an empty message is wrong everywhere");
            if NOWHERE.contains(&path) {
                assert_eq!(answer.code(), Code::Unimplemented, "{path}");
            } else {
                assert_eq!(fields_of(&answer).first().map(String::as_str), Some("tenant"), "{path}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn health_answers_everyone_and_reflection_where_it_is_set() {
    const HEALTH: &str = "/grpc.health.v1.Health/Check";
    const REFLECTION: [&str; 2] = [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ];
    for (setting, reflects) in [("reflection=true", true), ("reflection=false", false)] {
        let server = with_callers(&[setting]).await;
        let channel = server.server.channel().await;
        for headers in [&[][..], &["Bearer wrong"], &["Bearer open sesame"]] {
            call(&channel, HEALTH, headers).await.expect("health needs no key");
            for path in REFLECTION {
                let code = call(&channel, path, headers).await.expect_err("an empty request asks nothing").code();
                let expected = if reflects { Code::InvalidArgument } else { Code::Unimplemented };
                assert_eq!(code, expected, "{setting} {headers:?}");
            }
        }
    }
}

#[tokio::test]
async fn anonymous_callers_speak_for_operators_only_where_it_is_set() {
    for (settings, may) in [
        (&["auth.allow_anonymous=true"][..], false),
        (&["auth.allow_anonymous=true", "auth.anonymous_operators=true"], true),
    ] {
        let server = TestServer::with(settings).await;
        let world = WireTenant { api: server.api.clone(), tenant: "acme".into() };
        let created = server.api.write(world.create_tenant("ada")).await;
        assert_eq!(
            created.as_ref().err().map(reason_of),
            (!may).then(|| "OPERATOR_NOT_ALLOWED".into()),
            "{settings:?}"
        );
        let answer = server.api.check(world.question(OPERATOR, "data.view", "workspace")).await;
        let expected = if may { "UNKNOWN_ACTION" } else { "OPERATOR_NOT_ALLOWED" };
        assert_eq!(answer.as_ref().err().map(reason_of).as_deref(), Some(expected), "{settings:?}");
    }
}

#[tokio::test]
async fn a_request_id_belongs_to_its_caller() {
    let server = with_callers(&[]).await;
    let as_caller = |key: &str| server.api.with_key(key);
    let (ops, shop) = (as_caller("let me in"), as_caller(KEY));
    let world = WireTenant { api: ops.clone(), tenant: "acme".into() };
    world.does(world.create_tenant("ada")).await;
    let invite = |email: &str| world.invite("ada", email, "workspace", "user").under("the very same random id");
    let secret = |answer: crate::support::Answer| answer.invite().results[0].invitation_token.clone();
    let first = secret(ops.write(invite("eve@acme.test")).await.expect("an admin invites"));
    let retried = secret(ops.write(invite("eve@acme.test")).await.expect("is answered again"));
    assert_eq!(retried, first);
    // The other caller's is a request of its own, whatever its body: it learns nothing of the first one's answer.
    let other = secret(shop.write(invite("eve@acme.test")).await.expect("is a new invitation"));
    assert_ne!(other, first);
    let gone = ops.write(world.accept("eve", &first)).await.expect_err("a newer one was issued");
    assert_eq!((reason_of(&gone).as_str(), gone.code()), ("INVITATION_NOT_FOUND", code_of("INVITATION_NOT_FOUND")));
    shop.write(invite("zoe@acme.test")).await.expect_err("it used the id itself meanwhile");
}

#[tokio::test]
async fn nobody_acts_as_the_server_itself() {
    let (_server, world) = crate::support::wire_tenant::fixture().await;
    let Write::Invite(mut invite) = world.invite("ada", "eve@acme.test", "workspace", "user") else { unreachable!() };
    invite.actor = Some(rollcall::proto::Subject { r#type: "service".into(), id: "rollcall".into() });
    let refused = world.api.write(invite.into()).await.expect_err("the server's own name");
    assert_eq!(fields_of(&refused), ["actor.id"]);
}
