//! The change log over gRPC: listed, watched, and read by questions at an earlier token.

mod audit;
mod errors;
mod past;
mod slow_reader;
mod watch;

use rollcall::proto::{Change, ListChangesRequest};

use crate::{
    oracle::Actors,
    support::{WireTenant, write::revision_of},
};

/// The people and resources that random writes name.
const ACTORS: Actors<'_> = Actors {
    people: &["ada", "alan", "edith", "emil", "victor", "vera", "olga", "lars", "nina", "otto"],
    leaders: &["ada", "alan", "edith", "emil"],
    sites: &["harbour", "quarry", "pier"],
};

/// The position of a change in its tenant's log: its revision, and its index within that.
fn position(tenant: &str, change: &Change) -> (i64, u32) {
    (revision_of(tenant, &change.token), change.index)
}

/// Every change that a request lists, page by page.
async fn all(world: &WireTenant, mut request: ListChangesRequest) -> Vec<Change> {
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
