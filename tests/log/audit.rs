//! What is listed is what happened, with what was before it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use rollcall::proto::{
    Change, ChangeKind, ChangeOrder, Invitation, InvitationStatus::Pending, ListChangesRequest, Member, Profile,
    SetPolicyRequest, change::Change as Detail,
};
use tonic::Request;

use crate::{
    all, place,
    support::{
        Stage, World, Write,
        db::Db,
        names::{resource, short, subject},
        reads::name,
        rng::Rng,
        world::{OPERATOR, fixture, profile},
    },
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn kind(change: &Change) -> ChangeKind {
    match change.change.as_ref().expect("every kind has its message") {
        Detail::TenantCreated(_) => ChangeKind::TenantCreated,
        Detail::PolicySet(_) => ChangeKind::PolicySet,
        Detail::ResourceCreated(_) => ChangeKind::ResourceCreated,
        Detail::MemberAdded(_) => ChangeKind::MemberAdded,
        Detail::MemberUpdated(_) => ChangeKind::MemberUpdated,
        Detail::MemberRemoved(_) => ChangeKind::MemberRemoved,
        Detail::RoleGranted(_) => ChangeKind::RoleGranted,
        Detail::RoleChanged(_) => ChangeKind::RoleChanged,
        Detail::RoleRevoked(_) => ChangeKind::RoleRevoked,
        Detail::InvitationIssued(_) => ChangeKind::InvitationIssued,
        Detail::InvitationAccepted(_) => ChangeKind::InvitationAccepted,
        Detail::InvitationRevoked(_) => ChangeKind::InvitationRevoked,
        Detail::RoleExpired(_) => ChangeKind::RoleExpired,
        Detail::ResourceArchived(_) => ChangeKind::ResourceArchived,
        Detail::ResourceRestored(_) => ChangeKind::ResourceRestored,
        Detail::ResourceMoved(_) => ChangeKind::ResourceMoved,
        Detail::ResourceDeleted(_) => ChangeKind::ResourceDeleted,
        Detail::OwnerChanged(_) => ChangeKind::OwnerChanged,
        Detail::InvitationDeclined(_) => ChangeKind::InvitationDeclined,
        Detail::InvitationExpired(_) => ChangeKind::InvitationExpired,
        Detail::InvitationReminderDue(_) => ChangeKind::InvitationReminderDue,
        Detail::AddressSuppressed(_) => ChangeKind::AddressSuppressed,
        Detail::AddressCleared(_) => ChangeKind::AddressCleared,
    }
}

/// The tenant as the list of changes tells it. Each change must begin where the ones before it ended.
#[derive(Default)]
struct Told {
    version: u32,
    members: BTreeMap<String, Member>,
    grants: BTreeSet<(String, String, String)>,
    invitations: BTreeMap<String, Invitation>,
    sites: BTreeSet<String>,
    suppressed: BTreeSet<String>,
}

impl Told {
    fn tell(&mut self, change: &Change) {
        let told = format!("{change:?}");
        let who = |who: &Option<_>| short(who.as_ref().expect("names somebody"));
        let at = |at: &Option<rollcall::proto::ResourceRef>| at.as_ref().expect("names a place").id.clone();
        match change.change.clone().expect("every kind has its message") {
            Detail::TenantCreated(it) => {
                let tenant = it.tenant.expect("is there");
                assert_eq!((tenant.policy.as_str(), tenant.root_type.as_str()), ("lumicon", "workspace"));
                self.version = tenant.policy_version;
            }
            Detail::PolicySet(it) => {
                assert_eq!(it.from_version, std::mem::replace(&mut self.version, it.to_version), "{told}");
            }
            Detail::ResourceCreated(it) => {
                assert!(self.sites.insert(at(&it.resource.expect("is there").r#ref)), "{told}");
            }
            Detail::MemberAdded(it) => {
                let member = it.after.expect("is there");
                assert!(self.members.insert(who(&member.subject), member).is_none(), "{told}");
            }
            Detail::MemberUpdated(it) => {
                let after = it.after.expect("is there");
                assert_ne!(it.before.as_ref(), Some(&after), "{told}");
                assert_eq!(self.members.insert(who(&after.subject), after), it.before, "{told}");
            }
            Detail::MemberRemoved(it) => {
                let before = it.before.expect("is there");
                assert_eq!(self.members.remove(&who(&before.subject)), Some(before), "{told}");
            }
            Detail::RoleGranted(it) => {
                assert!(self.grants.insert((who(&it.member), at(&it.resource), it.role)), "{told}");
            }
            Detail::RoleChanged(it) => {
                assert!(self.grants.remove(&(who(&it.member), at(&it.resource), it.from_role)), "{told}");
                assert!(self.grants.insert((who(&it.member), at(&it.resource), it.to_role)), "{told}");
            }
            Detail::RoleRevoked(it) => {
                assert!(self.grants.remove(&(who(&it.member), at(&it.resource), it.role)), "{told}");
            }
            Detail::RoleExpired(it) => {
                assert!(self.grants.remove(&(who(&it.member), at(&it.resource), it.role)), "{told}");
            }
            // `lumicon` lets nobody do that.
            Detail::ResourceArchived(_)
            | Detail::ResourceRestored(_)
            | Detail::ResourceMoved(_)
            | Detail::ResourceDeleted(_)
            | Detail::OwnerChanged(_) => panic!("{told}"),
            Detail::InvitationIssued(it) => {
                let after = it.after.expect("is there");
                assert_eq!(self.invitations.insert(after.id.clone(), after), it.before, "{told}");
            }
            Detail::InvitationAccepted(it) => {
                assert_eq!(self.invitations.remove(&it.id).expect("was open").email, it.email, "{told}");
                assert!(self.members.contains_key(&who(&it.member)), "{told}");
            }
            Detail::InvitationRevoked(it) => {
                assert_eq!(self.invitations.remove(&it.id).expect("was open").email, it.email, "{told}");
            }
            Detail::InvitationDeclined(it) => {
                assert_eq!(self.invitations.remove(&it.id).expect("was open").email, it.email, "{told}");
            }
            Detail::InvitationExpired(it) => {
                assert_eq!(self.invitations[&it.id].email, it.email, "{told}");
            }
            Detail::InvitationReminderDue(it) => {
                let open = self.invitations.get_mut(&it.id).expect("was open");
                assert_eq!(open.email, it.email, "{told}");
                open.remind_time = it.next_remind_time;
            }
            Detail::AddressSuppressed(it) => {
                assert!(self.suppressed.insert(it.after.expect("is there").email), "{told}");
            }
            Detail::AddressCleared(it) => assert!(self.suppressed.remove(&it.email), "{told}"),
        }
    }
}

/// A server with two versions of the policy, and a tenant to which every kind of change has happened.
async fn eventful() -> (Stage, World) {
    let policies = tempfile::tempdir().unwrap().keep();
    let first = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lumicon.toml")).unwrap();
    fs::write(policies.join("lumicon-1.toml"), &first).unwrap();
    fs::write(policies.join("lumicon-2.toml"), first.replacen("version = 1", "version = 2", 1)).unwrap();
    let stage = Stage::with(&[&format!("policies.dir={}", policies.display()), "sweep.every=20ms"]).await;
    let world = World { api: stage.api.clone(), tenant: "acme".into() };
    let Write::CreateTenant(mut create) = world.create_tenant("ada") else { unreachable!() };
    create.policy_version = 1;
    world.allowed_once(Write::from(create)).await;
    world.join(OPERATOR, &["alan"], "admin").await;
    world.join("ada", &["edith", "victor", "olga"], "user").await;
    let moved = SetPolicyRequest { tenant: world.tenant.clone(), actor: Some(subject(OPERATOR)), ..Default::default() };
    for write in [
        world.create_site("edith", "harbour"),
        world.invite("edith", "victor", "harbour", "viewer"),
        world.invite("edith", "nina@acme.test", "harbour", "viewer"),
        world.invite("ada", "nina@acme.test", "workspace", "user"),
        world.invite("edith", "nils@acme.test", "harbour", "editor"),
        world.change("edith", "victor", "harbour", "editor"),
        Write::from(moved),
        world.lock("ada", "olga"),
        world.update("victor", "victor", Profile { phone: "+4930123456".into(), ..profile("victor") }),
        world.remove("edith", "victor", "harbour"),
        world.remove("ada", "nina@acme.test", "workspace"),
        world.invite("ada", "dora@acme.test", "workspace", "user"),
        world.suppress(OPERATOR, "dora@acme.test"),
        world.clear(OPERATOR, "dora@acme.test"),
    ] {
        world.allowed_once(write).await;
    }
    let invited = world.api.write(world.invite("ada", "dirk@acme.test", "workspace", "user")).await.unwrap().invite();
    world.allowed_once(world.decline("dirk", &invited.results[0].invitation_token)).await;
    let db = Db::open(stage.dir.path()).await;
    let before = world.revision().await;
    db.remind(&world.tenant, "nils@acme.test").await;
    db.come_due(&world.tenant, "dora@acme.test").await;
    while world.revision().await == before || world.invitation_of("dora@acme.test").await.status() == Pending {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    db.close().await;
    let expired = world.invitation_of("dora@acme.test").await.id;
    world.allowed_once(world.revoke("ada", &expired)).await;
    (stage, world)
}

impl World {
    async fn allowed_once(&self, write: Write) {
        self.api.write(write.clone()).await.unwrap_or_else(|status| panic!("{write:?}: {status:?}"));
    }
}

#[tokio::test]
async fn every_kind_of_change_is_listed_with_what_was_before_and_after() {
    let (stage, world) = eventful().await;
    let oldest = ListChangesRequest { order_by: ChangeOrder::OldestFirst.into(), ..Default::default() };
    let listed = all(&world, oldest).await;
    let mut told = Told::default();
    for change in &listed {
        told.tell(change);
    }

    let kinds: BTreeSet<i32> = listed.iter().map(|change| kind(change).into()).collect();
    let mut every: BTreeSet<i32> = (1..1000).take_while(|kind| ChangeKind::try_from(*kind).is_ok()).collect();
    // Nothing writes the first yet, and `lumicon` lets nobody do the others.
    for kind in [
        ChangeKind::RoleExpired,
        ChangeKind::ResourceArchived,
        ChangeKind::ResourceRestored,
        ChangeKind::ResourceMoved,
        ChangeKind::ResourceDeleted,
        ChangeKind::OwnerChanged,
    ] {
        every.remove(&kind.into());
    }
    assert_eq!(kinds, every);

    let sight = world.sight().await;
    let members = sight.members.iter().map(|listed| {
        let member = listed.member.clone().unwrap();
        (name(listed), Member { etag: String::new(), ..member })
    });
    assert_eq!(told.members, members.collect());
    let mut grants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (who, at, role) in &told.grants {
        let at = if *at == world.tenant { "workspace" } else { at };
        grants.entry(who.clone()).or_default().push(format!("{at} {role}"));
    }
    for grants in grants.values_mut() {
        grants.sort();
    }
    assert_eq!(grants, sight.grants);
    assert_eq!(told.version, 2);
    assert_eq!(told.sites, BTreeSet::from(["acme".to_owned(), "harbour".to_owned()]));
    let open: Vec<&str> = told.invitations.values().map(|open| open.email.as_str()).collect();
    assert_eq!(open, ["nils@acme.test"]);

    let db = Db::open(stage.dir.path()).await;
    let log = db.log(&world.tenant).await;
    assert_eq!(listed.len(), log.len());
    let shown = format!("{listed:?}");
    for (change, row) in listed.iter().zip(&log) {
        assert_eq!(place(&world.tenant, change), (row.revision, u32::try_from(row.seq).unwrap()));
        let name = kind(change).as_str_name().trim_start_matches("CHANGE_KIND_").to_lowercase();
        let actor = change.actor.clone().unwrap();
        assert_eq!((name, (actor.r#type, actor.id)), (row.kind.clone(), row.actor.clone()));
        let by_policy = change.rule.split(' ').all(|rule| rule.starts_with("lumicon@"));
        let by_anybody = by_policy || change.rule == "operator" || change.rule.starts_with("invitation:");
        let expected = if by_anybody { ("anonymous", true) } else { ("rollcall", change.rule == "time") };
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
    let traced: BTreeSet<(i64, u32)> =
        listed.iter().filter(|change| change.trace_id == TRACE).map(|change| place(&world.tenant, change)).collect();
    let newest: BTreeSet<(i64, u32)> = listed[..4].iter().map(|change| place(&world.tenant, change)).collect();
    assert_eq!(traced, newest);
    assert!(listed[4..].iter().all(|change| change.trace_id.is_empty()));
}

/// What a filter should find, by another reading of it.
fn fits(request: &ListChangesRequest, change: &Change) -> bool {
    let (about, at) = match change.change.clone().unwrap() {
        Detail::TenantCreated(_) | Detail::PolicySet(_) => (None, None),
        Detail::ResourceCreated(it) => (None, it.resource.unwrap().r#ref),
        Detail::MemberAdded(it) => (it.after.unwrap().subject, None),
        Detail::MemberUpdated(it) => (it.after.unwrap().subject, None),
        Detail::MemberRemoved(it) => (it.before.unwrap().subject, None),
        Detail::RoleGranted(it) => (it.member, it.resource),
        Detail::RoleChanged(it) => (it.member, it.resource),
        Detail::RoleRevoked(it) => (it.member, it.resource),
        Detail::RoleExpired(it) => (it.member, it.resource),
        Detail::ResourceArchived(it) => (None, it.resource),
        Detail::ResourceRestored(it) => (None, it.resource),
        Detail::ResourceMoved(it) => (None, it.resource),
        Detail::ResourceDeleted(it) => (None, it.before.unwrap().r#ref),
        Detail::OwnerChanged(it) => (it.to.or(it.from), it.resource),
        Detail::InvitationIssued(it) => (Some(subject(&it.after.unwrap().email)), None),
        Detail::InvitationAccepted(it) => (it.member, None),
        Detail::InvitationRevoked(it) => (Some(subject(&it.email)), None),
        Detail::InvitationDeclined(it) => (Some(subject(&it.email)), None),
        Detail::InvitationExpired(it) => (Some(subject(&it.email)), None),
        Detail::InvitationReminderDue(it) => (Some(subject(&it.email)), None),
        Detail::AddressSuppressed(it) => (Some(subject(&it.after.unwrap().email)), None),
        Detail::AddressCleared(it) => (Some(subject(&it.email)), None),
    };
    let nanos = |at: &prost_types::Timestamp| i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    let time = nanos(change.time.as_ref().unwrap());
    (request.actor.is_none() || request.actor == change.actor)
        && (request.subject.is_none() || request.subject == about)
        && (request.resource.is_none() || request.resource == at)
        && (request.kinds.is_empty() || request.kinds.contains(&kind(change).into()))
        && request.start_time.as_ref().is_none_or(|start| nanos(start) <= time)
        && request.end_time.as_ref().is_none_or(|end| time < nanos(end))
}

#[tokio::test]
async fn a_filter_finds_all_that_fits_it_and_nothing_else() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let (_stage, world) = eventful().await;
    let everything = all(&world, ListChangesRequest::default()).await;
    let times: Vec<_> = everything.iter().map(|change| change.time).collect();
    let mut found = 0;
    for _ in 0..200 {
        let mut any = |share: u64| rng.range(0, share) == 0;
        let (by, about, at, of, from, until) = (any(3), any(3), any(4), any(3), any(4), any(4));
        let mut request = ListChangesRequest::default();
        let people: &[&str] = &["ada", "edith", "victor", OPERATOR, "nina@acme.test", "nils@acme.test"];
        request.actor = by.then(|| subject(rng.pick::<&str>(people)));
        request.subject = about.then(|| subject(rng.pick::<&str>(people)));
        request.resource = at.then(|| resource(&world.tenant, rng.pick::<&str>(&["harbour", "workspace"])));
        let kinds = if of { rng.range(1, 4) } else { 0 };
        request.kinds = (0..kinds).map(|_| i32::try_from(rng.range(1, 14)).unwrap()).collect();
        request.start_time = from.then(|| *rng.pick(&times)).flatten();
        request.end_time = until.then(|| *rng.pick(&times)).flatten();
        request.page_size = i32::try_from(rng.range(0, 5)).unwrap();
        let mut expected: Vec<Change> = everything.iter().filter(|change| fits(&request, change)).cloned().collect();
        if rng.range(0, 2) == 0 {
            request.order_by = ChangeOrder::OldestFirst.into();
            expected.reverse();
        }
        let listed = all(&world, request.clone()).await;
        assert_eq!(listed, expected, "{request:?}");
        found += listed.len();
    }
    assert!(found > 100, "the filters find something");
    let tenant = ListChangesRequest {
        resource: Some(rollcall::proto::ResourceRef { r#type: "workspace".into(), id: String::new() }),
        ..Default::default()
    };
    let named = ListChangesRequest { resource: Some(resource(&world.tenant, "workspace")), ..Default::default() };
    assert_eq!(all(&world, tenant).await, all(&world, named).await, "the tenant itself needs no id");
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
        let mut places: Vec<_> = listed.iter().map(|change| place(&world.tenant, change)).collect();
        if order == ChangeOrder::NewestFirst {
            places.reverse();
            assert_eq!(listed, before, "what comes after the first page is on none");
        } else {
            let now = all(&world, ListChangesRequest::default()).await;
            assert_eq!(listed.len(), now.len(), "what comes meanwhile is on the last pages");
        }
        assert!(places.is_sorted() && places.windows(2).all(|pair| pair[0] != pair[1]), "{places:?}");
    }
}
