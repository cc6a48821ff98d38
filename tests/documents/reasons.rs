//! Every reason of an error is in docs/api.md, with its true code and metadata, and nothing else is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use rollcall::proto::{
    ChangeRoleRequest, Consistency, ListMembersRequest, ListResourcesRequest, SetPolicyRequest, WatchChangesRequest,
    consistency::Requirement,
};
use rollcall_engine::{Refusal, Revision, Token};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::{
    markdown::{quoted, read, rows},
    support::{
        Stage, World, Write,
        db::Db,
        resource, subject,
        world::{OPERATOR, fixture, profile},
    },
};

/// Reasons that no test can bring about over the wire: of races, of broken stores, of what no RPC does yet,
/// and of what `lumicon` has not. `tests/log` has a watcher that is too slow.
const UNPROVOKED: [&str; 22] = [
    "ACTOR_DEACTIVATED",
    "ALREADY_ARCHIVED",
    "CONFLICT",
    "HOLDER_UNSUITABLE",
    "INTERNAL",
    "MEMBER_DEACTIVATED",
    "NOT_ACTIVE",
    "NOT_ARCHIVED",
    "NOT_DEACTIVATED",
    "NOT_INVITED",
    "OUTLASTS_GRANTER",
    "OWNER_UNCHANGED",
    "PARENT_UNCHANGED",
    "RESOURCE_ARCHIVED",
    "RESOURCE_CYCLE",
    "STORE_BEHIND",
    "STORE_UNAVAILABLE",
    "SUBTREE_TOO_LARGE",
    "TEAM_CYCLE",
    "VIEW_RELOADING",
    "WATCH_TOO_SLOW",
    "WHICH_ROLE",
];

/// What the document says of one reason.
#[derive(Debug)]
struct Told {
    code: String,
    always: BTreeSet<String>,
    sometimes: BTreeSet<String>,
}

fn told() -> BTreeMap<String, Told> {
    let text = read("docs/api.md");
    assert!(text.contains("| reason | code | metadata | what to do |"), "the table is there");
    let rows = rows("docs/api.md").into_iter().filter(|row| row.len() == 4 && row[0].starts_with('`'));
    let told: Vec<(String, Told)> = rows
        .map(|row| {
            let (always, sometimes) = row[2].split_once('[').unwrap_or((&row[2], ""));
            let set = |text: &str| quoted(text).into_iter().collect();
            let told = Told { code: quoted(&row[1]).remove(0), always: set(always), sometimes: set(sometimes) };
            (quoted(&row[0]).remove(0), told)
        })
        .collect();
    let count = told.len();
    let told: BTreeMap<_, _> = told.into_iter().collect();
    assert_eq!(told.len(), count, "a reason has two rows");
    told
}

/// The literals in upper case of a module and all below it.
fn literals(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            literals(&path, found);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let is_reason = |word: &&str| {
                let upper = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
                upper && word.len() > 2 && !word.starts_with('_')
            };
            // Whichever quote opens, every stretch between two of them is looked at.
            found.extend(text.split('"').filter(is_reason).map(str::to_owned));
        }
    }
}

#[test]
fn every_reason_in_the_source_is_told_and_no_other() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: BTreeSet<String> = Refusal::CODES.map(str::to_owned).into();
    for module in ["service", "grpc"] {
        literals(&src.join(module), &mut found);
    }
    assert_eq!(told().into_keys().collect::<BTreeSet<_>>(), found);
}

/// The name of a code, as the gRPC guide and the document have it.
fn name(code: Code) -> String {
    let name = format!("{code:?}");
    let upper = name.char_indices().map(|(at, letter)| {
        if letter.is_uppercase() && at > 0 { format!("_{letter}") } else { letter.to_uppercase().to_string() }
    });
    upper.collect()
}

/// What was seen of the errors, held against the document as they come.
struct Seen {
    told: BTreeMap<String, Told>,
    reasons: BTreeSet<String>,
}

impl Seen {
    fn see<T>(&mut self, reason: &str, result: Result<T, Status>) {
        let Err(status) = result else { panic!("{reason} expected, and the call succeeded") };
        let info = status.get_details_error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
        assert_eq!(info.reason, reason, "{status:?}");
        let told = &self.told[reason];
        assert_eq!(name(status.code()), told.code, "{status:?}");
        let keys: BTreeSet<String> = info.metadata.into_keys().collect();
        assert!(told.always.is_subset(&keys), "{reason} lacks some of {:?}: {status:?}", told.always);
        let known: BTreeSet<String> = told.always.union(&told.sometimes).cloned().collect();
        assert!(keys.is_subset(&known), "{reason} has {keys:?}, the document only {known:?}");
        self.reasons.insert(reason.to_owned());
    }

