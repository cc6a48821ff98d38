//! Every reason of an error is in the contract, with its true code and metadata, and docs/api.md tells them as it does.

use std::{collections::BTreeSet, fs, path::Path};

use rollcall::proto::{
    ChangeRoleRequest, Consistency, ListMembersRequest, ListResourcesRequest, SetPolicyRequest, WatchChangesRequest,
    consistency::Requirement,
    reasons::{REASONS, ReasonInfo},
};
use rollcall_engine::Refusal;
use tonic::Request;

use crate::{
    markdown::read,
    reason_coverage::CHECKED_ELSEWHERE,
    reason_states,
    reason_table::ReasonTable,
    support::{
        TestServer, WireTenant, Write,
        callers_file::{self, CallersFile},
        db::Db,
        golden, resource, subject,
        tokens::{at_revision, of_another_store, of_another_write},
        wire_tenant::{OPERATOR, fixture, profile},
    },
};

/// The table of reasons as docs/api.md has it, made of the contract.
fn table() -> String {
    let quoted = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ");
    let row = |reason: &ReasonInfo| {
        let optional = if reason.optional_metadata.is_empty() {
            String::new()
        } else {
            format!("[{}]", quoted(reason.optional_metadata))
        };
        let metadata = [quoted(reason.metadata), optional].into_iter().filter(|keys| !keys.is_empty());
        let cells = [
            format!("`{}`", reason.name),
            format!("`{}`", reason.code),
            metadata.collect::<Vec<_>>().join(" "),
            if reason.retryable { "yes" } else { "" }.to_owned(),
            reason.remedy.to_owned(),
        ];
        cells
            .iter()
            .fold("|".to_owned(), |row, cell| if cell.is_empty() { row + " |" } else { format!("{row} {cell} |") })
    };
    let rows: Vec<String> = REASONS.iter().map(row).collect();
    format!("| reason | code | metadata | retry | what to do |\n|---|---|---|---|---|\n{}\n", rows.join("\n"))
}

#[test]
fn the_table_of_reasons_is_that_of_the_contract() {
    let text = read("docs/api.md");
    let (start, made) = (text.find("| reason | code |").expect("the table is there"), table());
    let end = text[start..].find("\n\n").map_or(text.len(), |end| start + end + 1);
    if text[start..end] == made {
        return;
    }
    assert!(
        golden::writes(),
        "docs/api.md has another table of reasons than the contract makes; write it with TEST_GOLDEN=write"
    );
    let whole = [&text[..start], &made, &text[end..]].concat();
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api.md"), whole).expect("can be written");
}

/// The module of JSON Web Tokens, which makes no errors, and has other words in upper case.
const NO_REASONS: &str = "edge/identity/token";

/// Adds the string literals in upper case of a module and the modules below it.
fn literals(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with(NO_REASONS) {
            continue;
        }
        if path.is_dir() {
            literals(&path, found);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let is_reason = |word: &&str| {
                let upper = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
                upper && word.len() > 2 && !word.starts_with('_')
            };
            // Every text between two quotes counts, in a literal or not, so that no quote needs parsing.
            found.extend(text.split('"').filter(is_reason).map(str::to_owned));
        }
    }
}

#[test]
fn every_reason_in_the_source_is_told_and_no_other() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: BTreeSet<String> = Refusal::CODES.map(str::to_owned).into();
    for module in ["service", "edge"] {
        literals(&src.join(module), &mut found);
    }
    let known = REASONS.iter().map(|reason| reason.name.to_owned());
    assert_eq!(known.collect::<BTreeSet<_>>(), found);
}

