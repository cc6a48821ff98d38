//! The log from outside: listed, watched, and asked how things were.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "a failed test shows its seed")]

mod audit;
mod errors;
mod past;
mod slow;
#[path = "../support/mod.rs"]
mod support;
mod watch;

use rollcall::proto::{Change, ListChangesRequest};
use support::{World, facts::Cast, write::revision_of};

/// Whose names random deeds are made of.
const CAST: Cast<'_> = Cast {
    people: &["ada", "alan", "edith", "emil", "victor", "vera", "olga", "lars", "nina", "otto"],
    leaders: &["ada", "alan", "edith", "emil"],
    sites: &["harbour", "quarry", "pier"],
};

/// Where a change is in its tenant's log.
fn place(tenant: &str, change: &Change) -> (i64, u32) {
    (revision_of(tenant, &change.token), change.index)
}

/// Every change that a request lists, page by page.
async fn all(world: &World, mut request: ListChangesRequest) -> Vec<Change> {
    request.tenant.clone_from(&world.tenant);
    let mut all = Vec::new();
    loop {
        let answer = world.api.list_changes(request.clone()).await.expect("the request is well formed");
        assert!(request.page_size == 0 || answer.changes.len() <= usize::try_from(request.page_size).unwrap());
        all.extend(answer.changes);
        if answer.next_page_token.is_empty() {
            return all;
        }
        request.page_token = answer.next_page_token;
    }
}
