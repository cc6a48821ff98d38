//! Wrong files and the diagnostics that they must give: `bad/NAME.toml` and `bad/NAME.txt`, and the same for files of
//! cases in `bad_cases`, and for warnings in `doubtful`. With `TEST_GOLDEN=write` in the environment the stored texts
//! are written anew.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use rollcall_engine::{Diagnostics, Policy, Severity, compile, compile_with_warnings};
use rollcall_policy_tools::cases;

fn dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy").join(name)
}

pub fn lumicon() -> Policy {
    let text = include_str!("../../policies/lumicon.toml");
    compile("policies/lumicon.toml", text).unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)))
}

/// Compares a text with the file that stores it; the difference, if there is one. With `TEST_GOLDEN=write` in the
/// environment the file is written instead.
pub fn compare(stored: &Path, found: &str) -> Option<String> {
    if env::var_os("TEST_GOLDEN").is_some_and(|value| value == "write") {
        fs::write(stored, found).unwrap();
        return None;
    }
    let expected = fs::read_to_string(stored).unwrap_or_default();
    let line = expected.lines().zip(found.lines()).take_while(|(a, b)| a == b).count() + 1;
    let name = stored.display();
    (expected != found).then(|| format!("{name} differs from line {line} on; what was found:\n{found}"))
}

/// Reads every TOML file of a directory, each of which must be wrong, and compares the diagnostics with what is stored;
/// how many files there are.
fn compare_all(name: &str, read: impl Fn(&str, &str) -> Result<(), Diagnostics>) -> usize {
    let files = fs::read_dir(dir(name)).unwrap().map(|entry| entry.unwrap().path());
    let (mut files, texts): (Vec<PathBuf>, Vec<PathBuf>) =
        files.partition(|path| path.extension().is_some_and(|it| it == "toml"));
    files.sort();
    let mut differences = Vec::new();
    for path in &files {
        let file_name = path.file_name().unwrap().to_str().unwrap();
        let Err(diagnostics) = read(file_name, &fs::read_to_string(path).unwrap()) else {
            panic!("{} has no mistake", path.display());
        };
        assert!(diagnostics.render(true).contains('\x1b'), "no colour");
        differences.extend(compare(&path.with_extension("txt"), &format!("{}\n", diagnostics.render(false))));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(texts.iter().all(|text| files.contains(&text.with_extension("toml"))), "an expected text without a file");
    files.len()
}

#[test]
fn wrong_policies_give_these_diagnostics() {
    assert!(compare_all("bad", |path, text| compile(path, text).map(drop)) >= 25);
}

#[test]
fn doubtful_policies_give_these_warnings() {
    let warned = |path: &str, text: &str| match compile_with_warnings(path, text) {
        Ok((_, Some(warnings))) if warnings.severity() == Severity::Warning => Err(warnings),
        Ok(_) => Ok(()),
        Err(mistakes) => panic!("{}", mistakes.render(false)),
    };
    assert!(compare_all("doubtful", warned) > 0);
}

/// The policies that come with the service have no warnings, nor those of the tests, some of which part duties on purpose:
/// who gives a role need not be allowed what it allows.
#[test]
fn no_policy_of_ours_is_doubtful() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of_dir = |dir: &str| fs::read_dir(root.join(dir)).unwrap();
    let entries = of_dir("policies").chain(of_dir("tests/policy/models"));
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy();
        if !name.contains(".toml") || name.contains(".tests.") {
            continue;
        }
        let (_, warnings) = compile_with_warnings("policy.toml", &fs::read_to_string(&path).unwrap()).unwrap();
        let text = warnings.map_or(String::new(), |warnings| warnings.render(false));
        let is_meant = |line: &str| line.ends_with(", as they may not") && !path.starts_with(root.join("policies"));
        let mut heads = text.lines().filter(|line| line.starts_with("warning"));
        assert!(heads.all(is_meant), "{}: {text}", path.display());
    }
}

#[test]
fn wrong_cases_give_these_diagnostics() {
    let policy = lumicon();
    assert!(compare_all("bad_cases", |path, text| cases::read(path, text, &policy).map(drop)) > 0);
}

#[test]
fn a_file_has_a_size_limit() {
    let text = "#".repeat((1 << 20) + 1);
    let diagnostics = compile("large.toml", &text).unwrap_err();
    assert_eq!(diagnostics.list()[0].message, "the file is 1048577 bytes long");
    assert!(diagnostics.render(false).contains("expected 1048576 bytes at most"));
    // At the limit, the mistake is another one.
    assert_eq!(compile("large.toml", &text[1..]).unwrap_err().list()[0].message, "a policy has no `edition`");
}

#[test]
fn carriage_returns_and_marks_move_nothing() {
    let text = include_str!("bad/rule_two_names.toml");
    let expected = compile("a.toml", text).unwrap_err();
    let found = compile("a.toml", &text.replace('\n', "\r\n")).unwrap_err();
    let positions = |diagnostics: &Diagnostics| -> Vec<(String, String)> {
        let rendered = diagnostics.render(false);
        let lines = rendered.lines().filter(|line| line.contains("-->")).map(str::to_owned);
        lines.zip(diagnostics.list().iter().map(|it| it.message.clone())).collect()
    };
    assert_eq!(positions(&found), positions(&expected));
    let marked = format!("\u{feff}{}", include_str!("../../policies/lumicon.toml"));
    assert!(compile("a.toml", &marked).is_ok());
}

#[test]
fn nesting_of_the_file_itself_has_a_limit() {
    for text in [
        format!("a = {}", "[".repeat(200_000)),
        format!("a = {}", "{a=".repeat(200_000)),
        format!("{}z = 1", "b.".repeat(250_000)),
        format!("[{}z]", "b.".repeat(250_000)),
    ] {
        assert_eq!(compile("deep.toml", &text).unwrap_err().list()[0].message, "this is not TOML");
    }
}
