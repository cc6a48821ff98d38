//! A letter that PostgreSQL can't hold, in any text of any request, on any database: refused before it gets there, and told so.

use prost_reflect::DynamicMessage;
use serde_json::Value;
use tonic::Code;

use crate::{
    conversation::{self, SETTINGS, Variables, call, message, methods},
    support::TestServer,
};

/// The same request with a NUL at the end of one of its texts, for each of them; with where that is.
fn spoiled(request: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (pointer, text) in texts(request, String::new()) {
        let mut copy = request.clone();
        *copy.pointer_mut(&pointer).expect("it was found there") = Value::String(format!("{text}\0"));
        all.push((pointer, copy));
    }
    all
}

/// Every text in a message, with its JSON pointer.
fn texts(value: &Value, pointer: String) -> Vec<(String, String)> {
    match value {
        Value::String(text) => vec![(pointer, text.clone())],
        Value::Array(items) => {
            let item = |(index, item)| texts(item, format!("{pointer}/{index}"));
            items.iter().enumerate().flat_map(item).collect()
        }
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| texts(field, format!("{pointer}/{name}"))).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn a_text_with_a_nul_is_refused_everywhere() {
    let server = TestServer::with(SETTINGS).await;
    let methods = methods();
    let (mut variables, mut refused) = (Variables::default(), 0);
    for step in conversation::steps() {
        let (name, method) = (&step.name, &methods[&step.name]);
        let whole = variables.fill(&step.request);
        for (pointer, request) in spoiled(&whole) {
            // An enum or a time is no text.
            let Ok(request) = DynamicMessage::deserialize(method.input(), &request) else { continue };
            // Items of a batch and secrets are answered for themselves.
            let answer = call(&server.api.channel, method, &request).await;
            let code = answer.err().map_or(Code::Ok, |status| status.code());
            assert!([Code::Ok, Code::NotFound, Code::InvalidArgument].contains(&code), "{name} {pointer}: {code}");
            refused += u32::from(code == Code::InvalidArgument);
        }
        let answer = call(&server.api.channel, method, &message(method, &whole)).await;
        variables.take(&step, &answer.unwrap_or_else(|status| panic!("{name}: {status:?}")));
    }
    assert!(refused > 150, "{refused}");
}