#[tokio::test]
async fn codes_and_metadata_are_as_told() {
    let (stage, tenant) = fixture().await;
    let reasons = ReasonTable::default();
    fields(&reasons, &tenant).await;
    refusals(&reasons, &tenant).await;
    states(&reasons, &stage, &tenant).await;
    invitations(&reasons, &stage, &tenant).await;
    callers(&reasons).await;
    the_log(&reasons).await;
    reason_states::lives(&reasons).await;
    Box::pin(reason_states::roles(&reasons)).await;
    reason_states::requests(&reasons).await;
    reason_states::store(&reasons);
    other_policies(&reasons, stage, &tenant).await;
    let elsewhere: BTreeSet<String> = CHECKED_ELSEWHERE.map(str::to_owned).into();
    let all: BTreeSet<String> = REASONS.iter().map(|reason| reason.name.to_owned()).collect();
    assert_eq!(*reasons.checked.borrow(), &all - &elsewhere, "every reason is checked");
}

async fn fields(reasons: &ReasonTable, tenant: &WireTenant) {
    let check = |who: &str, action: &str, at: &str| tenant.api.check(tenant.question(who, action, at));
    reasons.check("FIELD_REQUIRED", check("", "data.edit", "harbour").await);
    reasons.check("FIELD_TOO_LONG", check(&"x".repeat(129), "data.edit", "harbour").await);
    reasons.check("FIELD_INVALID", check("ed ith", "data.edit", "harbour").await);
    reasons.check("UNKNOWN_ACTION", check("edith", "data.edti", "harbour").await);
    reasons.check("UNKNOWN_RESOURCE_TYPE", check("edith", "data.edit", "site:harbour").await);

    let mut question = tenant.question("edith", "data.edit", "harbour");
    question.consistency = Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh("x".into())) });
    reasons.check("INVALID_TOKEN", tenant.api.check(question.clone()).await);
    let token = tenant.token().await;
    let lost = of_another_write(&token);
    for (reason, token) in [
        ("TOKEN_FOREIGN", of_another_store(&token)),
        ("TOKEN_LOST", lost),
        ("TOKEN_OUTDATED", "AQAAAAAAAAAAAAAAAA".to_owned()),
    ] {
        question.consistency = Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh(token)) });
        reasons.check(reason, tenant.api.check(question.clone()).await);
    }
    let ahead = at_revision(&token, 1 << 40);
    question.consistency = Some(Consistency { requirement: Some(Requirement::AtLeastAsFresh(ahead)) });
    reasons.check("TOKEN_AHEAD", tenant.api.check(question.clone()).await);
    question.tenant = "nowhere".into();
    question.consistency = None;
    reasons.check("TENANT_NOT_FOUND", tenant.api.check(question).await);

    let many =
        ListMembersRequest { tenant: tenant.tenant.clone(), roles: vec!["user".into(); 129], ..Default::default() };
    reasons.check("FIELD_TOO_LONG", tenant.api.list_members(many).await);
    let other = ListMembersRequest { tenant: tenant.tenant.clone(), roles: vec!["usre".into()], ..Default::default() };
    reasons.check("UNKNOWN_ROLE", tenant.api.list_members(other).await);
    reasons.check_write("UNKNOWN_ROLE", tenant, tenant.invite("edith", "new@acme.test", "harbour", "viewre")).await;
    let page = ListResourcesRequest {
        tenant: tenant.tenant.clone(),
        subject: Some(subject("edith")),
        action: "data.view".into(),
        resource_type: "job_site".into(),
        page_token: "x".into(),
        ..Default::default()
    };
    reasons.check("INVALID_PAGE_TOKEN", tenant.api.list_resources(page).await);
    let Write::CreateTenant(mut create) = tenant.create_tenant("ada") else { unreachable!() };
    create.tenant = "new".into();
    create.policy = "lumicno".into();
    reasons.check_write("UNKNOWN_POLICY", tenant, Write::from(create)).await;
}

