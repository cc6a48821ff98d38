//! `rollcall policy table`: what it prints, and that every cell is what the engine decides.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use proptest::{
    prelude::any,
    test_runner::{Config, TestRunner},
};
use rollcall::cli::policy::{Output, PolicyArgs, PolicyCommand, TableArgs, TableFormat, run_to};
use rollcall_engine::{Mask, Policy, Role, WriteKind};
use rollcall_policy_tools::table::{Cell, Grid, RowOperation, table};

use super::{
    golden::{compare, lumicon},
    holdings::{Holding, HoldingsFixture, compile_rules},
    profile::repetitions,
    random_policies::{byte_source::ByteSource, policy::RandomPolicy},
};

const LUMICON: &str = include_str!("../../policies/lumicon.toml");
pub const SKETCH: &str = include_str!("printed/sketch.toml");

/// Where what a command prints is stored.
pub fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/printed").join(name)
}

#[test]
fn lumicon_prints_as_stored() {
    let table = table(&lumicon());
    for (name, text) in
        [("lumicon.txt", table.text(false)), ("lumicon.md", table.markdown()), ("lumicon.html", table.html())]
    {
        assert_eq!(compare(&stored(name), &text), None);
    }
}

/// What the policies of the products come to is kept, cell by cell.
#[test]
fn the_products_policies_print_as_stored() {
    for name in ["lume", "lumi-1", "lumi-2", "lumicon"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(format!("{name}.toml"));
        let text = table(&compile_rules(&fs::read_to_string(file).unwrap())).text(false);
        assert_eq!(compare(&stored(&format!("products/{name}.txt")), &text), None, "{name}");
    }
}

#[test]
fn every_kind_of_cell_prints_as_stored() {
    let table = table(&compile_rules(SKETCH));
    assert_eq!(compare(&stored("sketch.txt"), &table.text(false)), None);
    assert_eq!(compare(&stored("sketch.md"), &table.markdown()), None);
    let styled = table.text(true);
    assert!(styled.contains("\u{1b}[32m✔") && styled.contains("\u{1b}[33mif owner"), "{styled}");
}

#[test]
fn reminders_are_due_before_an_invitation_ends() {
    const DAY: Duration = Duration::from_hours(24);
    let policy_with = |invitations: &str| {
        let head = "edition = 1\npolicy = \"p\"\nversion = 1\nroot = \"o\"\n[o]\n";
        compile_rules(&format!("{head}{invitations}"))
    };
    for (invitations, lifetime, reminders, words) in [
        ("", 7 * DAY, vec![], "7 days."),
        ("[invitations]\nlifetime_days = 2\nremind_after_days = []", 2 * DAY, vec![], "2 days."),
        (
            "[invitations]\nlifetime_days = 2\nremind_after_days = [1]",
            2 * DAY,
            vec![DAY],
            "2 days, and is reminded of after 1 day.",
        ),
        (
            "[invitations]\nremind_after_days = [2, 5, 6]",
            7 * DAY,
            vec![2 * DAY, 5 * DAY, 6 * DAY],
            "7 days, and is reminded of after 2, 5 and 6 days.",
        ),
        (
            "[invitations]\nreactivates = true",
            7 * DAY,
            vec![],
            "7 days. To invite somebody deactivated reactivates them.",
        ),
    ] {
        let policy = policy_with(invitations);
        assert_eq!((policy.invitation_lifetime(), policy.reminders()), (lifetime, reminders.as_slice()));
        assert_eq!(table(&policy).notes[0], format!("An invitation can be accepted for {words}"));
    }
}

/// The relations that a member can have to a resource, in every combination.
fn relations() -> [Mask; 4] {
    [Mask::EMPTY, Mask::OWNER, Mask::SELF, Mask::OWNER | Mask::SELF]
}

