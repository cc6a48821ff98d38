//! Policy files that change under a running server: valid ones are loaded within a poll, invalid ones are logged and
//! ignored.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::support::{Server, WireTenant, repetitions, wire_tenant::OPERATOR};
use rollcall::proto::GetTenantRequest;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::sleep;

/// Longer than any change takes to be loaded.
const TIMEOUT: Duration = Duration::from_secs(20);

const LUMICON: &str = include_str!("../../../policies/lumicon.toml");
/// A rule of `lumicon`, and the same one for viewers too.
const RULE: &str = r#""report.edit"  = "editor" "#;
const WIDER: &str = r#""report.edit"  = "editor | viewer" "#;

/// A server on a directory of policies of its own.
struct PolicyServer {
    server: Server,
    dir: TempDir,
}

impl PolicyServer {
    /// A server that has loaded these files, and looks at them often.
    async fn with(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("policies")).unwrap();
        for (name, text) in files {
            fs::write(dir.path().join("policies").join(name), text).unwrap();
        }
        let server = Self::start(&dir).await;
        Self { server, dir }
    }

    async fn start(dir: &TempDir) -> Server {
        let policies = format!("policies.dir={}", dir.path().join("policies").display());
        Server::start_with(dir.path(), &[&policies, "policies.poll=20ms"]).await
    }

    async fn restarted(self) -> Self {
        let Self { server, dir } = self;
        server.terminate().await;
        let server = Self::start(&dir).await;
        Self { server, dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join("policies").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let whole = self.dir.path().join("whole");
        fs::write(&whole, text).unwrap();
        fs::rename(whole, self.file(name)).unwrap();
    }

    /// The lines of the log with this message.
    fn logged(&self, message: &str) -> Vec<Value> {
        let lines = self.server.log().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        lines.filter(|line| line["message"].as_str().is_some_and(|found| found.contains(message))).collect()
    }

    /// Waits for this many lines of the log with this message, and panics if there are more.
    async fn until_logged(&self, message: &str, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let lines = self.logged(message);
            if lines.len() >= count {
                assert_eq!(lines.len(), count, "{lines:?}");
                return lines;
            }
            assert!(Instant::now() < deadline, "{count} times `{message}` is not in the log:\n{:?}", self.server.log());
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Waits until a decision at `harbour` is the expected one.
async fn until_decided(world: &WireTenant, who: &str, action: &str, allowed: bool) {
    let deadline = Instant::now() + TIMEOUT;
    while world.may(who, action, "harbour").await != allowed {
        assert!(Instant::now() < deadline, "{who} {action} does not become {allowed}");
        sleep(Duration::from_millis(10)).await;
    }
}

fn wider() -> String {
    assert!(LUMICON.contains(RULE));
    LUMICON.replacen(RULE, WIDER, 1)
}

fn next(text: &str) -> String {
    text.replacen("version = 1", "version = 2", 1)
}

/// A tenant on this version, with the editor `edith` and the viewer `victor` of `harbour`.
async fn on_version(policies: &PolicyServer, tenant: &str, version: u32) -> WireTenant {
    let world = WireTenant { api: policies.server.api().await, tenant: tenant.into() };
    world.does(world.create_tenant_on(("lumicon", version), "ada")).await;
    world.join("ada", &["edith", "victor"], "user").await;
    for write in
        [world.create_site("edith", "harbour"), world.invite_all("edith", &["victor"], &[("harbour", "viewer")])]
    {
        world.api.write(write).await.expect("the seeding is allowed");
    }
    world
}

#[tokio::test]
async fn a_changed_rule_counts_without_a_restart_for_questions_and_writes() {
    let policies = PolicyServer::with(&[("lumicon.toml", LUMICON)]).await;
    let world = WireTenant::seeded(&policies.server.api().await, "acme").await;
    let revision = world.revision().await;
    assert!(!world.may("victor", "report.edit", "harbour").await);
    let inviting = || world.invite("victor", "new@acme.test", "harbour", "viewer").dry();
    world.refused(inviting(), "NOT_PERMITTED").await;

    let rule = r#"{ by = "editor", to = ["editor", "viewer"] }"#;
    assert!(LUMICON.contains(rule));
    let text = wider().replacen(rule, r#"{ by = "editor | viewer", to = ["editor", "viewer"] }"#, 1);
    // The policy's own `never` clauses forbid this.
    let without_never = text.split("[[never]]").next().expect("there is a first part");
    policies.write("lumicon.toml", without_never);
    until_decided(&world, "victor", "report.edit", true).await;
    world.api.write(inviting()).await.expect("a viewer may now");
    let replaced = policies.until_logged("a policy was replaced", 1).await;
    assert_eq!((replaced[0]["policy"].as_str(), replaced[0]["version"].as_u64()), (Some("lumicon"), Some(1)));
    assert_eq!(replaced[0]["level"], "INFO");

    policies.write("lumicon.toml", LUMICON);
    until_decided(&world, "victor", "report.edit", false).await;
    world.refused(inviting(), "NOT_PERMITTED").await;
    assert_eq!(world.revision().await, revision, "a policy is no fact");
}

#[tokio::test]
async fn a_mistake_changes_nothing_and_is_logged_once() {
    let policies = PolicyServer::with(&[("lumicon.toml", LUMICON), ("next.toml", &next(LUMICON))]).await;
    let world = on_version(&policies, "acme", 1).await;
    let broken = wider().replacen(r#""data.edit"    = "editor""#, r#""data.edit"    = "edtior""#, 1);
    let line = broken.lines().position(|line| line.contains("edtior")).expect("the mistake is there") + 1;
    let column = broken.lines().nth(line - 1).and_then(|line| line.find("edtior")).expect("in its line") + 1;
    policies.write("lumicon.toml", &broken);
    let mistakes = policies.until_logged("a policy has a mistake", 1).await;
    assert_eq!(mistakes[0]["level"], "ERROR");
    let at = mistakes[0]["at"].as_str().expect("a position in a file");
    assert_eq!(at, format!("{}:{line}:{column}", policies.file("lumicon.toml").display()));
    assert!(mistakes[0]["mistake"].as_str().is_some_and(|mistake| mistake.contains("`edtior`")), "{mistakes:?}");
    assert!(!world.may("victor", "report.edit", "harbour").await && world.may("edith", "data.edit", "harbour").await);

    // A change that does not mend it is logged anew, which shows that the polls between logged nothing; and a valid
    // file is not loaded while another is invalid.
    policies.write("next.toml", &next(&wider()));
    policies.until_logged("a policy has a mistake", 2).await;
    assert!(policies.logged("a policy was replaced").is_empty());
    assert!(!world.may("victor", "report.edit", "harbour").await && world.may("edith", "data.edit", "harbour").await);

    policies.write("lumicon.toml", &wider());
    until_decided(&world, "victor", "report.edit", true).await;
    policies.until_logged("a policy was replaced", 2).await;
    policies.until_logged("a policy has a mistake", 2).await;
}

#[tokio::test]
async fn a_lint_warning_is_logged_whenever_the_policy_is_loaded() {
    let doubtful = LUMICON.replacen(RULE, &format!("{RULE}\n\"report.burn\" = \"editor & !editor\""), 1);
    let policies = PolicyServer::with(&[("lumicon.toml", &doubtful)]).await;
    let (message, line) = ("has a lint warning", doubtful.lines().position(|line| line.contains("burn")).unwrap() + 1);
    let file = policies.file("lumicon.toml");
    let at = |line: usize| format!("{}:{line}:17", file.display());
    let warnings = policies.until_logged(message, 1).await;
    assert_eq!((warnings[0]["level"].as_str(), warnings[0]["at"].as_str()), (Some("WARN"), Some(at(line).as_str())));
    assert!(warnings[0]["warning"].as_str().unwrap().contains("nobody can ever do `report.burn`"), "{warnings:?}");

    // A file with a mistake is not loaded, so nothing else in it is warned of.
    policies.write("lumicon.toml", &format!("# moved\n{doubtful}\nmistake = 1\n"));
    policies.until_logged("has a mistake", 1).await;
    policies.until_logged(message, 1).await;
    policies.write("lumicon.toml", &format!("# moved\n{doubtful}"));
    let warnings = policies.until_logged(message, 2).await;
    assert_eq!(warnings[1]["at"].as_str(), Some(at(line + 1).as_str()));
    policies.write("lumicon.toml", LUMICON);
    policies.until_logged("a policy was replaced", 2).await;
    policies.until_logged(message, 2).await;
}

#[tokio::test]
async fn a_policy_in_two_files_changes_nothing() {
    let policies = PolicyServer::with(&[("lumicon.toml", LUMICON)]).await;
    let world = on_version(&policies, "acme", 1).await;
    policies.write("again.toml", &wider());
    let errors = policies.until_logged("the policies can't be read", 1).await;
    let problem = errors[0]["problem"].as_str().expect("what is wrong");
    assert!(problem.contains("again.toml") && problem.contains("lumicon.toml"), "{problem}");
    assert!(!world.may("victor", "report.edit", "harbour").await);
    fs::remove_file(policies.file("again.toml")).unwrap();
    policies.until_logged("the policy files match the loaded policies", 1).await;
}

#[tokio::test]
async fn a_policy_that_no_file_has_any_more_stays_until_a_restart() {
    let policies = PolicyServer::with(&[("lumicon.toml", LUMICON)]).await;
    let world = on_version(&policies, "acme", 1).await;
    policies.write("lumicon.toml", &next(&wider()));
    let warned = policies.until_logged("no file has this policy any more", 1).await;
    assert_eq!((warned[0]["level"].as_str(), warned[0]["version"].as_u64()), (Some("WARN"), Some(1)));
    policies.until_logged("a policy was added", 1).await;
    assert!(!world.may("victor", "report.edit", "harbour").await && world.may("edith", "report.edit", "harbour").await);
    let newer = on_version(&policies, "newer", 2).await;
    assert!(newer.may("victor", "report.edit", "harbour").await);

    fs::remove_file(policies.file("lumicon.toml")).unwrap();
    let warned = policies.until_logged("no file has this policy any more", 2).await;
    assert_eq!(warned[1]["version"].as_u64(), Some(2));
    assert!(newer.may("victor", "report.edit", "harbour").await);
    assert!(world.may("edith", "report.edit", "harbour").await);

    policies.write("lumicon.toml", LUMICON);
    policies.until_logged("a policy was replaced", 1).await;
    let policies = policies.restarted().await;
    let (world, newer) = (
        WireTenant { api: policies.server.api().await, ..world },
        WireTenant { api: policies.server.api().await, ..newer },
    );
    assert!(world.may("edith", "report.edit", "harbour").await);
    let refused = newer.api.check(newer.question("edith", "report.edit", "harbour")).await;
    crate::support::expect_error(refused, tonic::Code::FailedPrecondition, "POLICY_NOT_LOADED");
}

#[tokio::test]
async fn two_versions_run_side_by_side() {
    let policies = PolicyServer::with(&[("lumicon.toml", LUMICON)]).await;
    let old = on_version(&policies, "old", 1).await;
    policies.write("next.toml", &next(&wider()));
    policies.until_logged("a policy was added", 1).await;
    let new = on_version(&policies, "new", 2).await;
    let newest = on_version(&policies, "newest", 0).await;
    for (world, version) in [(&old, 1), (&new, 2), (&newest, 2)] {
        let tenant = world.api.get_tenant(GetTenantRequest { tenant: world.tenant.clone(), consistency: None }).await;
        assert_eq!(tenant.expect("it is there").tenant.expect("a tenant").policy_version, version);
        assert_eq!(world.may("victor", "report.edit", "harbour").await, version == 2, "version {version}");
    }
    // A change of one leaves the other.
    policies.write("next.toml", &next(LUMICON));
    until_decided(&new, "victor", "report.edit", false).await;
    policies.write("lumicon.toml", &wider());
    until_decided(&old, "victor", "report.edit", true).await;
    assert!(!newest.may("victor", "report.edit", "harbour").await);
}

/// Writes go on while policies are replaced under them: none is lost, and all agree in the end.
#[tokio::test]
async fn writes_under_way_are_whole_while_policies_are_replaced() {
    let policies = PolicyServer::with(&[("lumicon.toml", LUMICON)]).await;
    let world = WireTenant::seeded(&policies.server.api().await, "acme").await;
    let before = world.revision().await;
    let rounds = usize::try_from(repetitions("policy_replacements", 8, 40)).expect("few");
    let sites = rounds * 5 / 4;
    let mut writers = Vec::new();
    for writer in 0..4 {
        let world = WireTenant { api: policies.server.api().await, ..world.clone() };
        writers.push(tokio::spawn(async move {
            for number in 0..sites {
                let site = format!("site-{writer}-{number}");
                let token =
                    world.api.write(world.create_site("olga", &site)).await.expect("a user may").token().to_owned();
                assert!(!token.is_empty());
                assert!(world.may("olga", "data.edit", &site).await, "a write is seen by the next question");
            }
        }));
    }
    for round in 0..rounds {
        policies.write("lumicon.toml", &format!("{LUMICON}\n# Round {round}.\n"));
        policies.until_logged("a policy was replaced", round + 1).await;
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
    assert_eq!(world.revision().await, before + i64::try_from(4 * sites).expect("few"));
    assert_eq!(world.sites("olga", "data.edit").await.len(), 4 * sites);
    world.refused(world.create_site(OPERATOR, "pier"), "NOT_PERMITTED").await;
    crate::support::db::audited(policies.dir.path(), "acme").await;
}

#[tokio::test]
async fn with_a_poll_of_zero_files_are_read_at_the_start_only() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("lumicon.toml"), LUMICON).unwrap();
    let policies = format!("policies.dir={}", dir.path().display());
    let server = Server::start_with(dir.path(), &[&policies, "policies.poll=0"]).await;
    let world = WireTenant::seeded(&server.api().await, "acme").await;
    fs::write(dir.path().join("lumicon.toml"), wider()).unwrap();
    for _ in 0..200 {
        assert!(!world.may("victor", "report.edit", "harbour").await);
    }
    assert_eq!(server.terminate().await.code(), Some(0));
}