async fn refusals(reasons: &ReasonTable, tenant: &WireTenant) {
    let new = "new@acme.test";
    reasons.check_write("NOT_PERMITTED", tenant, tenant.invite("victor", new, "harbour", "viewer")).await;
    reasons.check_write("NOT_PERMITTED", tenant, tenant.change("victor", "victor", "harbour", "editor")).await;
    reasons.check_write("NOT_PERMITTED", tenant, tenant.create_site(OPERATOR, "pier")).await;
    let Write::CreateTenant(mut create) = tenant.create_tenant("ada") else { unreachable!() };
    create.actor = Some(subject("ada"));
    reasons.check_write("NOT_PERMITTED", tenant, Write::from(create)).await;
    reasons.check_write("MEMBER_PROTECTED", tenant, tenant.invite("edith", "ada", "harbour", "viewer")).await;
    reasons.check_write("MEMBER_PROTECTED", tenant, tenant.remove("edith", "ada", "harbour")).await;
    for (actor, reason) in
        [("stranger", "ACTOR_NOT_A_MEMBER"), ("nina@acme.test", "ACTOR_INVITED"), ("lars", "ACTOR_LOCKED")]
    {
        reasons.check_write(reason, tenant, tenant.invite(actor, new, "harbour", "viewer")).await;
        reasons.check_write(reason, tenant, tenant.lock(actor, "olga")).await;
    }
}

async fn states(reasons: &ReasonTable, stage: &TestServer, tenant: &WireTenant) {
    reasons.check_write("TENANT_EXISTS", tenant, tenant.create_tenant("ada")).await;
    reasons.check_write("RESOURCE_EXISTS", tenant, tenant.create_site("edith", "harbour")).await;
    reasons.check_write("RESOURCE_NOT_FOUND", tenant, tenant.remove("edith", "victor", "nowhere")).await;
    reasons.check_write("MEMBER_NOT_FOUND", tenant, tenant.remove("edith", "stranger", "harbour")).await;
    reasons.check_write("ALREADY_A_MEMBER", tenant, tenant.invite("edith", "victor", "harbour", "editor")).await;
    reasons.check_write("ROLE_NOT_BOUND", tenant, tenant.change("edith", "olga", "harbour", "editor")).await;
    reasons.check_write("ROLE_UNCHANGED", tenant, tenant.change("edith", "victor", "harbour", "viewer")).await;
    reasons.check_write("ALREADY_LOCKED", tenant, tenant.lock("ada", "lars")).await;
    reasons.check_write("NOT_LOCKED", tenant, tenant.unlock(OPERATOR, "olga")).await;
    reasons.check_write("PROFILE_UNCHANGED", tenant, tenant.update("olga", "olga", profile("olga"))).await;
    let mut duplicate = profile("olga");
    duplicate.emails = profile("edith").emails;
    reasons.check_write("IDENTIFIER_TAKEN", tenant, tenant.update("olga", "olga", duplicate)).await;
    let stale = ChangeRoleRequest {
        tenant: tenant.tenant.clone(),
        actor: Some(subject("edith")),
        member: Some(subject("victor")),
        resource: Some(resource(&tenant.tenant, "harbour")),
        role: "editor".into(),
        etag: "x".into(),
        ..Default::default()
    };
    reasons.check_write("ETAG_MISMATCH", tenant, Write::from(stale)).await;
    reasons.check_write("POLICY_UNCHANGED", tenant, set_newest_policy(tenant)).await;
    let site = tenant.create_site("olga", "pier").under("once");
    tenant.api.write(site.clone()).await.expect("anybody may");
    reasons.check_write("REQUEST_ID_REUSED", tenant, site.dry()).await;
    let bare = WireTenant::bare(&stage.api, "bare").await;
    reasons.check_write("LAST_HOLDER", &bare, bare.remove("ada", "ada", "workspace")).await;
}