    async fn write(&mut self, reason: &str, world: &World, write: Write) {
        self.see(reason, world.api.write(write).await);
    }
}

#[tokio::test]
async fn codes_and_metadata_are_as_told() {
    let (stage, world) = fixture().await;
    let mut seen = Seen { told: told(), reasons: BTreeSet::new() };
    fields(&mut seen, &world).await;
    refusals(&mut seen, &world).await;
    states(&mut seen, &stage, &world).await;
    invitations(&mut seen, &stage, &world).await;
    callers(&mut seen).await;
    the_log(&mut seen).await;
    other_policies(&mut seen, stage, &world).await;
    let expected = seen.told.keys().filter(|reason| !UNPROVOKED.contains(&reason.as_str()));
    assert_eq!(seen.reasons.iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "every reason is provoked");
}

async fn fields(seen: &mut Seen, world: &World) {
    let check = |who: &str, action: &str, place: &str| world.api.check(world.question(who, action, place));
    seen.see("FIELD_REQUIRED", check("", "data.edit", "harbour").await);
    seen.see("FIELD_TOO_LONG", check(&"x".repeat(129), "data.edit", "harbour").await);
    seen.see("FIELD_INVALID", check("ed ith", "data.edit", "harbour").await);
    seen.see("UNKNOWN_ACTION", check("edith", "data.edti", "harbour").await);
    seen.see("UNKNOWN_RESOURCE_TYPE", check("edith", "data.edit", "site:harbour").await);

    let mut asked = world.question("edith", "data.edit", "harbour");
    asked.consistency = Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh("x".into())) });
    seen.see("INVALID_TOKEN", world.api.check(asked.clone()).await);
    let ahead = Token::encode(&world.tenant, Revision(1 << 40));
    asked.consistency = Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh(ahead)) });
    seen.see("TOKEN_AHEAD", world.api.check(asked.clone()).await);
    asked.tenant = "nowhere".into();
    asked.consistency = None;
    seen.see("TENANT_NOT_FOUND", world.api.check(asked).await);

    let many =
        ListMembersRequest { tenant: world.tenant.clone(), roles: vec!["user".into(); 129], ..Default::default() };
    seen.see("FIELD_TOO_LONG", world.api.list_members(many).await);
    let other = ListMembersRequest { tenant: world.tenant.clone(), roles: vec!["usre".into()], ..Default::default() };
    seen.see("UNKNOWN_ROLE", world.api.list_members(other).await);
    seen.write("UNKNOWN_ROLE", world, world.invite("edith", "new@acme.test", "harbour", "viewre")).await;
    let page = ListResourcesRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject("edith")),
        action: "data.view".into(),
        resource_type: "job_site".into(),
        page_token: "x".into(),
        ..Default::default()
    };
    seen.see("INVALID_PAGE_TOKEN", world.api.list_resources(page).await);
    let Write::CreateTenant(mut create) = world.create_tenant("ada") else { unreachable!() };
    create.tenant = "new".into();
    create.policy = "lumicno".into();
    seen.write("UNKNOWN_POLICY", world, Write::from(create)).await;
}

async fn refusals(seen: &mut Seen, world: &World) {
    let new = "new@acme.test";
    seen.write("NOT_PERMITTED", world, world.invite("victor", new, "harbour", "viewer")).await;
    seen.write("NOT_PERMITTED", world, world.change("victor", "victor", "harbour", "editor")).await;
    seen.write("NOT_PERMITTED", world, world.create_site(OPERATOR, "pier")).await;
    let Write::CreateTenant(mut create) = world.create_tenant("ada") else { unreachable!() };
    create.actor = Some(subject("ada"));
    seen.write("NOT_PERMITTED", world, Write::from(create)).await;
    seen.write("MEMBER_PROTECTED", world, world.invite("edith", "ada", "harbour", "viewer")).await;
    seen.write("MEMBER_PROTECTED", world, world.remove("edith", "ada", "harbour")).await;
    for (actor, reason) in
        [("stranger", "ACTOR_NOT_A_MEMBER"), ("nina@acme.test", "ACTOR_INVITED"), ("lars", "ACTOR_LOCKED")]
    {
        seen.write(reason, world, world.invite(actor, new, "harbour", "viewer")).await;
        seen.write(reason, world, world.lock(actor, "olga")).await;
    }
}

