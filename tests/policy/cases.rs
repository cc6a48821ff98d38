//! `rollcall policy check` and `rollcall policy test`, on the policies that come with the service.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Parser as _;
use rollcall::cli::policy::{Output, PolicyArgs, PolicyCommand, ReachArgs, TestArgs, run_to};

use super::golden::compare;

/// What a command wrote, and whether it succeeded.
struct CommandResult {
    out: String,
    err: String,
    success: bool,
}

fn run(command: PolicyCommand) -> CommandResult {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, styled: false };
    let success = run_to(&PolicyArgs { command }, &mut output).unwrap();
    CommandResult { out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap(), success }
}

fn check(files: Vec<PathBuf>) -> CommandResult {
    run(PolicyCommand::Check { files })
}

fn test(files: Vec<PathBuf>) -> CommandResult {
    run(PolicyCommand::Test(TestArgs { files, ..TestArgs::default() }))
}

/// The TOML files of a directory of this repository, sorted.
fn files_of(dir: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    files.sort();
    files
}

#[test]
fn every_policy_compiles_and_its_cases_hold() {
    assert_cases_pass(files_of("policies"));
}

/// Small role models of other kinds: folders in folders, roles that are no supersets, items of one's own.
#[test]
fn every_model_can_be_written() {
    assert_cases_pass(files_of("tests/policy/models"));
}

fn assert_cases_pass(files: Vec<PathBuf>) {
    assert!(!files.is_empty());
    let checked = check(files.clone());
    assert!(checked.success, "{}", checked.err);
    assert_eq!(checked.out.lines().count(), files.len());
    let tested = test(files);
    assert!(tested.success, "{}{}", tested.out, tested.err);
}

#[test]
fn what_people_can_come_to_hold_is_told() {
    let reach = |file: &str, from: &[&str]| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let from = from.iter().map(|role| (*role).to_owned()).collect();
        run(PolicyCommand::Reach(ReachArgs { file, from }))
    };
    let mut printed = Vec::new();
    let lumicon = "policies/lumicon.toml";
    for (file, from) in [
        (lumicon, vec![]),
        (lumicon, vec!["workspace.user"]),
        (lumicon, vec!["job_site.viewer"]),
        ("tests/policy/models/forge.toml", vec!["repository.maintainer"]),
        ("tests/policy/models/todo.toml", vec!["team.mate"]),
        ("tests/policy/models/club.toml", vec!["room.cleaner", "club.treasurer"]),
    ] {
        let result = reach(file, &from);
        assert!(result.success, "{}", result.err);
        printed.push(result.out);
    }
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/reach.txt");
    assert_eq!(compare(&stored, &printed.join("\n")), None);
    let unknown = reach(lumicon, &["user"]);
    assert!(!unknown.success && unknown.err.contains("no role `user`"), "{}", unknown.err);
}

#[test]
fn resources_that_are_below_each_other_are_told() {
    let cases = "tenant = \"acme\"\n[resources]\na = { type = \"folder\", parent = \"b\" }\n\
                 b = { type = \"folder\", parent = \"a\" }\n";
    let (_dir, path) = write_policy(include_str!("models/folders.toml"), Some(cases));
    let result = test(vec![path]);
    assert!(!result.success);
    for line in ["`a` is below itself", "`b` is below itself"] {
        assert!(result.err.contains(line), "{}", result.err);
    }
}

/// Writes a policy, and cases if there are some, into a directory of their own; the path of the policy.
fn write_policy(policy: &str, cases: Option<&str>) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop.toml");
    fs::write(&path, policy).unwrap();
    if let Some(cases) = cases {
        fs::write(dir.path().join("shop.tests.toml"), cases).unwrap();
    }
    (dir, path)
}

const SHOP: &str = r#"
edition = 1
policy = "shop"
version = 2
root = "shop"

[shop.roles]
owner_of_all = { at_least = 1, protected_below = true, implies = ["shelf.clerk"] }
guest = {}

[shop.members]
remove = [{ by = "owner_of_all", from = ["owner_of_all", "guest"] }]

[shelf]
parent = "shop"
roles = { clerk = {} }

[shelf.actions]
"stock.edit" = "clerk"