async fn invitations(reasons: &ReasonTable, stage: &TestServer, tenant: &WireTenant) {
    reasons.check_write("INVITATION_NOT_FOUND", tenant, tenant.accept("new", "x")).await;
    let mut tokens = Vec::new();
    let mut ids = Vec::new();
    for name in ["used", "expired", "revoked", "declined"] {
        let invite = tenant.invite("edith", &format!("{name}@acme.test"), "harbour", "viewer");
        let answer = tenant.api.write(invite).await.expect("an editor invites").invite();
        tokens.push(answer.results[0].invitation_token.clone());
        ids.push(answer.results[0].invitation.clone().expect("the result has the invitation").id);
    }
    reasons.check_write("EMAIL_MISMATCH", tenant, tenant.accept("other", &tokens[0])).await;
    tenant.api.write(tenant.accept("used", &tokens[0])).await.expect("it is open");
    reasons.check_write("INVITATION_USED", tenant, tenant.accept("used", &tokens[0])).await;
    let db = Db::open(stage.dir.path()).await;
    db.expire(&tenant.tenant, "expired@acme.test").await;
    db.close().await;
    reasons.check_write("INVITATION_EXPIRED", tenant, tenant.accept("expired", &tokens[1])).await;
    tenant.api.write(tenant.remove("ada", "revoked@acme.test", "workspace")).await.expect("an admin removes");
    reasons.check_write("INVITATION_REVOKED", tenant, tenant.accept("revoked", &tokens[2])).await;
    reasons.check_write("INVITATION_NOT_FOUND", tenant, tenant.resend("ada", "x")).await;
    let Write::RevokeInvitation(mut stale) = tenant.revoke("ada", &ids[3]) else { unreachable!() };
    stale.etag = "x".into();
    reasons.check_write("ETAG_MISMATCH", tenant, Write::from(stale)).await;
    let address = "declined@acme.test";
    reasons.check_write("NOT_SUPPRESSED", tenant, tenant.clear(OPERATOR, address)).await;
    reasons.check_write("NOT_PERMITTED", tenant, tenant.suppress("ada", address)).await;
    tenant.api.write(tenant.suppress(OPERATOR, address)).await.expect("an operator may");
    reasons.check_write("ALREADY_SUPPRESSED", tenant, tenant.suppress(OPERATOR, address)).await;
    reasons.check_write("ADDRESS_SUPPRESSED", tenant, tenant.resend("ada", &ids[3])).await;
    reasons.check_write("ADDRESS_SUPPRESSED", tenant, tenant.invite("ada", address, "quarry", "viewer")).await;
    tenant.api.write(tenant.decline("declined", &tokens[3])).await.expect("it is open");
    reasons.check_write("INVITATION_DECLINED", tenant, tenant.accept("declined", &tokens[3])).await;
    let invite = tenant.invite("emil", "void@acme.test", "quarry", "viewer");
    let token = tenant.api.write(invite).await.expect("an editor invites").invite().results.remove(0).invitation_token;
    tenant.api.write(tenant.lock("ada", "emil")).await.expect("an admin locks");
    reasons.check_write("INVITATION_VOID", tenant, tenant.accept("void", &token)).await;
    tenant.api.write(tenant.unlock(OPERATOR, "emil")).await.expect("an operator unlocks");
    tenant.api.write(tenant.remove("ada", "void@acme.test", "workspace")).await.expect("an admin removes");
    let capped = TestServer::with(&["limits.invitations_per_day=1"]).await;
    let tenant = WireTenant::bare(&capped.api, "capped").await;
    let invite = tenant.invite_all("ada", &["a@acme.test", "b@acme.test"], &[("workspace", "user")]);
    reasons.check_write("INVITATION_LIMIT", &tenant, invite).await;
}