async fn states(seen: &mut Seen, stage: &Stage, world: &World) {
    seen.write("TENANT_EXISTS", world, world.create_tenant("ada")).await;
    seen.write("RESOURCE_EXISTS", world, world.create_site("edith", "harbour")).await;
    seen.write("RESOURCE_NOT_FOUND", world, world.remove("edith", "victor", "nowhere")).await;
    seen.write("MEMBER_NOT_FOUND", world, world.remove("edith", "stranger", "harbour")).await;
    seen.write("ALREADY_A_MEMBER", world, world.invite("edith", "victor", "harbour", "editor")).await;
    seen.write("NO_ROLE_HERE", world, world.change("edith", "olga", "harbour", "editor")).await;
    seen.write("ROLE_UNCHANGED", world, world.change("edith", "victor", "harbour", "viewer")).await;
    seen.write("ALREADY_LOCKED", world, world.lock("ada", "lars")).await;
    seen.write("NOT_LOCKED", world, world.unlock(OPERATOR, "olga")).await;
    seen.write("PROFILE_UNCHANGED", world, world.update("olga", "olga", profile("olga"))).await;
    let mut taken = profile("olga");
    taken.email = profile("edith").email;
    seen.write("IDENTIFIER_TAKEN", world, world.update("olga", "olga", taken)).await;
    let stale = ChangeRoleRequest {
        tenant: world.tenant.clone(),
        actor: Some(subject("edith")),
        member: Some(subject("victor")),
        resource: Some(resource(&world.tenant, "harbour")),
        role: "editor".into(),
        etag: "x".into(),
        ..Default::default()
    };
    seen.write("ETAG_MISMATCH", world, Write::from(stale)).await;
    seen.write("POLICY_UNCHANGED", world, newest(world)).await;
    let site = world.create_site("olga", "pier").under("once");
    world.api.write(site.clone()).await.expect("anybody may");
    seen.write("REQUEST_ID_REUSED", world, site.dry()).await;
    let bare = World::bare(&stage.api, "bare").await;
    seen.write("LAST_HOLDER", &bare, bare.remove("ada", "ada", "workspace")).await;
}

async fn invitations(seen: &mut Seen, stage: &Stage, world: &World) {
    seen.write("INVITATION_NOT_FOUND", world, world.accept("new", "x")).await;
    let mut tokens = Vec::new();
    let mut ids = Vec::new();
    for name in ["used", "expired", "revoked", "declined"] {
        let invite = world.invite("edith", &format!("{name}@acme.test"), "harbour", "viewer");
        let answer = world.api.write(invite).await.expect("an editor invites").invite();
        tokens.push(answer.results[0].invitation_token.clone());
        ids.push(answer.results[0].invitation.clone().expect("is told").id);
    }
    seen.write("EMAIL_MISMATCH", world, world.accept("other", &tokens[0])).await;
    world.api.write(world.accept("used", &tokens[0])).await.expect("it is open");
    seen.write("INVITATION_USED", world, world.accept("used", &tokens[0])).await;
    let db = Db::open(stage.dir.path()).await;
    db.expire(&world.tenant, "expired@acme.test").await;
    db.close().await;
    seen.write("INVITATION_EXPIRED", world, world.accept("expired", &tokens[1])).await;
    world.api.write(world.remove("ada", "revoked@acme.test", "workspace")).await.expect("an admin removes");
    seen.write("INVITATION_REVOKED", world, world.accept("revoked", &tokens[2])).await;
    seen.write("INVITATION_NOT_FOUND", world, world.resend("ada", "x")).await;
    let Write::RevokeInvitation(mut stale) = world.revoke("ada", &ids[3]) else { unreachable!() };
    stale.etag = "x".into();
    seen.write("ETAG_MISMATCH", world, Write::from(stale)).await;
    let address = "declined@acme.test";
    seen.write("NOT_SUPPRESSED", world, world.clear(OPERATOR, address)).await;
    seen.write("NOT_PERMITTED", world, world.suppress("ada", address)).await;
    world.api.write(world.suppress(OPERATOR, address)).await.expect("an operator may");
    seen.write("ALREADY_SUPPRESSED", world, world.suppress(OPERATOR, address)).await;
    seen.write("ADDRESS_SUPPRESSED", world, world.resend("ada", &ids[3])).await;
    seen.write("ADDRESS_SUPPRESSED", world, world.invite("ada", address, "quarry", "viewer")).await;
    world.api.write(world.decline("declined", &tokens[3])).await.expect("it is open");
    seen.write("INVITATION_DECLINED", world, world.accept("declined", &tokens[3])).await;
    let capped = Stage::with(&["limits.invitations_per_day=1"]).await;
    let world = World::bare(&capped.api, "capped").await;
    let invite = world.invite_all("ada", &["a@acme.test", "b@acme.test"], &[("workspace", "user")]);
    seen.write("INVITATION_LIMIT", &world, invite).await;
}

