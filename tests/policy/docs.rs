//! The examples of docs/policy.md. A block's head says what it is: `toml`, a whole policy; `toml fragment`, a piece of
//! one, completed with what it does not say of the whole policy before it; `toml cases` and `toml cases fragment`, the
//! same for cases, which must hold; `toml wrong`, a policy with mistakes, shown in the `text` block that follows;
//! `toml changed`, a fragment that the consoles know as `changed.toml`; `console`, commands and what they print.

use std::{collections::BTreeMap, fs};

use clap::{Parser, Subcommand};
use rollcall::cli::policy::{Output, PolicyArgs, PolicyCommand, TestArgs, run_to};
use rollcall_engine::{Reason, Refusal, compile};

const PAGE: &str = include_str!("../../docs/policy.md");

/// The blocks of the page: head and text.
fn blocks() -> Vec<(&'static str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in PAGE.lines() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(head) => {
                open = true;
                blocks.push((head, String::new()));
            }
            None if open => blocks.last_mut().unwrap().1.extend([line, "\n"]),
            None => {}
        }
    }
    assert!(!open, "a block is not closed");
    blocks
}

/// A TOML text by the heads of its tables; what comes before the first head has the empty one.
fn sections(text: &str) -> BTreeMap<String, String> {
    let mut sections = BTreeMap::from([(String::new(), String::new())]);
    let mut head = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            head = line.split_inclusive(']').take_while(|part| !part.trim().is_empty()).collect();
        }
        sections.entry(head.clone()).or_default().extend([line, "\n"]);
    }
    sections
}

/// A fragment with every section of a whole text that it does not have itself.
fn completed(fragment: &str, whole: &str) -> String {
    let mut all = sections(whole);
    let fragment = sections(fragment);
    all.extend(fragment.into_iter().filter(|(_, text)| !text.is_empty()));
    // A text's first section has no head, and the empty name sorts first.
    all.into_values().collect()
}

/// Runs cases against a policy, all of which must pass.
fn assert_cases_pass(policy: &str, cases: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop.toml");
    fs::write(&path, policy).unwrap();
    fs::write(dir.path().join("shop.tests.toml"), cases).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, styled: false };
    let command = PolicyCommand::Test(TestArgs { files: vec![path], ..TestArgs::default() });
    let success = run_to(&PolicyArgs { command }, &mut output).unwrap();
    assert!(success, "{}{}\n{cases}", String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
}

/// A command line as the page shows it.
#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Rollcall,
}

#[derive(Subcommand)]
enum Rollcall {
    Policy(PolicyArgs),
}

/// Runs each command of a console beside these files, and compares what it prints with what is shown: a line `…` stands
/// for any lines.
fn run_console(console: &str, files: &[(&str, &String)]) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    for step in console.split("$ ").filter(|step| !step.is_empty()) {
        let (command, shown) = step.split_once('\n').unwrap();
        let words = command.split(' ').map(|word| match word.strip_suffix(".toml") {
            Some(_) => dir.path().join(word).display().to_string(),
            None => word.to_owned(),
        });
        let Rollcall::Policy(args) = Line::try_parse_from(words).unwrap_or_else(|wrong| panic!("{wrong}")).command;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        run_to(&args, &mut Output { out: &mut out, err: &mut err, styled: false }).unwrap();
        let printed = String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap();
        let printed = printed.replace(&format!("{}/", dir.path().display()), "");
        let mut rest = printed.as_str();
        let (begins, ends) = (!shown.starts_with('…'), !shown.ends_with("…\n"));
        for (at, part) in shown.split("…\n").filter(|part| !part.is_empty()).enumerate() {
            let found = rest.find(part).unwrap_or_else(|| panic!("$ {command}\nprints\n{printed}\nand not\n{part}"));
            assert!(found == 0 || at > 0 || !begins, "$ {command}\nbegins with\n{printed}");
            rest = &rest[found + part.len()..];
        }
        assert!(rest.is_empty() || !ends, "$ {command}\ngoes on with\n{rest}");
    }
}

#[test]
fn every_example_is_as_the_page_says() {
    let (mut policy, mut changed, mut cases, mut wrong) = (String::new(), String::new(), String::new(), None);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (head, text) in blocks() {
        *seen.entry(head).or_default() += 1;
        let good = |text: &str| {
            if let Err(wrong) = compile("docs/policy.md", text) {
                panic!("{}\n{text}", wrong.render(false));
            }
        };
        match head {
            "toml" => {
                good(&text);
                policy = text;
            }
            "toml fragment" => good(&completed(&text, &policy)),
            "toml changed" => {
                changed = completed(&text, &policy);
                good(&changed);
            }
            "console" => {
                let files = [("shop.toml", &policy), ("changed.toml", &changed), ("shop.tests.toml", &cases)];
                run_console(&text, &files);
            }
            "toml cases" => {
                assert_cases_pass(&policy, &text);
                cases = text;
            }
            "toml cases fragment" => assert_cases_pass(&policy, &completed(&text, &cases)),
            "toml wrong" => wrong = Some(compile("shop.toml", &text).unwrap_err().render(false)),
            "text" => assert_eq!(wrong.take().unwrap(), text.trim_end()),
            other => panic!("a block is headed `{other}`"),
        }
    }
    assert!(wrong.is_none(), "mistakes are not shown");
    assert!(seen.len() == 8 && seen["console"] >= 3 && seen["toml fragment"] >= 4, "{seen:?}");
}

#[test]
fn every_reason_is_on_the_page() {
    let denials = Reason::ALL.into_iter().filter(|reason| !reason.allowed()).map(Reason::code);
    for code in denials.chain(Refusal::CODES) {
        assert!(PAGE.contains(&format!("`{code}`")), "{code}");
    }
}