async fn callers(reasons: &ReasonTable) {
    // The SHA-256 of `key`.
    let hash = "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683";
    let stage = TestServer::with(&[&format!("auth.callers=shop:{hash}")]).await;
    let tenant = WireTenant { api: stage.api.clone(), tenant: "acme".into() };
    reasons.check_write("UNAUTHENTICATED", &tenant, tenant.create_tenant("ada")).await;
    let Write::CreateTenant(create) = tenant.create_tenant("ada") else { unreachable!() };
    let mut request = Request::new(create);
    request.metadata_mut().insert("authorization", "Bearer key".parse().unwrap());
    reasons.check("OPERATOR_NOT_ALLOWED", stage.api.tenants.clone().create_tenant(request).await);

    let limits = "rights = [\"read\"]\nsubjects = [\"service\"]";
    let file = CallersFile::new(&callers_file::caller("desk", &callers_file::key("key"), limits));
    let stage = file.serve().await;
    let question = tenant.question("ada", "data.view", "workspace");
    reasons.check("SUBJECT_TYPE_NOT_ALLOWED", stage.api.with_key("key").check(question).await);
}

/// Errors of a long log and of its watchers.
async fn the_log(reasons: &ReasonTable) {
    let stage = TestServer::with(&["snapshots.changes=1000", "watch.watchers=1"]).await;
    let tenant = stage.tenant().await;
    for round in 0..3 {
        let guests: Vec<String> = (0..100).map(|number| format!("guest-{round}-{number}@acme.test")).collect();
        let guests: Vec<&str> = guests.iter().map(String::as_str).collect();
        tenant
            .api
            .write(tenant.invite_all("edith", &guests, &[("harbour", "viewer")]))
            .await
            .expect("an editor invites");
    }
    let mut question = tenant.question("edith", "data.edit", "harbour");
    question.consistency = Some(Consistency { requirement: Some(Requirement::AtExactSnapshot(tenant.token().await)) });
    reasons.check("SNAPSHOT_TOO_LARGE", tenant.api.check(question).await);

    let request = WatchChangesRequest { tenant: tenant.tenant.clone(), ..Default::default() };
    let mut watch = tenant.api.watch.clone();
    let mut stream = watch.watch_changes(request.clone()).await.expect("there is room for one").into_inner();
    reasons.check("TOO_MANY_WATCHERS", watch.watch_changes(request).await);
    stream.message().await.expect("the first response comes at once");
    stage.server.drain();
    reasons.check("DRAINING", stream.message().await);
}

/// The write that moves a tenant to the newest version of its policy.
fn set_newest_policy(tenant: &WireTenant) -> Write {
    Write::from(SetPolicyRequest {
        tenant: tenant.tenant.clone(),
        actor: Some(subject(OPERATOR)),
        ..Default::default()
    })
}

/// The server is started anew with the next version of the policy beside the old one, in which nobody views a job site,
/// and then with the next one alone.
async fn other_policies(reasons: &ReasonTable, stage: TestServer, tenant: &WireTenant) {
    let TestServer { server, dir, .. } = stage;
    server.terminate().await;
    let next = read("policies/lumicon.toml").replacen("version = 1", "version = 2", 1).replace("viewer", "guest");
    fs::create_dir(dir.path().join("both")).unwrap();
    fs::write(dir.path().join("both/lumicon.toml"), read("policies/lumicon.toml")).unwrap();
    fs::write(dir.path().join("both/next.toml"), &next).unwrap();
    let policies = format!("policies.dir={}", dir.path().join("both").display());
    let server = crate::support::Server::start_with(dir.path(), &[&policies]).await;
    let both = WireTenant { api: server.api().await, ..tenant.clone() };
    reasons.check_write("POLICY_INCOMPATIBLE", &both, set_newest_policy(&both)).await;
    server.terminate().await;
    fs::create_dir(dir.path().join("next")).unwrap();
    fs::write(dir.path().join("next/lumicon.toml"), next).unwrap();
    let policies = format!("policies.dir={}", dir.path().join("next").display());
    let server = crate::support::Server::start_with(dir.path(), &[&policies]).await;
    let tenant = WireTenant { api: server.api().await, ..tenant.clone() };
    reasons.check("POLICY_NOT_LOADED", tenant.api.check(tenant.question("edith", "data.edit", "harbour")).await);
}
