//! Tenants: those that there are not, how one begins, and that each is a world of its own.

use rollcall::service::ports::{Batch, Committed, Feed, MemberBy, Store as _, StoredResponse};
use rollcall_engine::{Head, Revision, Timestamp, WriteId};

use crate::{
    changes::{ACME, allowed, batch, full_profile, invitation, issued, member, member_added, tenant, tenant_created},
    harness::Harness,
    model::LoadedFacts,
};

conformance! {
    an_unknown_tenant_has_nothing:
        "store: An unknown tenant is no error: it has nothing.",
        "Store::heads: The newest commits of these tenants, in no order, each as of the call or later; those that do \
         not exist are left out.",
        "Store::snapshot: A tenant as of one instant at or after the call; none when there is no such tenant.",
        "Feed::OtherHistory: This is the newest, zero where there is no such tenant.";
    a_tenant_begins_with_the_commit_that_creates_it:
        "Store::commit: Makes a write durable and visible, all of it at once, if the tenant's newest commit is \
         `expected` still; none: if there is no such tenant, which the first change of the batch then creates.",
        "Snapshot::tenant: The tenant, with the version of its policy as of that instant.",
        "Snapshot::head: The tenant's newest commit.",
        "Snapshot::committed_at: When the newest commit was made.";
    heads_are_those_of_the_newest_commits:
        "Store::heads: The newest commits of these tenants, in no order, each as of the call or later; those that do \
         not exist are left out.",
        "Committed::Done: It is durable; this is the tenant's newest commit.";
    each_tenant_is_a_world_of_its_own:
        "StoredResponse: It is unique in its tenant.",
        "StoreError::Conflict: A unique key is taken: of a tenant, resource or member, of an identifier, an invitation \
         or a stored response.",
        "MemberBy: Each is unique in a tenant, and compared exactly.";
}

async fn an_unknown_tenant_has_nothing(harness: &Harness) {
    let names = ["globex", ACME, "", "Acme", "acme "].map(str::to_owned);
    let heads = harness.store.heads(&names).await.unwrap();
    assert_eq!(heads, [(ACME.to_owned(), harness.head(ACME).await.unwrap())], "names are compared exactly");
    for name in names.iter().filter(|name| *name != ACME) {
        assert!(harness.store.snapshot(name).await.unwrap().is_none(), "`{name}`");
        let feed = harness.store.commits_after(name, Head::default()).await.unwrap();
        assert_eq!(feed, Feed::Commits(vec![]), "`{name}`");
        let feed = harness.store.commits_after(name, harness.head(ACME).await.unwrap()).await.unwrap();
        assert_eq!(feed, Feed::OtherHistory(Head::default()), "`{name}`");
    }
    assert!(harness.store.due(Timestamp(i64::MAX), "", 10).await.unwrap().is_empty());
}

async fn a_tenant_begins_with_the_commit_that_creates_it(harness: &Harness) {
    let changes = allowed(&[tenant_created("globex"), member_added(&member("bo", "Bo"))]);
    let batch = Batch { at: Timestamp(41), ..batch(&changes) };
    let head = Head { revision: Revision(1), write_id: batch.write_id };
    assert_eq!(harness.store.commit("globex", None, &batch).await.unwrap(), Committed::Done(head));
    let mut snapshot = harness.store.snapshot("globex").await.unwrap().expect("it exists now");
    assert_eq!((snapshot.tenant(), snapshot.head()), (&tenant("globex"), head));
    assert_eq!(snapshot.committed_at(), Timestamp(41));
    let facts = LoadedFacts::loaded(&mut *snapshot).await;
    assert_eq!((facts.tenant, facts.members.len()), (Some((tenant("globex"), head)), 1));
    assert_eq!(harness.head(ACME).await.unwrap().revision, Revision(1), "no other tenant is touched");
}

async fn heads_are_those_of_the_newest_commits(harness: &Harness) {
    let globex = harness.create_tenant("globex", &[]).await;
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    let batch = Batch { write_id: WriteId(*b"\x00\xff\x80 any "), ..batch(&changes) };
    let acme = harness.commit(&batch).await;
    assert_eq!(acme, Head { revision: Revision(2), write_id: WriteId(*b"\x00\xff\x80 any ") });
    let names = ["none", "globex", ACME].map(str::to_owned);
    let mut heads = harness.store.heads(&names).await.unwrap();
    heads.sort_by_key(|(name, _)| name.clone());
    assert_eq!(heads, [(ACME.to_owned(), acme), ("globex".to_owned(), globex)]);
}

async fn each_tenant_is_a_world_of_its_own(harness: &Harness) {
    let mut bo = member("bo", "Bo");
    bo.profile = full_profile("Bo", "bo@x.y", "bo", "+4912345");
    let changes = [member_added(&bo), issued(&invitation("i1", "cy@x.y"))];
    let response = StoredResponse {
        request_hash: "00ff".into(),
        body_hash: "11ee".into(),
        answer: b"answer".to_vec(),
        revision: Revision(2),
        at: Timestamp(7),
    };
    harness.commit(&Batch { response: Some(&response), ..batch(&allowed(&changes)) }).await;
    let before = harness.rows().await;

    let same = [&[tenant_created("globex")][..], &changes].concat();
    let same = allowed(&same);
    let batch = Batch { response: Some(&response), ..batch(&same) };
    let committed = harness.store.commit("globex", None, &batch).await.unwrap();
    assert!(matches!(committed, Committed::Done(_)), "the same names are free there: {committed:?}");
    assert_eq!(harness.rows().await, before, "the other tenant is not touched");
    let mut globex = harness.store.snapshot("globex").await.unwrap().unwrap();
    let there = globex.member(MemberBy::Email("bo@x.y")).await.unwrap().unwrap();
    let here = harness.snapshot().await.member(MemberBy::Email("bo@x.y")).await.unwrap().unwrap();
    assert_eq!(there.member, here.member);
    assert_ne!(there.id, here.id, "another random id");
    assert_eq!(globex.find_response("00ff").await.unwrap(), Some(response));
}
