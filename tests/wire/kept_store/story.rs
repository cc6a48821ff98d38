//! The story by which a kept store was made: writes at set times, and what was asked afterwards.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};
use rollcall::proto::DESCRIPTORS;
use rollcall_engine::{Timestamp, compile};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    conversation::{call, message, methods},
    support::clocked_server::ClockedServer,
};

/// What is asked of a kept store.
#[derive(Deserialize)]
struct Story {
    /// In order: `["clock", TIME]`, `["sweep"]`, or a write as `[RPC, REQUEST]`, with a table of what is taken of its answer
    /// for later requests: marks, and JSON pointers. The server and the request ids are the test's.
    steps: Vec<Vec<Value>>,
    /// Reads after the story, as `[RPC, REQUEST]`.
    reads: Vec<(String, Value)>,
    /// What is asked at every moment of the story: items of a `BatchCheck`.
    questions: Value,
}

/// The answers.
#[derive(Deserialize, Serialize)]
pub(super) struct Answers {
    pub(super) story: Vec<Value>,
    pub(super) reads: Vec<Value>,
    pub(super) moments: Vec<Value>,
}

/// Tells the story to a server over one store.
pub(super) struct Teller {
    server: ClockedServer,
    story: Story,
    methods: BTreeMap<String, MethodDescriptor>,
}

impl Teller {
    /// A server over the store in `dir`, with the policies of `folder`.
    pub(super) async fn start(dir: &Path, folder: &Path) -> Self {
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let policies = ["studio-1.toml", "studio-2.toml"].map(|name| Arc::new(compile(name, &read(name)).unwrap()));
        let story = serde_json::from_str(&read("story.json")).unwrap();
        Self { server: ClockedServer::start(dir, &policies).await, story, methods: methods() }
    }

    /// Everything from the beginning, on a new store.
    pub(super) async fn answers(&self) -> Answers {
        let (story, tokens) = self.tell().await;
        let tokens: Vec<Value> = tokens.into_iter().map(|token| json!({"token": token})).collect();
        Answers { story, reads: self.reads().await, moments: self.moments(&tokens).await }
    }

    /// The answers to the writes. On a store that has them all of them are retries.
    pub(super) async fn story(&self) -> Vec<Value> {
        self.tell().await.0
    }

    async fn tell(&self) -> (Vec<Value>, Vec<String>) {
        let (mut answers, mut tokens, mut marks) = (Vec::new(), Vec::new(), BTreeMap::<String, String>::new());
        for (number, step) in self.story.steps.iter().enumerate() {
            let name = step[0].as_str().unwrap();
            match name {
                "clock" => self.server.clock.set(time(step[1].as_str().unwrap())),
                "sweep" => {
                    self.server.service.sweep().await.unwrap();
                    let token = self.ask("GetTenant", &json!({"tenant": "acme"})).await;
                    tokens.push(token["token"].as_str().unwrap().to_owned());
                }
                _ => {
                    let text = marks.iter().fold(step[1].to_string(), |text, (mark, value)| text.replace(mark, value));
                    let mut request: Value = serde_json::from_str(&text).unwrap();
                    request["requestId"] = format!("step {number} of the story of the kept store").into();
                    let answer = self.ask(name, &request).await;
                    for (mark, pointer) in step.get(2).and_then(Value::as_object).into_iter().flatten() {
                        let value = answer.pointer(pointer.as_str().unwrap()).and_then(Value::as_str);
                        marks.insert(mark.clone(), value.unwrap().to_owned());
                    }
                    tokens.push(answer["token"].as_str().unwrap().to_owned());
                    answers.push(json!({"step": number, "rpc": name, "answer": without_tokens(answer)}));
                }
            }
        }
        (answers, tokens)
    }

    /// The answers to the reads.
    pub(super) async fn reads(&self) -> Vec<Value> {
        let mut answers = Vec::new();
        for (name, request) in &self.story.reads {
            let answer = without_tokens(self.ask(name, request).await);
            answers.push(json!({"rpc": name, "request": request, "answer": answer}));
        }
        answers
    }

    /// The answers to the questions, by the token of each of these moments.
    pub(super) async fn moments(&self, kept: &[Value]) -> Vec<Value> {
        let mut answers = Vec::new();
        for moment in kept {
            let consistency = json!({"atExactSnapshot": moment["token"]});
            let request = json!({"tenant": "acme", "items": self.story.questions, "consistency": consistency});
            let answer = self.ask("BatchCheck", &request).await;
            let decided = answer["results"].as_array().unwrap().iter().map(|result| match &result["error"] {
                Value::Null => result["decision"]["reason"].clone(),
                error => error["reason"].clone(),
            });
            answers.push(json!({"token": moment["token"], "decided": decided.collect::<Vec<_>>()}));
        }
        answers
    }

    /// Writes once more, and finds it in the log and in the list.
    pub(super) async fn assert_that_writes_go_on(&self) {
        let request = json!({"tenant": "acme", "actor": {"id": "ada"}, "member": {"id": "eve"}});
        self.ask("LockMember", &request).await;
        let newest = self.ask("ListChanges", &json!({"tenant": "acme", "pageSize": 1})).await;
        assert_eq!(newest["changes"][0]["memberUpdated"]["after"]["locked"], true, "{newest:#}");
        let eve = self.ask("GetMember", &json!({"tenant": "acme", "subject": {"id": "eve"}})).await;
        assert_eq!(eve["member"]["locked"], true);
    }

    async fn ask(&self, name: &str, request: &Value) -> Value {
        let method = &self.methods[name];
        let channel = self.server.api().await.channel;
        let answer = call(&channel, method, &message(method, request)).await;
        answer.unwrap_or_else(|status| panic!("{name}: {status:?}\n{request:#}"))
    }
}

/// A message of the contract by its full name.
pub(super) fn message_of(name: &str) -> MessageDescriptor {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    pool.get_message_by_name(name).unwrap_or_else(|| panic!("there is no message `{name}`"))
}

/// Without what may have another form in another version, and which nothing that is stored depends on.
fn without_tokens(value: Value) -> Value {
    let is_kept = |key: &str| !["token", "etag", "nextPageToken"].contains(&key);
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(key, _)| is_kept(key));
            Value::Object(fields.map(|(key, value)| (key, without_tokens(value))).collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_tokens).collect()),
        other => other,
    }
}

fn time(text: &str) -> Timestamp {
    let time: prost_types::Timestamp = text.parse().unwrap();
    Timestamp(time.seconds * 1_000_000)
}
