//! The coverage of `rollcall policy test`: which cells of a policy's table no case asks about.

use std::{fs, path::Path};

use rollcall::cli::policy::{Output, PolicyArgs, PolicyCommand, TestArgs, run_to};
use rollcall_engine::compile;

use super::{exhaustive_cases::exhaustive_cases, golden::compare};

/// Runs cases beside a policy and requires all of its table; what was printed, and whether the command succeeded.
fn test(policy: &str, cases: &str) -> (String, bool) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("policy.toml");
    fs::write(&path, policy).unwrap();
    fs::write(dir.path().join("policy.tests.toml"), cases).unwrap();
    let (out, success) = run(&[path.to_str().unwrap()], REQUIRED);
    (out.replace(&format!("{}/", dir.path().display()), ""), success)
}

/// Flags of the command, `--uncovered` and `--require-coverage`.
#[derive(Clone, Copy)]
struct Flags {
    uncovered: bool,
    require_coverage: bool,
}

const PLAIN: Flags = Flags { uncovered: false, require_coverage: false };
const LISTED: Flags = Flags { uncovered: true, require_coverage: false };
const REQUIRED: Flags = Flags { uncovered: false, require_coverage: true };

fn run(files: &[&str], Flags { uncovered, require_coverage }: Flags) -> (String, bool) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, styled: false };
    let files = files.iter().map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).collect();
    let command = PolicyCommand::Test(TestArgs { files, uncovered, require_coverage });
    let success = run_to(&PolicyArgs { command }, &mut output).unwrap();
    assert!(err.is_empty(), "{}", String::from_utf8_lossy(&err));
    (String::from_utf8(out).unwrap().replace(concat!(env!("CARGO_MANIFEST_DIR"), "/"), ""), success)
}