async fn callers(seen: &mut Seen) {
    // The SHA-256 of `key`.
    let hash = "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683";
    let stage = Stage::with(&[&format!("auth.callers=shop:{hash}")]).await;
    let world = World { api: stage.api.clone(), tenant: "acme".into() };
    seen.write("UNAUTHENTICATED", &world, world.create_tenant("ada")).await;
    let Write::CreateTenant(create) = world.create_tenant("ada") else { unreachable!() };
    let mut request = Request::new(create);
    request.metadata_mut().insert("authorization", "Bearer key".parse().unwrap());
    seen.see("OPERATOR_NOT_ALLOWED", stage.api.tenants.clone().create_tenant(request).await);
}

/// What a long log and its watchers bring.
async fn the_log(seen: &mut Seen) {
    let stage = Stage::with(&["snapshots.changes=1000", "watch.watchers=1"]).await;
    let world = stage.world().await;
    for round in 0..3 {
        let guests: Vec<String> = (0..100).map(|number| format!("guest-{round}-{number}@acme.test")).collect();
        let guests: Vec<&str> = guests.iter().map(String::as_str).collect();
        world.api.write(world.invite_all("edith", &guests, &[("harbour", "viewer")])).await.expect("an editor invites");
    }
    let mut asked = world.question("edith", "data.edit", "harbour");
    asked.consistency = Some(Consistency { requirement: Some(Requirement::AtExactSnapshot(world.token().await)) });
    seen.see("SNAPSHOT_TOO_LARGE", world.api.check(asked).await);

    let request = WatchChangesRequest { tenant: world.tenant.clone(), ..Default::default() };
    let mut watch = world.api.watch.clone();
    let mut stream = watch.watch_changes(request.clone()).await.expect("there is room for one").into_inner();
    seen.see("TOO_MANY_WATCHERS", watch.watch_changes(request).await);
    stream.message().await.expect("the first response comes at once");
    stage.server.drain();
    seen.see("DRAINING", stream.message().await);
}

/// The write that moves a tenant to the newest version of its policy.
fn newest(world: &World) -> Write {
    Write::from(SetPolicyRequest { tenant: world.tenant.clone(), actor: Some(subject(OPERATOR)), ..Default::default() })
}

/// The server is started anew with the next version of the policy beside the old one, in which nobody views a job site,
/// and then with the next one alone.
async fn other_policies(seen: &mut Seen, stage: Stage, world: &World) {
    let Stage { server, dir, .. } = stage;
    server.terminate().await;
    let next = read("policies/lumicon.toml").replacen("version = 1", "version = 2", 1).replace("viewer", "guest");
    fs::create_dir(dir.path().join("both")).unwrap();
    fs::write(dir.path().join("both/lumicon.toml"), read("policies/lumicon.toml")).unwrap();
    fs::write(dir.path().join("both/next.toml"), &next).unwrap();
    let policies = format!("policies.dir={}", dir.path().join("both").display());
    let server = crate::support::Server::start_with(dir.path(), &[&policies]).await;
    let both = World { api: server.api().await, ..world.clone() };
    seen.write("POLICY_INCOMPATIBLE", &both, newest(&both)).await;
    server.terminate().await;
    fs::create_dir(dir.path().join("next")).unwrap();
    fs::write(dir.path().join("next/lumicon.toml"), next).unwrap();
    let policies = format!("policies.dir={}", dir.path().join("next").display());
    let server = crate::support::Server::start_with(dir.path(), &[&policies]).await;
    let world = World { api: server.api().await, ..world.clone() };
    seen.see("POLICY_NOT_LOADED", world.api.check(world.question("edith", "data.edit", "harbour")).await);
}
