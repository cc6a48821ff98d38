//! The responses that are kept for retries.

use rollcall::service::ports::{Batch, Committed, Store as _, StoreError, StoredResponse};
use rollcall_engine::{Head, Revision, Timestamp};

use crate::{
    changes::{ACME, allowed, batch, granted, member, member_added, site},
    harness::{Harness, Limits},
};

conformance! {
    a_response_is_kept_as_it_is:
        "Snapshot::find_response: The response that a committed write saved under this hash of a request id; none when \
         there was no such write.",
        "Batch::response: The response to keep for retries; none for a request without an id.",
        "StoredResponse: The response of a write, kept for retries under the hash of its request id.",
        "StoredResponse::request_hash: SHA-256 of the tenant, the caller and the request id, as 64 lower-case hexadecimal digits: \
         the id itself is never stored.",
        "StoredResponse::body_hash: SHA-256 of the method and body, as 64 lower-case hexadecimal digits: tells a retry \
         from another request.",
        "StoredResponse::answer: The response, sealed with a key that only the request id gives.",
        "StoredResponse::revision: The revision that the write made.",
        "StoredResponse::at: The time of the write, as the log has it.";
    a_write_that_was_not_committed_keeps_no_response:
        "Snapshot::find_response: The response that a committed write saved under this hash of a request id; none when \
         there was no such write.";
}

fn response(request_hash: &str) -> StoredResponse {
    StoredResponse {
        request_hash: request_hash.into(),
        body_hash: "11ee".into(),
        answer: vec![0, 255, b'"', 0, 128],
        revision: Revision(2),
        at: Timestamp(7),
    }
}

async fn a_response_is_kept_as_it_is(harness: &Harness) {
    let (stored, changes) = (response("00ff"), allowed(&[member_added(&member("bo", "Bo"))]));
    assert_eq!(harness.snapshot().await.find_response("00ff").await.unwrap(), None);
    harness.commit(&Batch { response: Some(&stored), ..batch(&changes) }).await;
    harness.write(&[member_added(&member("cy", "Cy"))]).await;
    let harness = harness.reopened(Limits::default()).await;
    let mut snapshot = harness.snapshot().await;
    assert_eq!(snapshot.find_response("00ff").await.unwrap(), Some(stored));
    for hash in ["00FF", "00f", "", "11ee"] {
        assert_eq!(snapshot.find_response(hash).await.unwrap(), None, "`{hash}`");
    }
}

async fn a_write_that_was_not_committed_keeps_no_response(harness: &Harness) {
    let stored = response("00ff");
    let broken = allowed(&[granted("nobody", &site("nowhere"), "editor")]);
    let result = harness.try_commit(&Batch { response: Some(&stored), ..batch(&broken) }).await;
    assert!(matches!(result, Err(StoreError::Broken(_))), "{result:?}");
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    let late = Batch { response: Some(&stored), ..batch(&changes) };
    let missed = harness.store.commit(ACME, Some(Head::default()), &late).await.unwrap();
    assert_eq!(missed, Committed::Missed);
    assert_eq!(harness.snapshot().await.find_response("00ff").await.unwrap(), None);
    harness.commit(&late).await;
    assert_eq!(harness.snapshot().await.find_response("00ff").await.unwrap(), Some(stored));
}
