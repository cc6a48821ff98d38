//! The list of changes against what happened: every change with the state before and after it, its trace, and pages
//! while others write.

mod every_change;
mod filters;
mod replay;

use std::collections::{BTreeMap, BTreeSet};

use rollcall::proto::{ChangeKind, ChangeOrder, ListChangesRequest, Member};
use tonic::Request;

use self::{
    every_change::every_change,
    replay::{Replay, kind_of, without_profile},
};
use super::{all, position};
use crate::support::{Write, db::Db, reads::name, wire_tenant::fixture};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test]
async fn every_kind_of_change_is_listed_with_what_was_before_and_after() {
    let (stage, world) = every_change().await;
    let oldest = ListChangesRequest { order_by: ChangeOrder::OldestFirst.into(), ..Default::default() };
    let listed = all(&world, oldest).await;
    let mut replay = Replay::default();
    for change in &listed {
        replay.apply(change);
    }

    let kinds: BTreeSet<i32> = listed.iter().map(|change| kind_of(change).into()).collect();
    let mut expected: BTreeSet<i32> = (1..1000).take_while(|kind| ChangeKind::try_from(*kind).is_ok()).collect();
    // No role of this tenant ends, and `lumicon` lets nobody do the others.
    for kind in [
        ChangeKind::RoleExpired,
        ChangeKind::ResourceArchived,
        ChangeKind::ResourceRestored,
        ChangeKind::ResourceMoved,
        ChangeKind::ResourceDeleted,
        ChangeKind::OwnerChanged,
    ] {
        expected.remove(&kind.into());
    }
    assert_eq!(kinds, expected);

    let observed = world.observed_state().await;
    let members = observed.members.iter().map(|listed| {
        let member = listed.member.clone().unwrap();
        (name(listed), without_profile(Member { etag: String::new(), ..member }))
    });
    assert_eq!(replay.members, members.collect());
    let mut grants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (who, at, role) in &replay.grants {
        let at = if *at == world.tenant { "workspace" } else { at };
        grants.entry(who.clone()).or_default().push(format!("{at} {role}"));
    }
    for grants in grants.values_mut() {
        grants.sort();
    }
    assert_eq!(grants, observed.grants);
    assert_eq!(replay.version, 2);
    assert_eq!(replay.resources, BTreeSet::from(["acme".to_owned(), "harbour".to_owned()]));
    let open: Vec<&str> = replay.invitations.values().map(|open| open.email.as_str()).collect();
    assert_eq!(open, ["nils@acme.test"]);

    let db = Db::open(stage.dir.path()).await;
    let log = db.log(&world.tenant).await;
    assert_eq!(listed.len(), log.len());
    let shown = format!("{listed:?}");
    for (change, row) in listed.iter().zip(&log) {
        assert_eq!(position(change), (row.revision, u32::try_from(row.seq).unwrap()));
        let name = kind_of(change).as_str_name().trim_start_matches("CHANGE_KIND_").to_lowercase();
        let actor = change.actor.clone().unwrap();
        assert_eq!((name, (actor.r#type, actor.id)), (row.kind.clone(), row.actor.clone()));
        let by_policy = change.rules.iter().all(|rule| rule.starts_with("lumicon@") || rule == "joins_as");
        let [only, ..] = change.rules.as_slice() else { panic!("nothing allowed it: {change:?}") };
        let by_anybody = by_policy || only == "operator" || only.starts_with("invitation:");
        let expected = if by_anybody { ("anonymous", true) } else { ("rollcall", only == "time") };
        assert_eq!((change.caller.as_str(), true), expected, "{change:?}");
        if let Some(secret) = row.data["invitation"]["token_hash"].as_str() {
            assert!(!shown.contains(secret), "a secret's hash leaves the server");
        }
    }
    db.close().await;
}

#[tokio::test]
async fn a_change_names_the_trace_that_it_was_part_of() {
    let (_stage, world) = fixture().await;
    for (flags, site) in [("00", "pier"), ("01", "dock")] {
        let Write::CreateResource(create) = world.create_site("olga", site) else { unreachable!() };
        let mut request = Request::new(create);
        let header = format!("00-{TRACE}-b7ad6b7169203331-{flags}");
        request.metadata_mut().insert("traceparent", header.parse().unwrap());
        world.api.resources.clone().create_resource(request).await.unwrap();
    }
    let listed = all(&world, ListChangesRequest::default()).await;
    let traced: BTreeSet<(i64, u32)> = listed.iter().filter(|change| change.trace_id == TRACE).map(position).collect();
    let newest: BTreeSet<(i64, u32)> = listed[..4].iter().map(position).collect();
    assert_eq!(traced, newest);
    assert!(listed[4..].iter().all(|change| change.trace_id.is_empty()));
}

#[tokio::test]
async fn pages_hold_still_while_others_write() {
    let (_stage, world) = fixture().await;
    let before = all(&world, ListChangesRequest::default()).await;
    for order in [ChangeOrder::NewestFirst, ChangeOrder::OldestFirst] {
        let mut request = ListChangesRequest {
            tenant: world.tenant.clone(),
            order_by: order.into(),
            page_size: 3,
            ..Default::default()
        };
        let (mut listed, mut first) = (Vec::new(), None);
        for number in 0.. {
            let answer = world.api.list_changes(request.clone()).await.unwrap();
            listed.extend(answer.changes);
            first.get_or_insert(answer.token);
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
            if number < 20 {
                world.allowed_once(world.create_site("olga", &format!("site-{number}-{}", order.as_str_name()))).await;
            }
        }
        let mut positions: Vec<_> = listed.iter().map(position).collect();
        if order == ChangeOrder::NewestFirst {
            positions.reverse();
            assert_eq!(listed, before, "what comes after the first page is on none");
        } else {
            let now = all(&world, ListChangesRequest::default()).await;
            assert_eq!(listed.len(), now.len(), "what comes meanwhile is on the last pages");
        }
        assert!(positions.is_sorted() && positions.windows(2).all(|pair| pair[0] != pair[1]), "{positions:?}");
    }
}
