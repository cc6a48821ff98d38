//! Looks at a tenant of which some is read beforehand.

use std::sync::Arc;

use rollcall::service::ports::{
    Batch, Glance, MemberBy, MemberRecord, Snapshot, Store as _, StoreError, StoreResult, StoredResponse,
};
use rollcall_engine::{Revision, Subject, Timestamp, kind};

use tokio::task::JoinSet;

use crate::{
    changes::{ACME, allowed, batch, granted, member, member_added, member_with_email, resource_created, root, site},
    harness::Harness,
};

conformance! {
    what_is_seen_at_a_glance_is_what_a_snapshot_has:
        "Store::glance: A tenant as `Store::snapshot` has it, of which some was read already, at far less cost where \
         nothing else is.",
        "Glance::members: Members that are likely to be asked for: `Snapshot::member`.",
        "Glance::response: The hash of a request whose response is likely to be asked for: `Snapshot::find_response`.";
    of_many_members_all_can_be_asked_for:
        "Glance::members: Of many, only the first are read.";
    many_at_once_see_each_their_own:
        "Store::glance: A tenant as `Store::snapshot` has it, of which some was read already, at far less cost where \
         nothing else is.",
        "Glance::members: Members that are likely to be asked for: `Snapshot::member`.",
        "Glance::response: The hash of a request whose response is likely to be asked for: `Snapshot::find_response`.";
    whoever_reads_on_after_others_wrote_is_told_so:
        "Store::glance: What it is asked for beyond that is of the same commit, or can't be read, for the tenant has moved \
         on meanwhile: `Snapshot::has_moved_on` tells.",
        "Snapshot::has_moved_on: Whether a read failed because the tenant was not at that commit any more: never so unless \
         `Store::glance` made it.";
}

/// What a test looks for.
struct Sought {
    members: Vec<Subject>,
    response: Option<&'static str>,
}

impl Sought {
    async fn glance(&self, harness: &Harness) -> Box<dyn Snapshot> {
        let glance = Glance { members: &self.members, response: self.response };
        harness.store.glance(ACME, &glance).await.unwrap().expect("it exists")
    }
}

fn user(id: &str) -> Subject {
    Subject::new("user", id)
}

/// A member with all that is known of them.
fn shown(found: StoreResult<Option<MemberRecord>>) -> String {
    format!("{:?}", found.expect("the store answers"))
}

async fn what_is_seen_at_a_glance_is_what_a_snapshot_has(harness: &Harness) {
    let response = StoredResponse {
        request_hash: "00ff".into(),
        body_hash: "11ee".into(),
        answer: vec![1],
        revision: Revision(2),
        at: Timestamp(7),
    };
    let changes = allowed(&[
        member_added(&member_with_email("bo", "Bo", "bo@x.y")),
        resource_created(&site("yard"), None),
        granted("bo", &site("yard"), "editor"),
    ]);
    harness.commit(&Batch { response: Some(&response), ..batch(&changes) }).await;
    let by_email = Subject::new(kind::EMAIL, "bo@x.y");
    for hash in [None, Some("00ff"), Some("22dd")] {
        let sought = Sought { members: vec![user("bo"), user("nobody"), by_email.clone()], response: hash };
        let (mut seen, mut snapshot) = (sought.glance(harness).await, harness.snapshot().await);
        assert_eq!((seen.tenant(), seen.head()), (snapshot.tenant(), snapshot.head()));
        assert_eq!(seen.committed_at(), snapshot.committed_at());
        for subject in [&user("bo"), &user("nobody"), &by_email, &user("ada")] {
            let by = MemberBy::Subject(subject.as_ref());
            assert_eq!(shown(seen.member(by).await), shown(snapshot.member(by).await), "{subject}");
        }
        for hash in ["00ff", "22dd"] {
            assert_eq!(seen.find_response(hash).await.unwrap(), snapshot.find_response(hash).await.unwrap(), "{hash}");
        }
        let yard = site("yard");
        let found = seen.resource(yard.as_ref()).await.unwrap();
        assert!(found.is_some() && found == snapshot.resource(yard.as_ref()).await.unwrap());
        assert!(!seen.has_moved_on());
    }
    let glance = Glance { members: &[user("bo")], response: Some("00ff") };
    assert!(harness.store.glance("nowhere", &glance).await.unwrap().is_none());
}

async fn of_many_members_all_can_be_asked_for(harness: &Harness) {
    let names: Vec<String> = (0..50).map(|number| format!("m{number}")).collect();
    let added: Vec<_> = names.iter().map(|name| member_added(&member(name, name))).collect();
    harness.write(&added).await;
    let sought = Sought { members: names.iter().map(|name| user(name)).collect(), response: None };
    let mut seen = sought.glance(harness).await;
    for subject in &sought.members {
        let record = seen.member(MemberBy::Subject(subject.as_ref())).await.unwrap().expect("they were added");
        assert_eq!(record.member.subject, *subject);
    }
}