[shelf.members]
invite = [{ by = "clerk", to = ["clerk"] }]
"#;

const WRONG_CASES: &str = r#"
tenant = "corner"
[resources]
tea = "shelf"
[members]
ann = { corner = "owner_of_all" }
gus = { corner = "guest" }

[[case]]
name = "what does not hold"
on = "tea"
actions = [
  { who = "gus", may = "stock.edit" },
  { who = "ann", may_not = "stock.edit" },
  { who = "gus", may_not = "stock.edit", reason = "MEMBER_LOCKED" },
]
writes = [
  { who = "gus", may = "invite", whom = "gus" },
  { who = "ann", may = "invite", whom = "self" },
  { who = "ann", may_not = "invite", whom = "gus" },
]

[[case]]
name = "the last one"
on = "corner"
writes = [{ who = "ann", may = ["remove", "lock"], whom = "self" }]
"#;

#[test]
fn a_case_that_does_not_hold_is_explained() {
    let (dir, path) = write_policy(SHOP, Some(WRONG_CASES));
    let tested = test(vec![path]);
    assert!(!tested.success && tested.err.is_empty(), "{}", tested.err);
    let prefix = format!("{}/", dir.path().display());
    let found = tested.out.replace(&prefix, "");
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/failing.txt");
    assert_eq!(compare(&stored, &found), None);
    assert!(found.ends_with("\n0 passed, 8 failed\n"));
}

#[test]
fn a_file_that_is_no_use_fails_and_the_others_still_run() {
    let good = r#"
        tenant = "corner"
        members = { ann = { corner = "owner_of_all" } }
        case = [{ name = "removal", on = "corner", writes = [{ who = "ann", may_not = "remove", whom = "self" }] }]
    "#;
    let (dir, path) = write_policy(SHOP, Some(good));
    fs::write(dir.path().join("alone.toml"), SHOP).unwrap();
    fs::write(dir.path().join("bad.toml"), "policy = 3").unwrap();
    fs::write(dir.path().join("bad.tests.toml"), good).unwrap();
    fs::write(dir.path().join("latin.toml"), b"policy = \"\xe9\"").unwrap();
    let at = |name: &str| dir.path().join(name);

    let tested = test(vec![path, at("shop.tests.toml"), at("alone.toml"), at("bad.toml")]);
    assert!(!tested.success);
    assert!(tested.out.ends_with("\n1 passed, 0 failed\n"), "{}", tested.out);
    let missing = format!("error: can't read `{}`", at("alone.tests.toml").display());
    assert!(tested.err.contains(&missing), "{}", tested.err);
    assert!(tested.err.contains("error: `policy` must be a string\n"), "{}", tested.err);

    let files = ["shop.toml", "shop.tests.toml", "bad.toml", "bad.tests.toml", "latin.toml", "none.toml"].map(at);
    let checked = check(files.to_vec());
    assert!(!checked.success);
    let lines: Vec<String> =
        checked.out.lines().map(|line| line.replace(&format!("{}/", dir.path().display()), "")).collect();
    let shop = "shop.toml: `shop` version 2: 2 types, 3 roles, 1 action";
    assert_eq!(lines, [shop, "shop.tests.toml: 1 case, 1 question"]);
    for part in ["before its policy", "latin.toml`: invalid utf-8", "can't read `", "a policy has no `root`"] {
        assert!(checked.err.contains(part), "{part} is not in {}", checked.err);
    }
}

#[test]
fn the_arguments_are_files() {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: PolicyArgs,
    }
    let read = |line: &str| Line::try_parse_from(line.split(' ')).map(|line| line.args.command);
    for (flags, uncovered, require_coverage) in
        [("", false, false), (" --uncovered", true, false), (" --require-coverage", false, true)]
    {
        let Ok(PolicyCommand::Test(args)) = read(&format!("policy test a.toml b.toml{flags}")) else {
            panic!("not read")
        };
        assert_eq!(args.files, [PathBuf::from("a.toml"), PathBuf::from("b.toml")]);
        assert_eq!((args.uncovered, args.require_coverage), (uncovered, require_coverage));
    }
    assert!(read("policy check").is_err());
    assert!(read("policy").is_err());
}