/// The lines of the output that name cells which no case asks about.
fn gaps(out: &str) -> Vec<&str> {
    let from = out.lines().skip_while(|line| !line.contains(" cells asked"));
    from.skip(1).map_while(|line| line.strip_prefix("  ")).collect()
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

const SHIPPED: [&str; 4] =
    ["policies/lume.toml", "policies/lumi-1.toml", "policies/lumi-2.toml", "policies/lumicon.toml"];
const MODELS: [&str; 5] = [
    "tests/policy/models/booking.toml",
    "tests/policy/models/club.toml",
    "tests/policy/models/folders.toml",
    "tests/policy/models/forge.toml",
    "tests/policy/models/todo.toml",
];

#[test]
fn every_policy_of_ours_is_asked_about_whole() {
    let (out, success) = run(&SHIPPED, REQUIRED);
    assert!(success, "{out}");
    assert_eq!(out.lines().count(), SHIPPED.len() + 1);
    assert!(!out.contains("left out"), "{out}");
}

#[test]
fn what_is_not_asked_is_named() {
    let models = ["tests/policy/models/club.toml", "tests/policy/models/folders.toml", "tests/policy/models/todo.toml"];
    let (out, success) = run(&models, LISTED);
    assert!(success, "gaps fail unasked");
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/uncovered.txt");
    assert_eq!(compare(&stored, &out), None);
    assert_eq!(run(&models, REQUIRED), (out, false));
}

#[test]
fn what_is_not_asked_is_only_counted_unless_asked_for() {
    let (out, success) = run(&["tests/policy/models/club.toml", "policies/lumicon.toml"], PLAIN);
    assert!(success, "{out}");
    let [lumicon, club, end] = out.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(club, "tests/policy/models/club.toml: 29 of 103 cells asked, 74 left out; list them with `--uncovered`");
    assert!(lumicon.starts_with("policies/lumicon.toml: ") && lumicon.ends_with(" cells asked"), "{lumicon}");
    assert!(end.ends_with(" passed, 0 failed"), "{end}");
}

/// However long the list of gaps is, the cases that fail are what is seen last.
#[test]
fn failing_cases_come_below_what_is_left_out() {
    let wrong = "[[case]]\nname = \"door\"\non = \"attic\"\nactions = [{ who = \"zoe\", may = \"door.open\" }]\n";
    let (out, success) = test(CLUB, &format!("{WHO}{wrong}"));
    assert!(!success);
    let (listed, failed) = out.split_once("\n\n").unwrap();
    assert!(listed.lines().count() > 5 && !listed.contains("expected:"), "{out}");
    assert!(failed.starts_with("policy.tests.toml:") && failed.ends_with("\n\n0 passed, 1 failed\n"), "{out}");
}

/// Full coverage can be reached: where everybody asks everything, no cell is left out.
#[test]
fn every_cell_can_be_asked() {
    for file in SHIPPED.iter().chain(&MODELS) {
        let policy = read(file);
        let cases = exhaustive_cases(&compile(file, &policy).unwrap());
        let (out, _) = test(&policy, &cases);
        assert!(out.contains(" cells asked"), "{out}");
        assert_eq!(gaps(&out), Vec::<&str>::new(), "{file}");
    }
}

/// The cases of lumicon except the one whose name begins so.
fn without(name: &str) -> String {
    let cases = read("policies/lumicon.tests.toml");
    let (head, rest) = cases.split_once("[[case]]").unwrap();
    let others: Vec<&str> =
        rest.split("[[case]]").filter(|case| !case.trim_start().starts_with(&format!("name = \"{name}"))).collect();
    assert_eq!(others.len() + 1, rest.split("[[case]]").count(), "{name}");
    format!("{head}[[case]]{}", others.join("[[case]]"))
}

#[test]
fn a_case_taken_out_is_missed() {
    let policy = read("policies/lumicon.toml");
    let missed = |case: &str, expected: &[&str]| {
        let (out, success) = test(&policy, &without(case));
        assert_eq!(gaps(&out), expected, "{case}");
        assert!(!success);
    };
    missed(
        "leaving a job site: its editors",
        &[
            "remove `editor` on `job_site`: nobody with `viewer` is refused",
            "remove `viewer` on `job_site`: nobody with `admin` is let through",
            "remove `viewer` on `job_site`: nobody with `user` is refused",
            "remove `viewer` on `job_site`: nobody with `editor` is let through",
            "remove `viewer` on `job_site`: nobody with `viewer` writing to themselves is let through",
            "remove `viewer` on `job_site`: nobody with `viewer` is refused (they may if self)",
        ],
    );
    missed(
        "the workspace: everybody active starts job sites",
        &[
            "`job_site.create` on `workspace`: nobody with `admin` is let through",
            "`job_site.create` on `workspace`: nobody with `user` is let through",
            "`job_site.create` on `workspace`: nobody is refused",
            "`user_management.view` on `workspace`: nobody with `admin` is let through",
            "`user_management.view` on `workspace`: nobody with `user` is refused",
            "`user.force_password_reset` on `workspace`: nobody with `admin` is let through",
            "`user.force_password_reset` on `workspace`: nobody with `user` is refused",
            "`user.edit_memberships` on `workspace`: nobody with `admin` is let through",
            "`user.edit_memberships` on `workspace`: nobody with `user` is refused",
        ],
    );
}

#[test]
fn a_rule_that_is_added_is_missed() {
    let update = "update = [{ by = \"self\" }]";
    let policy = read("policies/lumicon.toml");
    let added = policy.replacen(update, &format!("{update}\ndeactivate = [{{ by = \"admin & !self\" }}]"), 1);
    let (out, success) = test(&added, &without("what this guide does not know: deactivating"));
    assert_eq!(
        gaps(&out),
        [
            "deactivate on `workspace`: nobody with `admin` is let through",
            "deactivate on `workspace`: nobody with `admin` writing to themselves is refused",
            "deactivate on `workspace`: nobody with `user` is refused",
            "deactivate on `workspace`: nobody writing to themselves is refused",
            "deactivate on `workspace`: no operator is refused",
        ]
    );
    assert!(!success);
}

const CLUB: &str = r#"
edition = 1
policy  = "club"
version = 1
root    = "club"

[club.roles]
chair  = { implies = ["member"] }
member = {}

[club.actions]
"minutes.read" = { rule = "member", when_locked = true, when_archived = true }

[room]
parent = "club"
owned  = true

[room.actions]
"door.open" = "owner & member | chair"
"#;

const WHO: &str = r#"
tenant = "club"
[resources]
attic  = { type = "room", owner = "meg" }
cellar = { type = "room", owner = "cleo" }
[members]
cleo = { club = "chair" }
meg  = { club = "member" }
zoe  = {}
"#;

/// The cells of [`CLUB`] that no case asks about.
fn uncovered(cases: &str) -> Vec<String> {
    gaps(&test(CLUB, &format!("{WHO}{cases}")).0).into_iter().map(str::to_owned).collect()
}

/// A chair who owns the room, or is a member through being the chair, shows nothing about owners or members.
#[test]
fn one_who_holds_more_than_enough_counts_for_nothing_less() {
    let case = |on: &str, who: &str| {
        format!("[[case]]\nname = \"door\"\non = \"{on}\"\nactions = [{{ who = \"{who}\", may = \"anything\" }}]\n")
    };
    let all = [
        "`door.open` on `room`: nobody with `chair` is let through",
        "`door.open` on `room`: nobody with `member` who owns it is let through",
        "`door.open` on `room`: nobody with `member` is refused (they may if owner)",
        "`door.open` on `room`: nobody who owns it is refused (they may with `member`)",
    ];
    let of_rooms =
        |cases: &str| uncovered(cases).into_iter().filter(|gap| gap.contains("door.open")).collect::<Vec<_>>();
    assert_eq!(of_rooms(&case("club", "cleo")), all);
    assert_eq!(of_rooms(&case("attic", "cleo")), all[1..]);
    assert_eq!(of_rooms(&case("cellar", "cleo")), all[1..]);
    assert_eq!(of_rooms(&(case("attic", "cleo") + &case("attic", "meg"))), all[2..]);
}

#[test]
fn what_survives_a_lock_or_an_archive_is_to_be_shown() {
    let cases = "[[case]]\nname = \"minutes\"\non = \"club\"\nactions = [\n  \
                 { who = [\"cleo\", \"meg\"], may = \"minutes.read\" },\n  \
                 { who = \"zoe\", may_not = \"minutes.read\" },\n]\n";
    let of_minutes: Vec<String> = uncovered(cases).into_iter().filter(|gap| gap.contains("minutes.read")).collect();
    assert_eq!(
        of_minutes,
        [
            "`minutes.read` on `club`: nobody is let through when it is archived",
            "`minutes.read` on `club`: nobody is let through while locked",
        ]
    );
}
