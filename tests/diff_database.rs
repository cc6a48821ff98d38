//! `rollcall policy diff --database`: who gains and loses what, read beside a server and without one, from the very
//! file, and without a trace.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

mod support;

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use rollcall::proto::{CreateResourceRequest, CreateTenantRequest, SetPolicyRequest};
use sea_orm::{ConnectionTrait as _, Database};
use support::{Server, World, Write, resource, server::store_file, subject, world::OPERATOR};

const POLICIES: [&str; 2] = ["policies/lumi-1.toml", "policies/lumi-2.toml"];

/// What the command prints, to both sides, and its exit code.
fn diff(policies: [&str; 2], arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["policy", "diff"]).args(policies).args(arguments);
    let ended = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(ended.stdout), text(ended.stderr), ended.status.code().unwrap())
}

/// What it prints of tenants.
fn told(dir: &Path, arguments: &[&str]) -> String {
    let file = store_file(dir).display().to_string();
    let (out, err, code) = diff(POLICIES, &[&["--database", &file], arguments].concat());
    assert!(err.is_empty() && code == 1, "{err}");
    let start = out.find("\ntenant ").or_else(|| out.find("\n## tenant ")).or_else(|| out.find("\nno tenant "));
    out[start.unwrap()..].to_owned()
}

/// The error that it ends with.
fn refused(database: &str, arguments: &[&str]) -> String {
    let (out, err, code) = diff(POLICIES, &[&["--database", database], arguments].concat());
    assert!(out.is_empty() && code == 2, "{out}");
    err.replace(database, "FILE").trim_end().to_owned()
}

/// Every file of a directory.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect()
}

/// A tenant of this version: `ada` is its account admin, `pam` the project admin of `project:film`, and `tom` a team
/// member there who owns `vault:notes`.
async fn tenant(server: &Server, tenant: &str, policy_version: u32) -> World {
    let world = World { api: server.api().await, tenant: tenant.into() };
    let create = CreateTenantRequest {
        tenant: tenant.into(),
        actor: Some(subject(OPERATOR)),
        policy: "lumi".into(),
        policy_version,
        first_member: Some(subject("ada")),
        ..Default::default()
    };
    world.api.write(Write::from(create)).await.unwrap();
    world.api.write(created(&world, "ada", "project:film", &format!("organization:{tenant}"))).await.unwrap();
    for (user, role) in [("pam", "project_admin"), ("tom", "team_member")] {
        let invite = world.invite("ada", &format!("{user}@acme.test"), "project:film", role);
        let token = world.api.write(invite).await.unwrap().invite().results[0].invitation_token.clone();
        world.api.write(world.accept(user, &token)).await.unwrap();
    }
    world.api.write(created(&world, "tom", "vault:notes", "project:film")).await.unwrap();
    world
}

fn created(world: &World, actor: &str, what: &str, parent: &str) -> Write {
    Write::from(CreateResourceRequest {
        tenant: world.tenant.clone(),
        actor: Some(subject(actor)),
        resource: Some(resource(&world.tenant, what)),
        parent: Some(resource(&world.tenant, parent)),
        ..Default::default()
    })
}

const TOM: &str = "  `user:tom` at `project:film`
    + `settings.edit`, `features.toggle`, `project.archive`, `catalogue.add`, `catalogue.delete`, `template.create`, \
     `card.export`, `inbox.archive`, `inbox.import`, `recycle_bin.restore`, `invite as team_member`
    − `category.add`, `template.add`, `export.single`
";

#[tokio::test]
async fn members_are_told_beside_a_running_server_a_stopped_and_a_killed_one() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path()).await;
    let world = tenant(&server, "acme", 1).await;
    tenant(&server, "zeta", 2).await;
    let before = files(dir.path());
    let running = told(dir.path(), &[]);
    let after = files(dir.path());
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "no file is made");
    assert!(before["rollcall.db"] == after["rollcall.db"] && before["rollcall.db-wal"] == after["rollcall.db-wal"]);
    assert!(running.starts_with("\ntenant acme\n") && running.contains(TOM) && !running.contains("zeta"), "{running}");

    // What it tells is what the server tells.
    let set = SetPolicyRequest { tenant: "acme".into(), actor: Some(subject(OPERATOR)), ..Default::default() };
    let dry = world.api.write(Write::from(set).dry()).await.unwrap().set_policy();
    assert_eq!(running.matches("\n  `user:").count(), dry.effects.len());
    for effect in &dry.effects {
        for words in [&effect.gained, &effect.lost, &effect.gained_writes, &effect.lost_writes].into_iter().flatten() {
            assert!(running.contains(&format!("`{words}`")), "{words}");
        }
    }
    assert!(dry.effects.iter().any(|effect| effect.gained_writes == ["invite as team_member"]), "{dry:?}");

    // The server goes on, and what it writes shows at once.
    world.api.write(created(&world, "ada", "project:play", "organization:acme")).await.unwrap();
    world.api.write(world.invite("ada", "tom", "project:play", "team_member")).await.unwrap();
    let (running, before) = (told(dir.path(), &["--tenant", "acme"]), running);
    assert!(running != before && running.contains("`user:tom` at `project:play`"), "{running}");

    assert_eq!(server.terminate().await.code(), Some(0));
    let before = files(dir.path());
    assert!(!before.contains_key("rollcall.db-wal"));
    assert_eq!(told(dir.path(), &[]), running);
    let url = format!("sqlite:{}", store_file(dir.path()).display());
    let (out, _, _) = diff(POLICIES, &["--database", &url]);
    assert!(out.ends_with(&running), "an url names the same");
    assert_eq!(files(dir.path()), before, "no file is made or written");

    let server = Server::start(dir.path()).await;
    let world = World { api: server.api().await, ..world };
    world.api.write(world.remove("ada", "tom", "project:play")).await.unwrap();
    server.kill9();
    let killed = told(dir.path(), &[]);
    assert!(!killed.contains("project:play`\n") && killed.contains(TOM), "{killed}");

    // A role that has ended counts no more.
    let db = Database::connect(&url).await.unwrap();
    db.execute_unprepared("UPDATE binding SET expires_at = 1 WHERE holder_id = 'tom'").await.unwrap();
    db.close().await.unwrap();
    let ended = told(dir.path(), &[]);
    assert!(ended.contains("`user:pam`") && !ended.contains(TOM), "{ended}");
}

