//! Every case beside a policy, asked over gRPC of a real server whose store holds the case's facts. The policy tests ask
//! the engine the same questions; here nothing between the wire and the engine may answer otherwise.

#![allow(clippy::panic, reason = "a test fails loudly")]

mod support;

use std::{collections::HashSet, fs, path::Path};

use rollcall::{
    domain::{Change, ResourceKey, Subject, Tenant, Timestamp},
    policy::{
        Policy, Verb,
        cases::{self, Case, Check, Expected, Write as Wish},
        compile,
    },
    proto::{
        BatchCheckRequest, ChangeRoleRequest, CheckItem, DeactivateMemberRequest, InviteRequest, Invitee,
        LockMemberRequest, Profile, ReactivateMemberRequest, RemoveMemberRequest, ResourceRef, RoleGrant, StatedFacts,
        TransferOwnershipRequest, UnlockMemberRequest, UpdateMemberRequest, invitee::Who,
    },
    service::ports::{LogEntry, Store as _},
    store::{Options, SqlStore},
};
use support::{
    Api, Write,
    error::reason_of,
    server::{Server, store_file},
};

#[tokio::test]
async fn lumicon_answers_its_cases() {
    hold("lumicon").await;
}

#[tokio::test]
async fn lumi_1_answers_its_cases() {
    hold("lumi-1").await;
}

#[tokio::test]
async fn lumi_2_answers_its_cases() {
    hold("lumi-2").await;
}

#[tokio::test]
async fn lume_answers_its_cases() {
    hold("lume").await;
}

async fn hold(name: &str) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let read = |file: String| fs::read_to_string(dir.join(file)).expect("the file is there");
    let policy = compile(name, &read(format!("{name}.toml"))).expect("it compiles");
    let cases = cases::read(name, &read(format!("{name}.tests.toml")), &policy).expect("its cases compile");
    assert!(!cases.is_empty());
    // Cases with the same facts share a server.
    let mut groups: Vec<(&[Change], Vec<&Case>)> = Vec::new();
    for case in &cases {
        match groups.iter_mut().find(|(facts, _)| *facts == case.facts.as_slice()) {
            Some((_, group)) => group.push(case),
            None => groups.push((&case.facts, vec![case])),
        }
    }
    for (facts, group) in groups {
        let bench = Bench::new(&policy, facts).await;
        for case in group {
            bench.checks(case).await;
            for wish in &case.writes {
                bench.wish(&policy, case, wish).await;
            }
        }
    }
}

/// A server whose store holds the facts of a case.
struct Bench {
    api: Api,
    tenant: String,
    members: HashSet<Subject>,
    _server: Server,
    _dir: tempfile::TempDir,
}

impl Bench {
    async fn new(policy: &Policy, facts: &[Change]) -> Self {
        let dir = tempfile::tempdir().expect("there is room");
        let root = facts.iter().find_map(|change| match change {
            Change::ResourceCreated { resource } if resource.parent.is_none() => Some(resource.key.id.clone()),
            _ => None,
        });
        let tenant = root.expect("a tenant has a root resource");
        let created = Change::TenantCreated {
            tenant: Tenant {
                id: tenant.clone(),
                display_name: String::new(),
                policy: policy.name().to_owned(),
                policy_version: policy.version(),
                created_at: Timestamp::default(),
            },
        };
        let changes: Vec<Change> = std::iter::once(created).chain(facts.iter().cloned()).collect();
        let options = Options::new(format!("sqlite:{}", store_file(dir.path()).display()));
        let store = SqlStore::open(&options).await.expect("the store opens");
        store.migrate().await.expect("and takes its tables");
        let actor = Subject::user("nobody");
        let entry = LogEntry {
            changes: &changes,
            actor: actor.as_ref(),
            caller: "test",
            at: Timestamp::default(),
            rule: "operator",
            trace_id: None,
        };
        let mut tx = store.begin(&tenant).await.expect("a write begins");
        tx.append(&entry).await.expect("the facts fit");
        tx.commit().await.expect("and stay");
        store.close().await.expect("the store closes");
        let server = Server::start(dir.path()).await;
        let members = facts.iter().filter_map(|change| match change {
            Change::MemberAdded { member } => Some(member.subject.clone()),
            _ => None,
        });
        Self { api: server.api().await, tenant, members: members.collect(), _server: server, _dir: dir }
    }

