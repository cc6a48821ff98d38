//! `rollcall policy diff --database`: who gains and loses what, read from the file of a running, stopped or killed
//! server without writing to it.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use crate::support::{Server, WireTenant, fixture, server::store_file};
use sea_orm::{ConnectionTrait as _, Database};

const POLICIES: [&str; 2] = ["policies/lumi-1.toml", "policies/lumi-2.toml"];

/// What the command prints to standard output and standard error, and its exit code.
fn diff(policies: [&str; 2], arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["policy", "diff"]).args(policies).args(arguments);
    let ended = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(ended.stdout), text(ended.stderr), ended.status.code().unwrap())
}

/// The part of its output that is about tenants.
fn tenant_report(dir: &Path, arguments: &[&str]) -> String {
    let file = store_file(dir).display().to_string();
    let (out, err, code) = diff(POLICIES, &[&["--database", &file], arguments].concat());
    assert!(err.is_empty() && code == 1, "{err}");
    let start = out.find("\ntenant ").or_else(|| out.find("\n## tenant ")).or_else(|| out.find("\nno tenant "));
    out[start.unwrap()..].to_owned()
}

/// The error that it ends with, with `FILE` in place of the database.
fn refused(database: &str, arguments: &[&str]) -> String {
    let (out, err, code) = diff(POLICIES, &[&["--database", database], arguments].concat());
    assert!(out.is_empty() && code == 2, "{out}");
    err.replace(database, "FILE").trim_end().to_owned()
}

/// The content of every file of a directory, by name.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect()
}

/// A tenant of this version: `ada` is its account admin, `pam` the project admin of `project:film`, and `tom` a team
/// member there who owns `vault:notes`.
async fn organization(server: &Server, tenant: &str, version: u32) -> WireTenant {
    let lumi = fixture::tenant(&format!("lumi-{version}")).named(tenant).person("ada", "account_admin");
    let lumi = lumi.resource("project:film").joined("pam", "project:film", "project_admin");
    let lumi = lumi.joined("tom", "project:film", "team_member").by("tom").resource_in("vault:notes", "project:film");
    lumi.wire_on(&server.api().await).await
}

const TOM: &str = "  `user:tom` at `project:film`
    + `settings.edit`, `features.toggle`, `project.archive`, `catalogue.add`, `catalogue.delete`, `template.create`, \
     `card.export`, `inbox.archive`, `inbox.import`, `recycle_bin.restore`, `invite as team_member`
    − `category.add`, `template.add`, `export.single`
";

#[tokio::test]
async fn members_are_reported_beside_a_running_server_a_stopped_and_a_killed_one() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path()).await;
    let world = organization(&server, "acme", 1).await;
    organization(&server, "zeta", 2).await;
    let before = files(dir.path());
    let running = tenant_report(dir.path(), &[]);
    let after = files(dir.path());
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "no file is made");
    assert!(before["rollcall.db"] == after["rollcall.db"] && before["rollcall.db-wal"] == after["rollcall.db-wal"]);
    assert!(running.starts_with("\ntenant acme\n") && running.contains(TOM) && !running.contains("zeta"), "{running}");

    // It reports the same as the server.
    let dry = world.does(world.set_policy(0).dry()).await.set_policy();
    assert_eq!(running.matches("\n  `user:").count(), dry.effects.len());
    for effect in &dry.effects {
        for words in [&effect.gained, &effect.lost, &effect.gained_writes, &effect.lost_writes].into_iter().flatten() {
            assert!(running.contains(&format!("`{words}`")), "{words}");
        }
    }
    assert!(dry.effects.iter().any(|effect| effect.gained_writes == ["invite as team_member"]), "{dry:?}");

    // The server goes on, and what it writes shows at once.
    world.does(world.create_resource("ada", "project:play", None)).await;
    world.api.write(world.invite("ada", "tom", "project:play", "team_member")).await.unwrap();
    let (running, before) = (tenant_report(dir.path(), &["--tenant", "acme"]), running);
    assert!(running != before && running.contains("`user:tom` at `project:play`"), "{running}");

    assert_eq!(server.terminate().await.code(), Some(0));
    let before = files(dir.path());
    assert!(!before.contains_key("rollcall.db-wal"));
    assert_eq!(tenant_report(dir.path(), &[]), running);
    let url = format!("sqlite:{}", store_file(dir.path()).display());
    let (out, _, _) = diff(POLICIES, &["--database", &url]);
    assert!(out.ends_with(&running), "an url names the same");
    assert_eq!(files(dir.path()), before, "no file is made or written");

    let server = Server::start(dir.path()).await;
    let world = WireTenant { api: server.api().await, ..world };
    world.api.write(world.remove("ada", "tom", "project:play")).await.unwrap();
    server.kill9();
    let killed = tenant_report(dir.path(), &[]);
    assert!(!killed.contains("project:play`\n") && killed.contains(TOM), "{killed}");

    // A role that has ended counts no more.
    let db = Database::connect(&url).await.unwrap();
    db.execute_unprepared(
        "UPDATE binding SET expires_at = 1 WHERE holder = (SELECT member_id FROM profile WHERE subject_id = 'tom')",
    )
    .await
    .unwrap();
    db.close().await.unwrap();
    let ended = tenant_report(dir.path(), &[]);
    assert!(ended.contains("`user:pam`") && !ended.contains(TOM), "{ended}");
}

