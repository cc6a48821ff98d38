//! What `rollcall policy diff` prints, and how it exits.

use std::{fs, path::PathBuf};

use rollcall::cli::policy::{DiffArgs, DiffFormat, Output, PolicyArgs, PolicyCommand, exit_code};
use rollcall_engine::compile;
use rollcall_policy_tools::diff::diff;

use super::policy_pair::PolicyPair;
use crate::{
    golden::compare,
    table::{SKETCH, stored},
};

/// A policy that differs in everything that can differ.
fn changed() -> String {
    let mut text = SKETCH.to_owned();
    for (old, new) in [
        ("version = 3", "version = 4\npeople = [\"user\", \"contractor\"]"),
        ("who     = \"organization.guest\"", "who     = \"project.team_member\""),
        (
            "remind_after_days = [1]",
            "lifetime_days = 14\nremind_after_days = [3, 10, 13]\nreactivates = true\noutlive_inviter = true",
        ),
        ("at_least = 2", "at_least = 1, protected_below = true"),
        ("guest         = {}", "visitor       = { implies = [\"project.team_member\"], at_least = 3 }"),
        ("[organization]\n", "[organization]\nseveral_roles = true\n"),
        ("to = [\"guest\"]", "to = [\"visitor\"]"),
        ("joins_as = \"guest\"", "joins_as = \"visitor\""),
        ("guest & guest_reviewer", "visitor & guest_reviewer"),
        ("!guest)", "!visitor)"),
        ("\"project.rename\" = \"project_admin\"", "\"project.retitle\" = \"team_member\""),
        ("creator_role = \"project_admin\"", "creator_role = \"team_member\""),
        (
            "\"card.view\"      = { rule = \"anyone & !guest_reviewer\", when_locked = true,",
            "\"card.view\" = { rule = \"anyone\",",
        ),
        ("{ by = \"project_admin | self\", from", "{ by = \"project_admin\", from"),
        (
            "[project]\nparent       = \"organization\"",
            "[project]\nparent       = \"organization\"\nowned        = true",
        ),
        ("[note]\nparent = \"project\"\nowned  = true", "[memo]\nparent = \"project\"\nowned  = true"),
        ("[note.actions]", "[memo.actions]"),
    ] {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    text
}

#[test]
fn everything_that_can_change_prints_as_stored() {
    let (old, new) = (compile("old.toml", SKETCH).unwrap(), compile("new.toml", &changed()).unwrap());
    let found = diff(&old, &new);
    assert_eq!(compare(&stored("sketch.diff.txt"), &found.text(false)), None);
    assert_eq!(compare(&stored("sketch.diff.md"), &found.markdown()), None);
    let styled = found.text(true);
    assert!(["\u{1b}[32m+ ", "\u{1b}[31m− ", "\u{1b}[33m~ "].iter().all(|sign| styled.contains(sign)), "{styled}");
    assert!(PolicyPair::new(SKETCH, &changed()).verify() > 20);
}

#[test]
fn two_versions_of_a_policy_differ_as_stored() {
    let texts = [include_str!("../../../policies/lumi-1.toml"), include_str!("../../../policies/lumi-2.toml")];
    let [old, new] = texts.map(|text| compile("lumi.toml", text).unwrap());
    assert_eq!(compare(&stored("lumi.diff.txt"), &diff(&old, &new).text(false)), None);
    assert!(PolicyPair::new(texts[0], texts[1]).verify() > 20);
}

/// Runs the command; what it wrote to its output and to its error output, and its exit code.
fn run(old: PathBuf, new: PathBuf, format: DiffFormat) -> (String, String, u8) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, styled: false };
    let args = PolicyArgs {
        command: PolicyCommand::Diff(DiffArgs { old, new, format, database: None, tenant: None, most: 50 }),
    };
    let code = exit_code(&args, &mut output).unwrap();
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
}

#[test]
fn the_exit_code_says_whether_something_changes() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("old.toml"), SKETCH).unwrap();
    fs::write(at("new.toml"), changed()).unwrap();
    fs::write(at("bad.toml"), "policy = 3").unwrap();
    let same = run(at("old.toml"), at("old.toml"), DiffFormat::Text);
    assert_eq!(same, ("no decision changes\n".to_owned(), String::new(), 0));
    for format in [DiffFormat::Text, DiffFormat::Markdown] {
        let (out, err, code) = run(at("old.toml"), at("new.toml"), format);
        assert!(out.contains("version 3 → 4") && err.is_empty() && code == 1, "{out}{err}");
    }
    let (out, err, code) = run(at("bad.toml"), at("none.toml"), DiffFormat::Text);
    assert!(out.is_empty() && code == 2, "{out}");
    assert!(err.contains("`policy` must be a string") && err.contains("can't read `"), "{err}");
}
