//! Callers that prove who they are: by keys and tokens that change while they call, and others who only try.

mod guessing;
mod key_sets;
mod load;
mod rights;
mod rotation;
mod tokens;

use std::time::Duration;

use rollcall::proto::{CheckRequest, CheckResponse};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tonic::{Request, Status};

use crate::support::{Api, TestServer, WireTenant, error::reason_of};

/// Longer than the server takes to look at its files, however slow the machine is.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What is logged when the callers' file, or an issuer's keys, have changed.
const REPLACED: &str = "the callers were replaced";

/// A question that `ada` of the tenant is allowed.
fn question(world: &WireTenant) -> CheckRequest {
    world.question("ada", "user_management.view", "workspace")
}

/// Asks with these `authorization` headers.
async fn ask(api: &Api, question: CheckRequest, authorization: &[&str]) -> Result<CheckResponse, Status> {
    let mut request = Request::new(question);
    for value in authorization {
        request.metadata_mut().append("authorization", value.parse().expect("a header's value"));
    }
    api.authorization.clone().check(request).await.map(tonic::Response::into_inner)
}

/// Asks with a bearer credential, which must be refused.
async fn assert_refused(api: &Api, question: CheckRequest, credential: &str) {
    let refused = ask(api, question, &[&format!("Bearer {credential}")]).await.expect_err("counts no more");
    assert_eq!(reason_of(&refused), "UNAUTHENTICATED");
}

/// The lines that were logged with this message.
fn logged(server: &TestServer, message: &str) -> Vec<Value> {
    let lines = server.server.log();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == message).collect()
}

/// Waits until something is so.
async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so().await {
        assert!(Instant::now() < deadline, "it never came to be that {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a message was logged so many times in all.
async fn eventually_logged(server: &TestServer, message: &str, times: usize) {
    eventually(message, async || logged(server, message).len() >= times).await;
    assert_eq!(logged(server, message).len(), times, "{message}");
}