    async fn checks(&self, case: &Case) {
        // A request of a reasonable size each.
        for chunk in case.checks.chunks(500) {
            let items = chunk.iter().map(item).collect();
            let request = BatchCheckRequest { tenant: self.tenant.clone(), items, consistency: None };
            let answer = self.api.batch_check(request).await.expect("the questions are well formed");
            assert_eq!(answer.results.len(), chunk.len());
            for (check, result) in chunk.iter().zip(&answer.results) {
                let reason = result.reason().as_str_name().trim_start_matches("REASON_").to_owned();
                let what = format!("{} {} on {}", check.subject, check.action, check.resource);
                let denied = (!result.allowed).then_some(reason);
                fits(case, &check.expected, &what, denied.as_deref());
            }
        }
    }

    async fn wish(&self, policy: &Policy, case: &Case, wish: &Wish) {
        // There is no call for the others yet.
        let Some(write) = self.write(policy, wish) else { return };
        let answer = self.api.write(write.dry()).await;
        let denied = answer.err().map(|status| reason_of(&status));
        let what = format!("{} {:?} {} at {}", wish.actor, wish.wanted, wish.target, wish.at);
        fits(case, &wish.expected, &what, denied.as_deref());
    }

    fn write(&self, policy: &Policy, wish: &Wish) -> Option<Write> {
        let (tenant, actor, member) = (self.tenant.clone(), Some(proto(&wish.actor)), Some(proto(&wish.target)));
        let resource = Some(place(&wish.at));
        let name = |role: Option<_>| role.map_or(String::new(), |role| policy.role(role).name().to_owned());
        let (from, to) = (name(wish.wanted.from), name(wish.wanted.to));
        Some(match wish.wanted.verb {
            Verb::Invite | Verb::Publish => {
                let who = if self.members.contains(&wish.target) {
                    Who::Subject(proto(&wish.target))
                } else {
                    Who::Email(email(&wish.target))
                };
                let invitee = Invitee { who: Some(who), display_name: String::new() };
                let grant = RoleGrant { resource, role: to, expire_time: None };
                InviteRequest { tenant, actor, invitees: vec![invitee], grants: vec![grant], ..Default::default() }
                    .into()
            }
            Verb::Change => {
                ChangeRoleRequest { tenant, actor, member, resource, role: to, from_role: from, ..Default::default() }
                    .into()
            }
            Verb::Remove => {
                RemoveMemberRequest { tenant, actor, member, resource, role: from, ..Default::default() }.into()
            }
            Verb::Lock => LockMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            Verb::Unlock => UnlockMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            Verb::Update => {
                let profile = Some(Profile { display_name: "Another Name".into(), ..Profile::default() });
                UpdateMemberRequest { tenant, actor, member, profile, ..Default::default() }.into()
            }
            Verb::Deactivate => DeactivateMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            Verb::Reactivate => ReactivateMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            Verb::Transfer => {
                TransferOwnershipRequest { tenant, actor, resource, owner: member, ..Default::default() }.into()
            }
            Verb::Resend => return None,
        })
    }
}

fn fits(case: &Case, expected: &Expected, what: &str, denied: Option<&str>) {
    let at = format!("line {} of `{}`: {what}: {denied:?}", expected.line, case.name);
    assert_eq!(denied.is_none(), expected.allowed, "{at}");
    if let (Some(reason), Some(denied)) = (&expected.reason, denied) {
        assert_eq!(denied, reason, "{at}");
    }
}

fn item(check: &Check) -> CheckItem {
    let stated = check.parent.is_some() || check.owner.is_some();
    CheckItem {
        subject: Some(proto(&check.subject)),
        action: check.action.clone(),
        resource: Some(place(&check.resource)),
        stated: stated
            .then(|| StatedFacts { parent: check.parent.as_ref().map(place), owner: check.owner.as_ref().map(proto) }),
    }
}

fn email(subject: &Subject) -> String {
    format!("{}@elsewhere.test", subject.id)
}

fn proto(subject: &Subject) -> rollcall::proto::Subject {
    rollcall::proto::Subject { r#type: subject.kind.clone(), id: subject.id.clone() }
}

fn place(key: &ResourceKey) -> ResourceRef {
    ResourceRef { r#type: key.kind.clone(), id: key.id.clone() }
}
