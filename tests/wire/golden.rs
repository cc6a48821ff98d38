//! One request and one answer of every RPC, as JSON, compared with what is kept: the contract as a client in any language
//! sees it.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    conversation::{self, SETTINGS, Variables, call, message, methods},
    support::{TestServer, golden},
};

#[tokio::test]
async fn every_rpc_answers_as_it_is_kept() {
    let server = TestServer::with(SETTINGS).await;
    let methods = methods();
    let mut seen = BTreeSet::new();
    let mut variables = Variables::default();
    for step in conversation::steps() {
        let name = &step.name;
        let method = methods.get(name).unwrap_or_else(|| panic!("there is no RPC `{name}`"));
        let request = message(method, &variables.fill(&step.request));
        let answer =
            call(&server.api.channel, method, &request).await.unwrap_or_else(|status| panic!("{name}: {status:?}"));
        variables.take(&step, &answer);
        if !step.is_kept {
            continue;
        }
        assert!(seen.insert(name.clone()), "`{name}` is kept twice");
        let kept = json!({"request": step.request, "answer": golden::masked(answer)});
        golden::compare(&format!("rpcs/{name}.json"), &kept);
    }
    assert_eq!(seen.iter().collect::<Vec<_>>(), methods.keys().collect::<Vec<_>>(), "every RPC has its place");
}
