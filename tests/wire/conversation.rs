//! A conversation that has every RPC of the contract once, and calls of any RPC by its descriptor.

use std::collections::BTreeMap;

use prost::{Message as _, bytes::Bytes};
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, SerializeOptions};
use rollcall::proto::DESCRIPTORS;
use serde_json::Value;
use tonic::{Request, Status, client::Grpc, metadata::MetadataMap, transport::Channel};

use crate::support::raw::RawCodec;

/// Every RPC once, in an order in which each can happen: its name, and its request. `$NAME` in a request stands for what
/// an earlier answer had, and what is behind `- ` is only done, and not kept.
const CONVERSATION: &str = include_str!("golden/conversation.json");

/// What is taken from the answer to an RPC, by a JSON pointer, for a later request.
const TAKEN: [(&str, &str, &str); 5] = [
    ("Invite", "/results/0/invitationToken", "$SECRET"),
    ("Invite", "/results/1/invitation/id", "$SENT_AGAIN"),
    ("Invite", "/results/2/invitation/id", "$TAKEN_BACK"),
    ("Invite", "/results/3/invitationToken", "$TURNED_DOWN"),
    ("CreateTenant", "/token", "$BEGINNING"),
];

/// The settings with which a server knows the policy of the conversation.
pub const SETTINGS: &[&str] = &["policies.dir=clients/policies"];

/// One request of the conversation.
pub struct Step {
    /// The RPC.
    pub name: String,
    /// The request as JSON, with marks for what earlier answers had.
    pub request: Value,
    /// Whether it is the one step of its RPC whose answer counts.
    pub is_kept: bool,
}

/// What earlier answers had, by the marks that stand for it.
#[derive(Default)]
pub struct Variables(Vec<(&'static str, String)>);

impl Variables {
    /// A request with its marks replaced.
    pub fn fill(&self, request: &Value) -> Value {
        let text = self.0.iter().fold(request.to_string(), |text, (mark, value)| text.replace(mark, value));
        serde_json::from_str(&text).expect("is JSON still")
    }

    /// Takes what later requests need from the answer to a step.
    pub fn take(&mut self, step: &Step, answer: &Value) {
        for (name, pointer, mark) in TAKEN.into_iter().filter(|(name, ..)| step.is_kept && *name == step.name) {
            let value = answer.pointer(pointer).and_then(Value::as_str);
            self.0.push((mark, value.unwrap_or_else(|| panic!("{name}: no {pointer}")).to_owned()));
        }
    }
}

/// The conversation from its beginning.
pub fn steps() -> Vec<Step> {
    let steps: Vec<(String, Value)> = serde_json::from_str(CONVERSATION).expect("the conversation is JSON");
    let step = |(name, request): (String, Value)| match name.strip_prefix("- ") {
        Some(done) => Step { name: done.to_owned(), request, is_kept: false },
        None => Step { name, request, is_kept: true },
    };
    steps.into_iter().map(step).collect()
}

/// Every RPC of the contract by its name.
pub fn methods() -> BTreeMap<String, MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).expect("the descriptors decode");
    let ours = pool.services().filter(|service| service.package_name().starts_with("rollcall."));
    let methods: Vec<_> = ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    methods.into_iter().map(|method| (method.name().to_owned(), method)).collect()
}

/// The request message of a method from its JSON.
pub fn message(method: &MethodDescriptor, request: &Value) -> DynamicMessage {
    DynamicMessage::deserialize(method.input(), request).expect("the request is one of the method")
}

/// Calls a method. The answer in JSON, the first one of a stream, with every field that can be told to be unset.
pub async fn call(channel: &Channel, method: &MethodDescriptor, message: &DynamicMessage) -> Result<Value, Status> {
    call_with(channel, method, message, MetadataMap::new()).await
}

/// Calls a method with a key.
pub async fn call_with_key(
    channel: &Channel,
    method: &MethodDescriptor,
    message: &DynamicMessage,
    key: &str,
) -> Result<Value, Status> {
    let mut metadata = MetadataMap::new();
    metadata.insert("authorization", format!("Bearer {key}").parse().expect("a header's value"));
    call_with(channel, method, message, metadata).await
}

async fn call_with(
    channel: &Channel,
    method: &MethodDescriptor,
    message: &DynamicMessage,
    metadata: MetadataMap,
) -> Result<Value, Status> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name()).parse().expect("a path");
    let mut client = Grpc::new(channel.clone());
    client.ready().await.expect("the server takes calls");
    let mut request = Request::new(tokio_stream::once(Bytes::from(message.encode_to_vec())));
    *request.metadata_mut() = metadata;
    let mut answers = client.streaming(request, path, RawCodec).await?.into_inner();
    let answer = answers.message().await?.expect("an answer");
    let answer = DynamicMessage::decode(method.output(), answer).expect("the answer is one of the method");
    let options = SerializeOptions::new().skip_default_fields(false);
    Ok(answer.serialize_with_options(serde_json::value::Serializer, &options).expect("a message has a JSON form"))
}
