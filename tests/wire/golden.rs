//! One request and one answer of every RPC, as JSON, compared with what is kept: the contract as a client in any language
//! sees it.

use std::collections::{BTreeMap, BTreeSet};

use prost::{Message as _, bytes::Bytes};
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, SerializeOptions};
use rollcall::proto::DESCRIPTORS;
use serde_json::{Value, json};
use tonic::{Request, Status, client::Grpc};

use crate::support::{TestServer, golden, raw::RawCodec};

/// A conversation that has every RPC once, in an order in which each can happen: its name, and its request. `$NAME` in a
/// request stands for what an earlier answer had, and what is behind `- ` is only done, and not kept.
const CONVERSATION: &str = include_str!("golden/conversation.json");

/// What is taken from the answer to an RPC, by a JSON pointer, for a later request.
const TAKEN: [(&str, &str, &str); 5] = [
    ("Invite", "/results/0/invitationToken", "$SECRET"),
    ("Invite", "/results/1/invitation/id", "$SENT_AGAIN"),
    ("Invite", "/results/2/invitation/id", "$TAKEN_BACK"),
    ("Invite", "/results/3/invitationToken", "$TURNED_DOWN"),
    ("CreateTenant", "/token", "$BEGINNING"),
];

fn methods() -> BTreeMap<String, MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).expect("the descriptors decode");
    let ours = pool.services().filter(|service| service.package_name().starts_with("rollcall."));
    let methods: Vec<_> = ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    methods.into_iter().map(|method| (method.name().to_owned(), method)).collect()
}

/// Calls a method with a message in JSON. The answer in JSON, the first one of a stream, with every field that can be
/// told to be unset.
async fn call(server: &TestServer, method: &MethodDescriptor, request: &Value) -> Result<Value, Status> {
    let message = DynamicMessage::deserialize(method.input(), request).expect("the request is one of the method");
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name()).parse().expect("a path");
    let mut client = Grpc::new(server.api.channel.clone());
    client.ready().await.expect("the server takes calls");
    let request = Request::new(tokio_stream::once(Bytes::from(message.encode_to_vec())));
    let mut answers = client.streaming(request, path, RawCodec).await?.into_inner();
    let answer = answers.message().await?.expect("an answer");
    let answer = DynamicMessage::decode(method.output(), answer).expect("the answer is one of the method");
    let options = SerializeOptions::new().skip_default_fields(false);
    Ok(answer.serialize_with_options(serde_json::value::Serializer, &options).expect("a message has a JSON form"))
}

#[tokio::test]
async fn every_rpc_answers_as_it_is_kept() {
    let server = TestServer::with(&["policies.dir=clients/policies"]).await;
    let methods = methods();
    let mut seen = BTreeSet::new();
    let mut variables: Vec<(&str, String)> = Vec::new();
    let steps: Vec<(String, Value)> = serde_json::from_str(CONVERSATION).expect("the conversation is JSON");
    for (name, kept) in steps {
        let (name, is_kept) = name.strip_prefix("- ").map_or((name.as_str(), true), |name| (name, false));
        let method = methods.get(name).unwrap_or_else(|| panic!("there is no RPC `{name}`"));
        let mut text = kept.to_string();
        for (mark, value) in &variables {
            text = text.replace(mark, value);
        }
        let request = serde_json::from_str(&text).expect("is JSON still");
        let answer = call(&server, method, &request).await.unwrap_or_else(|status| panic!("{name}: {status:?}"));
        for (_, pointer, mark) in TAKEN.iter().filter(|(method, ..)| is_kept && *method == name) {
            let value =
                answer.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{name}: no {pointer}"));
            variables.push((mark, value.to_owned()));
        }
        if !is_kept {
            continue;
        }
        assert!(seen.insert(name.to_owned()), "`{name}` is kept twice");
        golden::compare(&format!("rpcs/{name}.json"), &json!({"request": kept, "answer": golden::masked(answer)}));
    }
    assert_eq!(seen.iter().collect::<Vec<_>>(), methods.keys().collect::<Vec<_>>(), "every RPC has its place");
}
