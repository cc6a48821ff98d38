//! Policy files that change under a running server: what is right counts soon, what is wrong never does.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

mod support;

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use rollcall::proto::GetTenantRequest;
use serde_json::Value;
use support::{Server, World, Write, world::OPERATOR};
use tempfile::TempDir;
use tokio::time::sleep;

/// Longer than any change takes to count.
const PATIENCE: Duration = Duration::from_secs(20);

const LUMICON: &str = include_str!("../policies/lumicon.toml");
/// A rule of `lumicon`, and the same one for viewers too.
const RULE: &str = r#""report.edit"  = "editor" "#;
const WIDER: &str = r#""report.edit"  = "editor | viewer" "#;

/// A server on a directory of policies of its own.
struct Bench {
    server: Server,
    dir: TempDir,
}

impl Bench {
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

    /// Waits for as many lines of the log with this message.
    async fn until_logged(&self, message: &str, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
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

/// Waits until a decision is as it should be.
async fn until(world: &World, who: &str, action: &str, allowed: bool) {
    let deadline = Instant::now() + PATIENCE;
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

/// A furnished tenant on this version.
async fn on_version(bench: &Bench, tenant: &str, version: u32) -> World {
    let world = World { api: bench.server.api().await, tenant: tenant.into() };
    let Write::CreateTenant(mut create) = world.create_tenant("ada") else { unreachable!() };
    create.policy_version = version;
    world.api.write(Write::from(create)).await.expect("the version is loaded");
    world.join("ada", &["edith", "victor"], "user").await;
    for write in
        [world.create_site("edith", "harbour"), world.invite_all("edith", &["victor"], &[("harbour", "viewer")])]
    {
        world.api.write(write).await.expect("the furnishing is allowed");
    }
    world
}

#[tokio::test]
async fn a_changed_rule_counts_without_a_restart_for_questions_and_writes() {
    let bench = Bench::with(&[("lumicon.toml", LUMICON)]).await;
    let world = World::furnished(&bench.server.api().await, "acme").await;
    let revision = world.revision().await;
    assert!(!world.may("victor", "report.edit", "harbour").await);
    let inviting = || world.invite("victor", "new@acme.test", "harbour", "viewer").dry();
    world.refused(inviting(), "NOT_PERMITTED").await;

    let rule = r#"{ by = "editor", to = ["editor", "viewer"] }"#;
    assert!(LUMICON.contains(rule));
    let text = wider().replacen(rule, r#"{ by = "editor | viewer", to = ["editor", "viewer"] }"#, 1);
    // The policy's own bounds forbid this.
    let unbounded = text.split("[[never]]").next().expect("there is a first part");
    bench.write("lumicon.toml", unbounded);
    until(&world, "victor", "report.edit", true).await;
    world.api.write(inviting()).await.expect("a viewer may now");
    let replaced = bench.until_logged("a policy was replaced", 1).await;
    assert_eq!((replaced[0]["policy"].as_str(), replaced[0]["version"].as_u64()), (Some("lumicon"), Some(1)));
    assert_eq!(replaced[0]["level"], "INFO");

    bench.write("lumicon.toml", LUMICON);
    until(&world, "victor", "report.edit", false).await;
    world.refused(inviting(), "NOT_PERMITTED").await;
    assert_eq!(world.revision().await, revision, "a policy is no fact");
}

#[tokio::test]
async fn a_mistake_changes_nothing_and_is_told_once() {
    let bench = Bench::with(&[("lumicon.toml", LUMICON), ("next.toml", &next(LUMICON))]).await;
    let world = on_version(&bench, "acme", 1).await;
    let broken = wider().replacen(r#""data.edit"    = "editor""#, r#""data.edit"    = "edtior""#, 1);
    let line = broken.lines().position(|line| line.contains("edtior")).expect("the mistake is there") + 1;
    let column = broken.lines().nth(line - 1).and_then(|line| line.find("edtior")).expect("in its line") + 1;
    bench.write("lumicon.toml", &broken);
    let told = bench.until_logged("a policy has a mistake", 1).await;
    assert_eq!(told[0]["level"], "ERROR");
    let at = told[0]["at"].as_str().expect("a place");
    assert_eq!(at, format!("{}:{line}:{column}", bench.file("lumicon.toml").display()));
    assert!(told[0]["mistake"].as_str().is_some_and(|mistake| mistake.contains("`edtior`")), "{told:?}");
    assert!(!world.may("victor", "report.edit", "harbour").await && world.may("edith", "data.edit", "harbour").await);

    // A change that does not mend it is told anew, which shows that the looks between told nothing; and a right file
    // does not count while another is wrong.
    bench.write("next.toml", &next(&wider()));
    bench.until_logged("a policy has a mistake", 2).await;
    assert!(bench.logged("a policy was replaced").is_empty());
    assert!(!world.may("victor", "report.edit", "harbour").await && world.may("edith", "data.edit", "harbour").await);

    bench.write("lumicon.toml", &wider());
    until(&world, "victor", "report.edit", true).await;
    bench.until_logged("a policy was replaced", 2).await;
    bench.until_logged("a policy has a mistake", 2).await;
}

#[tokio::test]
async fn what_a_policy_hardly_means_is_told_whenever_it_is_loaded() {
    let doubtful = LUMICON.replacen(RULE, &format!("{RULE}\n\"report.burn\" = \"editor & !editor\""), 1);
    let bench = Bench::with(&[("lumicon.toml", &doubtful)]).await;
    let (message, line) = ("has a lint warning", doubtful.lines().position(|line| line.contains("burn")).unwrap() + 1);
    let file = bench.file("lumicon.toml");
    let at = |line: usize| format!("{}:{line}:17", file.display());
    let told = bench.until_logged(message, 1).await;
    assert_eq!((told[0]["level"].as_str(), told[0]["at"].as_str()), (Some("WARN"), Some(at(line).as_str())));
    assert!(told[0]["warning"].as_str().unwrap().contains("nobody can ever do `report.burn`"), "{told:?}");

    // A file with a mistake is not taken over, so nothing is told of what else it says.
    bench.write("lumicon.toml", &format!("# moved\n{doubtful}\nmistake = 1\n"));
    bench.until_logged("has a mistake", 1).await;
    bench.until_logged(message, 1).await;
    bench.write("lumicon.toml", &format!("# moved\n{doubtful}"));
    let told = bench.until_logged(message, 2).await;
    assert_eq!(told[1]["at"].as_str(), Some(at(line + 1).as_str()));
    bench.write("lumicon.toml", LUMICON);
    bench.until_logged("a policy was replaced", 2).await;
    bench.until_logged(message, 2).await;
}

#[tokio::test]
async fn a_policy_in_two_files_changes_nothing() {
    let bench = Bench::with(&[("lumicon.toml", LUMICON)]).await;
    let world = on_version(&bench, "acme", 1).await;
    bench.write("again.toml", &wider());
    let told = bench.until_logged("the policies can't be read", 1).await;
    let problem = told[0]["problem"].as_str().expect("what is wrong");
    assert!(problem.contains("again.toml") && problem.contains("lumicon.toml"), "{problem}");
    assert!(!world.may("victor", "report.edit", "harbour").await);
    fs::remove_file(bench.file("again.toml")).unwrap();
    bench.until_logged("the policy files say what is loaded", 1).await;
}

#[tokio::test]
async fn a_policy_that_no_file_has_any_more_stays_until_a_restart() {
    let bench = Bench::with(&[("lumicon.toml", LUMICON)]).await;
    let world = on_version(&bench, "acme", 1).await;
    bench.write("lumicon.toml", &next(&wider()));
    let warned = bench.until_logged("no file has this policy any more", 1).await;
    assert_eq!((warned[0]["level"].as_str(), warned[0]["version"].as_u64()), (Some("WARN"), Some(1)));
    bench.until_logged("a policy was added", 1).await;
    assert!(!world.may("victor", "report.edit", "harbour").await && world.may("edith", "report.edit", "harbour").await);
    let newer = on_version(&bench, "newer", 2).await;
    assert!(newer.may("victor", "report.edit", "harbour").await);

    fs::remove_file(bench.file("lumicon.toml")).unwrap();
    let warned = bench.until_logged("no file has this policy any more", 2).await;
    assert_eq!(warned[1]["version"].as_u64(), Some(2));
    assert!(newer.may("victor", "report.edit", "harbour").await);
    assert!(world.may("edith", "report.edit", "harbour").await);

    bench.write("lumicon.toml", LUMICON);
    bench.until_logged("a policy was replaced", 1).await;
    let bench = bench.restarted().await;
    let (world, newer) =
        (World { api: bench.server.api().await, ..world }, World { api: bench.server.api().await, ..newer });
    assert!(world.may("edith", "report.edit", "harbour").await);
    let asked = newer.api.check(newer.question("edith", "report.edit", "harbour")).await;
    support::expect_error(asked, tonic::Code::FailedPrecondition, "POLICY_NOT_LOADED");
}

#[tokio::test]
async fn two_versions_run_side_by_side() {
    let bench = Bench::with(&[("lumicon.toml", LUMICON)]).await;
    let old = on_version(&bench, "old", 1).await;
    bench.write("next.toml", &next(&wider()));
    bench.until_logged("a policy was added", 1).await;
    let new = on_version(&bench, "new", 2).await;
    let newest = on_version(&bench, "newest", 0).await;
    for (world, version) in [(&old, 1), (&new, 2), (&newest, 2)] {
        let tenant = world.api.get_tenant(GetTenantRequest { tenant: world.tenant.clone() }).await;
        assert_eq!(tenant.expect("it is there").tenant.expect("a tenant").policy_version, version);
        assert_eq!(world.may("victor", "report.edit", "harbour").await, version == 2, "version {version}");
    }
    // A change of one leaves the other.
    bench.write("next.toml", &next(LUMICON));
    until(&new, "victor", "report.edit", false).await;
    bench.write("lumicon.toml", &wider());
    until(&old, "victor", "report.edit", true).await;
    assert!(!newest.may("victor", "report.edit", "harbour").await);
}

/// Writes go on while policies are replaced under them: none is lost, and all agree in the end.
#[tokio::test]
async fn writes_under_way_are_whole_while_policies_are_replaced() {
    let bench = Bench::with(&[("lumicon.toml", LUMICON)]).await;
    let world = World::furnished(&bench.server.api().await, "acme").await;
    let before = world.revision().await;
    let mut writers = Vec::new();
    for writer in 0..4 {
        let world = World { api: bench.server.api().await, ..world.clone() };
        writers.push(tokio::spawn(async move {
            for number in 0..25 {
                let site = format!("site-{writer}-{number}");
                let token =
                    world.api.write(world.create_site("olga", &site)).await.expect("a user may").token().to_owned();
                assert!(!token.is_empty());
                assert!(world.may("olga", "data.edit", &site).await, "a write is seen by the next question");
            }
        }));
    }
    for round in 0..20 {
        bench.write("lumicon.toml", &format!("{LUMICON}\n# Round {round}.\n"));
        bench.until_logged("a policy was replaced", round + 1).await;
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
    assert_eq!(world.revision().await, before + 100);
    assert_eq!(world.sites("olga", "data.edit").await.len(), 100);
    world.refused(world.create_site(OPERATOR, "pier"), "NOT_PERMITTED").await;
    support::db::audited(bench.dir.path(), "acme").await;
}

#[tokio::test]
async fn with_a_poll_of_zero_files_are_read_at_the_start_only() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("lumicon.toml"), LUMICON).unwrap();
    let policies = format!("policies.dir={}", dir.path().display());
    let server = Server::start_with(dir.path(), &[&policies, "policies.poll=0"]).await;
    let world = World::furnished(&server.api().await, "acme").await;
    fs::write(dir.path().join("lumicon.toml"), wider()).unwrap();
    for _ in 0..200 {
        assert!(!world.may("victor", "report.edit", "harbour").await);
    }
    assert_eq!(server.terminate().await.code(), Some(0));
}