#[tokio::test]
async fn a_report_has_a_limit_and_a_form_for_documents() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path()).await;
    organization(&server, "acme", 1).await;
    organization(&server, "beta", 1).await;
    let all = tenant_report(dir.path(), &["--tenant", "beta"]);
    let count = all.matches("\n  `user:").count();
    let some = tenant_report(dir.path(), &["--most", "2"]);
    assert_eq!(some.matches("\n  `user:").count(), 4, "{some}");
    assert_eq!(some.matches(&format!("\n  … and {} more\n", count - 2)).count(), 2, "{some}");
    let page = tenant_report(dir.path(), &["--format", "markdown", "--tenant", "beta", "--most", "1"]);
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

    // Facts that do not fit the new policy are reported in the words of the server's refusal.
    let narrow = dir.path().join("narrow.toml");
    let vaultless = "edition = 1\npolicy = \"lumi\"\nversion = 2\nroot = \"organization\"\n[organization]\n";
    fs::write(&narrow, vaultless).unwrap();
    let (out, err, code) = diff([old, narrow.to_str().unwrap()], &["--database", &file, "--tenant", "acme"]);
    assert!(
        out.contains("\ntenant acme\n  tenant `acme` does not fit policy `lumi` version 2: there are"),
        "{out}{err}"
    );
    assert!(out.contains("`project=1,vault=1`") && code == 1, "{out}");
}

#[tokio::test]
async fn a_database_that_is_none_is_named_and_never_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    assert_eq!(refused(&path("none.db"), &[]), "error: can't read the database `FILE`: there is no such file");
    assert_eq!(refused(&path("none/none.db"), &[]), "error: can't read the database `FILE`: there is no such file");
    assert!(files(dir.path()).is_empty(), "nothing is made");
    let unsupported =
        "error: can't read the database `FILE`: expected a file, or an url that begins with `sqlite:` or `postgres:`";
    assert_eq!(refused("mysql://host/rollcall", &[]), unsupported);

    let foreign = "error: can't read the database `FILE`: its tables are of another version of rollcall; let its \
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
    organization(&server, "acme", 1).await;
    organization(&server, "zeta", 2).await;
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
    // What a newer version has added does no harm, unless it says so.
    newer.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m9999_later', 0)").await.unwrap();
    assert_eq!(refused(&file, &["--tenant", "acne"]), "error: no tenant in `FILE` is called `acne`");
    newer.execute_unprepared("UPDATE owner SET min_reader = 2").await.unwrap();
    newer.close().await.unwrap();
    assert_eq!(refused(&file, &[]), foreign);
}
