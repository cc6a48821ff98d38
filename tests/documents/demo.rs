//! `serve --demo` as a reader starts it, on a port and with a database of its own: the calls that it prints, its policy
//! files, and a second start.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::shell::run;

/// How many calls the demo prints.
const CALLS: usize = 4;
/// Longer than any change of a policy file takes to be loaded.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(20);
/// The policy of the sample tenant, which the program has built in.
const LUMICON: &str = include_str!("../../policies/lumicon.toml");

/// A running demo, killed when dropped.
pub struct Demo {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub address: SocketAddr,
    /// The calls to try, as printed.
    pub calls: Vec<String>,
    /// Its working directory, with `data/rollcall.db` in it.
    pub dir: TempDir,
}

impl Demo {
    /// A demo in an empty directory.
    pub fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("there is room for a directory"), &[])
    }

    /// A demo in a directory, with further arguments.
    pub fn start_in(dir: TempDir, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .args(args)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(dir.path().join("log")).expect("the directory can be written"))
            .spawn()
            .expect("the binary runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("is piped"));
        let mut calls = Vec::new();
        while calls.len() < CALLS {
            let mut line = String::new();
            let length = stdout.read_line(&mut line).expect("is text");
            let log = || fs::read_to_string(dir.path().join("log")).unwrap_or_default();
            assert!(length > 0, "the demo did not start:\n{}", log());
            calls.extend(line.trim().starts_with("grpcurl ").then(|| line.trim().to_owned()));
        }
        let address = calls[0].split_whitespace().find_map(|word| word.parse().ok()).expect("a call has an address");
        Self { child, stdout, address, calls, dir }
    }

    /// The log so far.
    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).expect("the demo has a log")
    }

    /// Waits until the log has a text so many times.
    ///
    /// # Panics
    ///
    /// When it has not after [`RELOAD_TIMEOUT`].
    fn wait_for_log(&self, text: &str, count: usize) {
        let deadline = Instant::now() + RELOAD_TIMEOUT;
        while self.log().matches(text).count() < count {
            assert!(Instant::now() < deadline, "{count} times `{text}` is not in the log:\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it with SIGTERM, and returns its directory.
    pub fn stop(mut self) -> TempDir {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(status.expect("`kill` runs").success());
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
        std::mem::replace(&mut self.dir, tempfile::tempdir().expect("there is room for a directory"))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        self.stdout.read_to_end(&mut Vec::new()).ok();
    }
}

#[test]
fn the_calls_that_the_demo_prints_do_what_they_show() {
    let demo = Demo::start();
    let call = |at: usize| run(&demo.calls[at], demo.dir.path());

    let granted = call(0);
    assert!(granted.contains(r#""allowed": true"#), "{granted}");

    let denied = call(1);
    assert!(!denied.contains("allowed") && denied.contains("REASON_NOT_GRANTED"), "{denied}");
    assert!(denied.contains(r#""rule": "editor""#) && denied.contains("waysIn"), "{denied}");

    let members = call(2);
    assert!(["ada", "edith", "victor"].iter().all(|id| members.contains(&format!(r#""id": "{id}""#))), "{members}");
    assert!(members.contains(r#""impliedBy": "workspace.admin""#), "{members}");

    for _ in 0..2 {
        let dry_run = call(3);
        assert!(dry_run.contains(r#""previousRole": "viewer""#), "a dry run changes nothing: {dry_run}");
    }
}

#[test]
fn a_second_start_keeps_the_tenant() {
    let demo = Demo::start();
    let first = run(&demo.calls[2], demo.dir.path());
    let demo = Demo::start_in(demo.stop(), &[]);
    assert_eq!(run(&demo.calls[2], demo.dir.path()), first);
}

#[test]
fn the_demo_runs_in_an_empty_folder() {
    let demo = Demo::start();
    assert!(!demo.dir.path().join("policies").exists());
    assert!(demo.log().contains("file=lumicon.toml (built in)"), "{}", demo.log());
    let printed: Vec<String> = demo.calls.iter().map(|call| run(call, demo.dir.path())).collect();
    assert!(printed.iter().all(|answer| answer.starts_with('{')), "{printed:?}");
}

#[test]
fn without_the_demo_missing_callers_and_missing_policies_stop_the_start() {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let mut serve = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    serve.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(dir.path());
    let mut stopped = |settings: &[&str]| {
        let output = serve.args(settings).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let message = stopped(&[]);
    assert!(message.contains("name the callers there, or set `auth.allow_anonymous`"), "{message}");
    let message = stopped(&["--set", "auth.allow_anonymous=true"]);
    assert!(message.contains("set `policies.dir`"), "{message}");
}

#[test]
fn a_file_takes_the_place_of_the_policy_that_is_built_in() {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let policies = dir.path().join("policies");
    fs::create_dir(&policies).expect("can be made");
    fs::write(policies.join("other.toml"), LUMICON.replacen("\"lumicon\"", "\"other\"", 1)).expect("can be written");
    let demo = Demo::start_in(dir, &[]);
    assert!(demo.log().contains("lumicon.toml (built in)"), "{}", demo.log());
    assert!(demo.log().contains("file=policies/other.toml"), "{}", demo.log());

    let dir = demo.stop();
    fs::write(policies.join("lumicon.toml"), LUMICON).expect("can be written");
    let demo = Demo::start_in(dir, &[]);
    assert!(!demo.log().contains("(built in)"), "{}", demo.log());
    assert!(demo.log().contains("file=policies/lumicon.toml"), "{}", demo.log());
}

#[test]
fn a_directory_that_appears_under_the_demo_is_taken_and_one_that_goes_is_let_go() {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let demo = Demo::start_in(dir, &["--set", "policies.poll=20ms"]);
    let (new, policies) = (demo.dir.path().join("new"), demo.dir.path().join("policies"));
    fs::create_dir(&new).expect("can be made");
    let rule = r#""report.edit"  = "editor" "#;
    assert!(LUMICON.contains(rule));
    let wider = LUMICON.replacen(rule, r#""report.edit"  = "editor | viewer" "#, 1);
    fs::write(new.join("lumicon.toml"), wider).expect("can be written");
    let check = demo.calls[1].replace("data.edit", "report.edit");
    assert!(run(&check, demo.dir.path()).contains("REASON_NOT_GRANTED"));

    fs::rename(&new, &policies).expect("can be moved");
    demo.wait_for_log("a policy was replaced", 1);
    assert!(run(&check, demo.dir.path()).contains(r#""allowed": true"#));
    fs::rename(&policies, &new).expect("can be moved");
    demo.wait_for_log("a policy was replaced", 2);
    assert!(run(&check, demo.dir.path()).contains("REASON_NOT_GRANTED"));
    assert!(!demo.log().contains("ERROR"), "{}", demo.log());
}