async fn many_at_once_see_each_their_own(harness: &Harness) {
    const TENANTS: usize = 100;
    let heavy = with_many_roles(harness).await;
    let names: Vec<String> = (0..TENANTS).map(|number| format!("t{number}")).collect();
    for name in &names {
        let added = member_added(&member_with_email("bo", &format!("Bo of {name}"), "bo@x.y"));
        harness.create_tenant(name, &[added, resource_created(&root(), None), granted("bo", &root(), name)]).await;
    }
    all_see_what_snapshots_have(harness, &names).await;
    let with_heavy = [&names[..TENANTS / 2], &[heavy], &names[TENANTS / 2..]].concat();
    all_see_what_snapshots_have(harness, &with_heavy).await;
    // One that can't be read keeps no other from being seen.
    harness.execute("UPDATE member SET status = 77 WHERE tenant_id = 't7'").await;
    let all = glances(harness, &names).await;
    let broken = all.iter().filter(|(_, seen)| matches!(seen, Err(StoreError::Broken(_)))).map(|(name, _)| &**name);
    assert_eq!(broken.collect::<Vec<_>>(), ["t7"]);
    assert_eq!(all.iter().filter(|(_, seen)| matches!(seen, Ok(Some(_)))).count(), TENANTS - 1);
}

/// Gives somebody of `acme` more roles than many have together.
async fn with_many_roles(harness: &Harness) -> String {
    let sites: Vec<_> = (0..1200).map(|number| site(&format!("s{number}"))).collect();
    let roles = sites.iter().flat_map(|site| [resource_created(site, None), granted("bo", site, "editor")]);
    harness.write(&[vec![member_added(&member("bo", "Bo of acme"))], roles.collect()].concat()).await;
    ACME.to_owned()
}

/// Somebody who is asked for by subject and by email, somebody whom nobody knows, and a request.
fn everything() -> Sought {
    let members = vec![user("bo"), user("nobody"), Subject::new(kind::EMAIL, "bo@x.y")];
    Sought { members, response: Some("00ff") }
}

/// What is seen of tenants at once, and of tenants that there are not.
async fn glances(harness: &Harness, tenants: &[String]) -> Vec<(String, StoreResult<Option<Box<dyn Snapshot>>>)> {
    let mut looks = JoinSet::new();
    for tenant in tenants.iter().cloned() {
        for tenant in [format!("no-{tenant}"), tenant] {
            let store = Arc::clone(&harness.store);
            looks.spawn(async move {
                let Sought { members, response } = everything();
                let seen = store.glance(&tenant, &Glance { members: &members, response }).await;
                (tenant, seen)
            });
        }
    }
    looks.join_all().await
}

async fn all_see_what_snapshots_have(harness: &Harness, tenants: &[String]) {
    let mut count = 0;
    for (tenant, seen) in glances(harness, tenants).await {
        let (seen, snapshot) = (seen.unwrap(), harness.store.snapshot(&tenant).await.unwrap());
        let Some((mut seen, mut snapshot)) = seen.zip(snapshot) else {
            assert!(tenant.starts_with("no-"), "{tenant}");
            continue;
        };
        count += 1;
        assert_eq!((seen.tenant(), seen.head()), (snapshot.tenant(), snapshot.head()));
        for subject in &everything().members {
            let by = MemberBy::Subject(subject.as_ref());
            assert_eq!(shown(seen.member(by).await), shown(snapshot.member(by).await), "{subject} of {tenant}");
        }
        assert_eq!(seen.find_response("00ff").await.unwrap(), None);
    }
    assert_eq!(count, tenants.len());
}

async fn whoever_reads_on_after_others_wrote_is_told_so(harness: &Harness) {
    harness.write(&[member_added(&member("bo", "Bo"))]).await;
    let sought = Sought { members: vec![user("bo")], response: None };
    let (mut seen, mut snapshot) = (sought.glance(harness).await, harness.snapshot().await);
    let bo = MemberBy::Subject(sought.members[0].as_ref());
    let before = shown(snapshot.member(bo).await);
    harness.write(&[resource_created(&site("yard"), None), granted("bo", &site("yard"), "editor")]).await;
    assert_eq!(shown(seen.member(bo).await), before);
    assert!(!seen.has_moved_on());
    for _ in 0..2 {
        seen.resource(site("yard").as_ref()).await.unwrap_err();
        assert!(seen.has_moved_on());
    }
    assert_eq!(snapshot.resource(site("yard").as_ref()).await.unwrap(), None);
    assert!(!snapshot.has_moved_on());
}