/// Every holding that some cell says something about: what a column says, with relations, with another role, and with
/// what a condition says.
fn claimed(policy: &Policy) -> Vec<Holding> {
    let mut masks = Vec::new();
    for grid in grids(policy).iter().map(|(_, grid)| grid) {
        for (at, column) in grid.columns.iter().enumerate() {
            masks.extend(extras(policy).into_iter().map(|extra| column.who | extra));
            for cell in grid.rows.iter().map(|row| &row.cells[at].cell) {
                let Cell::If(ways) = cell else { continue };
                for way in ways {
                    masks.push(column.who | way.with);
                    masks.extend(way.unless.iter().map(|unless| column.who | way.with | *unless));
                }
            }
        }
    }
    masks.extend(extras(policy));
    let mut holdings: Vec<Holding> = masks.into_iter().map(|mask| Holding::new(policy, mask)).collect();
    holdings.sort();
    holdings.dedup();
    holdings
}

/// What one may hold in addition: relations, or a role with any of them.
fn extras(policy: &Policy) -> Vec<Mask> {
    let roles = std::iter::once(Mask::EMPTY).chain(policy.roles().iter().map(Role::mask));
    roles.flat_map(|role| relations().map(|relations| role | relations)).collect()
}

fn grids(policy: &Policy) -> Vec<(String, Grid)> {
    let sections = table(policy).sections.into_iter();
    sections
        .flat_map(|section| {
            let resource_type = section.resource_type.clone();
            section.actions.into_iter().chain(section.members).map(move |grid| (resource_type.clone(), grid))
        })
        .collect()
}

/// What a cell says about one who holds `bits` in all, `who` among them.
fn says(cell: &Cell, bits: Mask) -> bool {
    match cell {
        Cell::Yes => true,
        Cell::No => false,
        Cell::If(ways) => {
            ways.iter().any(|way| bits.contains(way.with) && !way.unless.iter().any(|unless| bits.contains(*unless)))
        }
    }
}

/// Compares every cell of a policy's table with what the engine decides; how many questions that took.
fn verify(text: &str) -> usize {
    let policy = compile_rules(text);
    let fixture = HoldingsFixture::new(text, claimed(&policy));
    let mut count = 0;
    for (resource_type, grid) in grids(&policy) {
        for row in &grid.rows {
            let questions = questions(&policy, &resource_type, &row.operation);
            for (column, entry) in grid.columns.iter().zip(&row.cells) {
                for question in &questions {
                    let may = |mask: Mask| question.decide(&fixture, &Holding::new(&policy, mask), &resource_type);
                    let cell = &entry.cell;
                    let what = || format!("{resource_type}, {}, {}: {}\n{text}", row.name, column.name, entry.words);
                    count += 1;
                    if column.who == Mask::OPERATOR {
                        assert_eq!(may(Mask::OPERATOR), *cell == Cell::Yes, "{}", what());
                        continue;
                    }
                    for extra in relations() {
                        let bits = policy.bits(column.who | extra);
                        assert_eq!(may(column.who | extra), says(cell, bits), "{}, {extra:?}", what());
                    }
                    for extra in extras(&policy) {
                        let bits = policy.bits(column.who | extra);
                        let (together, alone) = (may(column.who | extra), may(extra));
                        assert!(together || !says(cell, bits), "{}, {extra:?} shuts out", what());
                        assert!(!together || says(cell, bits) || alone, "{}, {extra:?} lets through", what());
                    }
                    let Cell::If(ways) = cell else { continue };
                    for way in ways {
                        assert!(may(column.who | way.with), "{}", what());
                        for unless in &way.unless {
                            assert!(!may(column.who | way.with | *unless), "{}", what());
                        }
                    }
                }
            }
        }
    }
    count
}

/// One decision that a row is about.
enum RowQuestion {
    Action(String),
    Write { kind: WriteKind, from: String, to: String },
}

