//! `serve --demo` as a reader starts it, on a port and a database of its own; and the calls that it prints.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

use crate::shell::run;

/// How many calls the demo prints.
const CALLS: usize = 4;

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
    /// A demo on an empty database.
    pub fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("there is room for a directory"), &[])
    }

    /// A demo in a directory, with further arguments.
    pub fn start_in(dir: TempDir, args: &[&str]) -> Self {
        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        let mut child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .args(["--set", &format!("policies.dir={}", policies.display())])
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

    /// Ends it in good order, and leaves its directory.
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
        let asked = call(3);
        assert!(asked.contains(r#""previousRole": "viewer""#), "only asked, so it stays as it is: {asked}");
    }
}

#[test]
fn a_second_start_keeps_the_tenant() {
    let demo = Demo::start();
    let first = run(&demo.calls[2], demo.dir.path());
    let demo = Demo::start_in(demo.stop(), &[]);
    assert_eq!(run(&demo.calls[2], demo.dir.path()), first);
}
