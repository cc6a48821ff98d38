//! The change log over gRPC: listed, watched, and read by questions at an earlier token.

mod audit;
mod errors;
mod past;
mod slow_reader;
mod verify;
mod watch;

use rollcall::proto::{Change, ListChangesRequest, change::Change as Detail};

use crate::{
    oracle::Actors,
    support::{WireTenant, tokens::revision_of},
};

/// The people and resources that random writes name.
const ACTORS: Actors<'_> = Actors {
    people: &["ada", "alan", "edith", "emil", "victor", "vera", "olga", "lars", "nina", "otto"],
    leaders: &["ada", "alan", "edith", "emil"],
    sites: &["harbour", "quarry", "pier"],
};

/// The position of a change in its tenant's log: its revision, and its index within that.
pub fn position(change: &Change) -> (i64, u32) {
    (revision_of(&change.token), change.index)
}

/// Changes without the profiles of members, which are as they are when a change is read.
fn without_profiles(mut changes: Vec<Change>) -> Vec<Change> {
    for change in &mut changes {
        let members = match &mut change.change {
            Some(Detail::MemberAdded(it)) => [it.after.as_mut(), None],
            Some(Detail::MemberUpdated(it)) => [it.before.as_mut(), it.after.as_mut()],
            Some(Detail::MemberRemoved(it)) => [it.before.as_mut(), None],
            _ => [None, None],
        };
        members.into_iter().flatten().for_each(|member| member.profile = None);
    }
    changes
}

/// Every change that a request lists, page by page.
pub async fn all(world: &WireTenant, mut request: ListChangesRequest) -> Vec<Change> {
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