impl RowQuestion {
    fn decide(&self, fixture: &HoldingsFixture, holding: &Holding, resource_type: &str) -> bool {
        match self {
            Self::Action(action) => fixture.decide(holding, resource_type, action),
            Self::Write { kind, from, to } => fixture.permit(holding, resource_type, (*kind, from, to)),
        }
    }
}

fn questions(policy: &Policy, resource_type: &str, what: &RowOperation) -> Vec<RowQuestion> {
    let write = match what {
        RowOperation::Action(action) => return vec![RowQuestion::Action(action.clone())],
        RowOperation::Write(write) => write,
    };
    assert!(policy.find_type(resource_type).is_ok());
    let names = |mask: Mask| -> Vec<String> {
        let mut names: Vec<String> = policy.roles_in(mask).map(|role| role.name().to_owned()).collect();
        names.extend(mask.contains(Mask::ANYONE).then(|| "anyone".to_owned()));
        if names.is_empty() { vec![String::new()] } else { names }
    };
    let mut questions = Vec::new();
    for from in names(write.from) {
        for to in names(write.to).into_iter().filter(|to| *to != from || to.is_empty()) {
            questions.push(RowQuestion::Write { kind: write.kind, from: from.clone(), to });
        }
    }
    assert!(!questions.is_empty(), "a row is about nothing");
    questions
}

/// The policies of a directory, as text.
fn policies(dir: &str) -> Vec<String> {
    let files =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)).unwrap().map(|entry| entry.unwrap().path());
    let is_policy = |path: &PathBuf| {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        path.extension().is_some_and(|it| it == "toml") && Path::new(stem).extension().is_none()
    };
    files.filter(is_policy).map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_cell_is_what_the_engine_decides() {
    let policies: Vec<String> =
        ["policies", "tests/policy/models", "tests/policy/printed"].into_iter().flat_map(policies).collect();
    assert!(policies.len() >= 9);
    for policy in policies {
        assert!(verify(&policy) > 20);
    }
}

#[test]
fn every_cell_of_random_policies_is_what_the_engine_decides() {
    let cases = u32::try_from(repetitions("random_tables", 25, 300)).expect("few");
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let strategy = proptest::collection::vec(any::<u8>(), 150..700);
    let outcome = runner.run(&strategy, |bytes| {
        let source = &mut ByteSource::new(&bytes);
        verify(&RandomPolicy::generate(source).about_anybody().text(source));
        Ok(())
    });
    outcome.unwrap();
}

/// Runs the command; what it wrote to its output and to its error output, and whether it succeeded.
fn run(file: &Path, format: TableFormat, output: Option<PathBuf>) -> (String, String, bool) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut written = Output { out: &mut out, err: &mut err, styled: false };
    let args = TableArgs { file: file.to_owned(), format, output };
    let well = run_to(&PolicyArgs { command: PolicyCommand::Table(args) }, &mut written).unwrap();
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), well)
}

#[test]
fn a_table_is_printed_or_written() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("lumicon.toml");
    fs::write(&policy, LUMICON).unwrap();
    let expected = table(&lumicon());
    for (format, text) in [
        (TableFormat::Text, expected.text(false)),
        (TableFormat::Markdown, expected.markdown()),
        (TableFormat::Html, expected.html()),
    ] {
        assert_eq!(run(&policy, format, None), (text.clone(), String::new(), true));
        let page = dir.path().join("page");
        assert_eq!(run(&policy, format, Some(page.clone())), (String::new(), String::new(), true));
        assert_eq!(fs::read_to_string(page).unwrap(), text);
    }
    let (out, err, well) = run(&policy, TableFormat::Text, Some(dir.path().join("none/page")));
    assert!(out.is_empty() && !well && err.starts_with("error: can't write `"), "{err}");
    let (out, err, well) = run(&dir.path().join("none.toml"), TableFormat::Text, None);
    assert!(out.is_empty() && !well && err.starts_with("error: can't read `"), "{err}");
}