#[tokio::test]
async fn what_is_told_has_a_limit_and_a_form_for_documents() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path()).await;
    tenant(&server, "acme", 1).await;
    tenant(&server, "beta", 1).await;
    let all = told(dir.path(), &["--tenant", "beta"]);
    let count = all.matches("\n  `user:").count();
    let some = told(dir.path(), &["--most", "2"]);
    assert_eq!(some.matches("\n  `user:").count(), 4, "{some}");
    assert_eq!(some.matches(&format!("\n  … and {} more\n", count - 2)).count(), 2, "{some}");
    let page = told(dir.path(), &["--format", "markdown", "--tenant", "beta", "--most", "1"]);
    let (head, rest) = page.split_once("| --- | --- | --- | --- |\n").unwrap();
    assert_eq!(head, "\n## tenant beta\n\n| who | where | + may now | − no longer may |\n");
    assert!(rest.starts_with("| `user:ada` | at `organization:beta` | "), "{rest}");
    assert!(rest.ends_with(&format!("\n\n… and {} more\n", count - 1)), "{rest}");

    // In the other direction no tenant is meant, and between the same nobody gains anything.
    let file = store_file(dir.path()).display().to_string();
    let [old, new] = POLICIES;
    let (out, _, code) = diff([new, old], &["--database", &file]);
    assert!(out.ends_with(&format!("\nno tenant in `{file}` runs `lumi` version 2\n")) && code == 1, "{out}");
    let nobody = "nobody gains or loses anything\n";
    let expected = format!("no decision changes\n\ntenant acme: {nobody}\ntenant beta: {nobody}");
    assert_eq!(diff([old, old], &["--database", &file]), (expected, String::new(), 0));

    // What has no place in the new policy is told as the server refuses it.
    let narrow = dir.path().join("narrow.toml");
    let vaultless = "policy = \"lumi\"\nversion = 2\nroot = \"organization\"\n[organization]\n";
    fs::write(&narrow, vaultless).unwrap();
    let (out, err, code) = diff([old, narrow.to_str().unwrap()], &["--database", &file, "--tenant", "acme"]);
    assert!(
        out.contains("\ntenant acme\n  tenant `acme` does not fit policy `lumi` version 2: there are"),
        "{out}{err}"
    );
    assert!(out.contains("`project=1,vault=1`") && code == 1, "{out}");
}

#[tokio::test]
async fn a_database_that_is_none_is_told_and_never_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    assert_eq!(refused(&path("none.db"), &[]), "error: can't read the database `FILE`: there is no such file");
    assert_eq!(refused(&path("none/none.db"), &[]), "error: can't read the database `FILE`: there is no such file");
    assert!(files(dir.path()).is_empty(), "nothing is made");
    let unsupported = "error: can't read the database `FILE`: expected a file, or an url that begins with `sqlite:`";
    assert_eq!(refused("mysql://host/rollcall", &[]), unsupported);

    let foreign = "error: can't read the database `FILE`: it has not the tables of this version of rollcall; let its \
                   server migrate it, or use that version";
    fs::write(path("text.db"), "no database, but long enough to have the header of one ".repeat(20)).unwrap();
    fs::write(path("empty.db"), "").unwrap();
    let other = Database::connect(format!("sqlite:{}?mode=rwc", path("other.db"))).await.unwrap();
    other.execute_unprepared("CREATE TABLE tenant (tenant_id TEXT PRIMARY KEY)").await.unwrap();
    other.close().await.unwrap();
    for name in ["text.db", "empty.db", "other.db"] {
        assert_eq!(refused(&path(name), &[]), foreign, "{name}");
    }

    let served = tempfile::tempdir().unwrap();
    let server = Server::start(served.path()).await;
    tenant(&server, "acme", 1).await;
    tenant(&server, "zeta", 2).await;
    let file = store_file(served.path()).display().to_string();
    assert_eq!(refused(&file, &["--tenant", "acne"]), "error: no tenant in `FILE` is called `acne`");
    let other = "error: tenant `zeta` runs policy `lumi` version 2, not `lumi` version 1";
    assert_eq!(refused(&file, &["--tenant", "zeta"]), other);
    server.kill9();
    fs::remove_file(format!("{file}-shm")).unwrap();
    let unfolded = refused(&file, &[]);
    assert!(unfolded.ends_with("-wal` only; start its server once, which puts them into the file"), "{unfolded}");

    assert_eq!(Server::start(served.path()).await.terminate().await.code(), Some(0));
    let newer = Database::connect(format!("sqlite:{file}")).await.unwrap();
    newer.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m9999_later', 0)").await.unwrap();
    newer.close().await.unwrap();
    assert_eq!(refused(&file, &[]), foreign);
}
