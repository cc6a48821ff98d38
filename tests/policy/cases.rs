//! `rollcall policy check` and `rollcall policy test`, on the policies that come with the service.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rollcall::cli::policy::{Output, PolicyArgs, PolicyCommand, run_to};

/// What a command wrote, and whether all was well.
struct Ran {
    out: String,
    err: String,
    well: bool,
}

fn run(command: PolicyCommand) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, styled: false };
    let well = run_to(&PolicyArgs { command }, &mut output).unwrap();
    Ran { out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap(), well }
}

fn check(files: Vec<PathBuf>) -> Ran {
    run(PolicyCommand::Check { files })
}

fn test(files: Vec<PathBuf>) -> Ran {
    run(PolicyCommand::Test { files })
}

fn shipped() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    files.sort();
    files
}

#[test]
fn every_policy_compiles_and_its_cases_hold() {
    let files = shipped();
    assert!(!files.is_empty());
    let checked = check(files.clone());
    assert!(checked.well, "{}", checked.err);
    assert_eq!(checked.out.lines().count(), files.len());
    let tested = test(files);
    assert!(tested.well, "{}{}", tested.out, tested.err);
}
