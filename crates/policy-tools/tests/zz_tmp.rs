#![allow(warnings)]
use rollcall_engine::*;
use rollcall_policy_tools::{CaseResults, CaseRunner, Coverage, cases, diff::diff, table::table};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

#[path = "../../../tests/policy/exhaustive_cases.rs"]
mod exhaustive_cases;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
fn files(dir: &str) -> Vec<PathBuf> {
    let mut v: Vec<PathBuf> = fs::read_dir(root().join(dir))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    v.sort();
    v
}
fn compare(path: &Path, found: &str) {
    let old = fs::read_to_string(path).unwrap_or_default();
    if old != found {
        println!("DIFFERS {}", path.display());
        if std::env::var_os("GOLD").is_some() {
            fs::write(path, found).unwrap();
        }
    }
}
#[test]
fn goldens() {
    for p in files("tests/policy/bad") {
        let name = p.file_name().unwrap().to_str().unwrap();
        match compile(name, &fs::read_to_string(&p).unwrap()) {
            Ok(_) => println!("NO MISTAKE {name}"),
            Err(d) => compare(&p.with_extension("txt"), &format!("{}\n", d.render(false))),
        }
    }
    for p in files("tests/policy/doubtful") {
        let name = p.file_name().unwrap().to_str().unwrap();
        let (_, w) = compile_with_warnings(name, &fs::read_to_string(&p).unwrap())
            .unwrap_or_else(|d| panic!("{}", d.render(false)));
        compare(&p.with_extension("txt"), &format!("{}\n", w.unwrap().render(false)));
    }
    let lumicon = compile("l", &fs::read_to_string(root().join("policies/lumicon.toml")).unwrap()).unwrap();
    for p in files("tests/policy/bad_cases") {
        let name = p.file_name().unwrap().to_str().unwrap();
        match cases::read(name, &fs::read_to_string(&p).unwrap(), &lumicon) {
            Ok(_) => println!("NO MISTAKE {name}"),
            Err(d) => compare(&p.with_extension("txt"), &format!("{}\n", d.render(false))),
        }
    }
    let printed = root().join("tests/policy/printed");
    let t = table(&lumicon);
    compare(&printed.join("lumicon.txt"), &t.text(false));
    compare(&printed.join("lumicon.md"), &t.markdown());
    compare(&printed.join("lumicon.html"), &t.html());
    let sketch = fs::read_to_string(printed.join("sketch.toml"))
        .unwrap()
        .replace("protected_below = true", "protected_below = false");
    let sketch = sketch.split("[[never]]").next().unwrap();
    let t = table(&compile("s", sketch).unwrap());
    compare(&printed.join("sketch.txt"), &t.text(false));
    compare(&printed.join("sketch.md"), &t.markdown());
    let lumi = ["policies/lumi-1.toml", "policies/lumi-2.toml"]
        .map(|f| compile("lumi.toml", &fs::read_to_string(root().join(f)).unwrap()).unwrap());
    compare(&printed.join("lumi.diff.txt"), &diff(&lumi[0], &lumi[1]).text(false));
}
fn run(policy_text: &str, cases_text: &str) -> (usize, Vec<String>, rollcall_policy_tools::Report) {
    let policy = Arc::new(compile("p", policy_text).unwrap_or_else(|d| panic!("{}", d.render(false))));
    let mut results = CaseResults::default();
    let mut coverage = Coverage::new(&policy);
    for case in cases::read("c", cases_text, &policy).unwrap_or_else(|d| panic!("{}", d.render(false))) {
        CaseRunner::new(&policy, &case.facts).expect("facts").run(&case, &mut results, &mut coverage);
    }
    (
        results.passed,
        results.failures.iter().map(|f| format!("{}:{} {} BUT {}", f.case, f.line, f.expected, f.found)).collect(),
        coverage.report(),
    )
}
#[test]
fn models() {
    for dir in ["policies", "tests/policy/models"] {
        for p in files(dir) {
            let name = p.display().to_string();
            if name.contains(".tests.") {
                continue;
            }
            let text = fs::read_to_string(&p).unwrap();
            let (_, w) = compile_with_warnings("p", &text).unwrap_or_else(|d| panic!("{}", d.render(false)));
            if let Some(w) = w {
                println!("WARN {name} {}", w.render(false));
            }
            let c = fs::read_to_string(name.replace(".toml", ".tests.toml")).unwrap();
            let (passed, failures, report) = run(&text, &c);
            println!(
                "{name}: {passed} passed, {} failed, {} of {} cells",
                failures.len(),
                report.covered,
                report.cells
            );
            for f in failures {
                println!("  {f}");
            }
            let ex = exhaustive_cases::exhaustive_cases(&compile("p", &text).unwrap());
            let (_, _, report) = run(&text, &ex);
            for g in report.gaps {
                println!("  GAP {g}");
            }
        }
    }
}
#[test]
fn uncovered() {
    let mut out = String::new();
    let mut total = 0;
    for m in ["club", "folders", "todo"] {
        let f = format!("tests/policy/models/{m}.toml");
        let (passed, fails, r) = run(
            &fs::read_to_string(root().join(&f)).unwrap(),
            &fs::read_to_string(root().join(f.replace(".toml", ".tests.toml"))).unwrap(),
        );
        assert!(fails.is_empty(), "{fails:?}");
        total += passed;
        out += &format!("{f}: {} of {} cells asked, {} left out\n", r.covered, r.cells, r.cells - r.covered);
        for g in r.gaps {
            out += &format!("  {g}\n");
        }
    }
    out += &format!("{total} passed, 0 failed\n");
    compare(&root().join("tests/policy/uncovered.txt"), &out);
}
#[test]
fn booking() {
    let p = compile("b", &fs::read_to_string(root().join("tests/policy/models/booking.toml")).unwrap()).unwrap();
    println!("{}", table(&p).text(false));
}

fn sketch_text() -> String {
    fs::read_to_string(root().join("tests/policy/printed/sketch.toml")).unwrap()
}
fn changed() -> String {
    let mut text = sketch_text();
    for (old, new) in [
        ("version = 3", "version = 4"),
        ("who     = \"organization.guest\"", "who     = \"project.team_member\""),
        ("remind_after_days = [1]", "lifetime_days = 14\nremind_after_days = [3, 10, 13]\nreactivates = true"),
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
fn sketch_diff() {
    let d = diff(
        &compile("o", &sketch_text()).unwrap(),
        &compile("n", &changed()).unwrap_or_else(|d| panic!("{}", d.render(false))),
    );
    compare(&root().join("tests/policy/printed/sketch.diff.txt"), &d.text(false));
    compare(&root().join("tests/policy/printed/sketch.diff.md"), &d.markdown());
}

#[path = "../../../tests/support/fixture/description.rs"]
mod description;
#[path = "../../../tests/support/fixture/facts.rs"]
mod facts;
mod random_policies {
    #[path = "../../../../tests/policy/random_policies/byte_source.rs"]
    pub mod byte_source;
    #[path = "../../../../tests/policy/random_policies/comparison.rs"]
    pub mod comparison;
    #[path = "../../../../tests/policy/random_policies/interpreter.rs"]
    pub mod interpreter;
    #[path = "../../../../tests/policy/random_policies/policy.rs"]
    pub mod policy;
    #[path = "../../../../tests/policy/random_policies/policy_text.rs"]
    pub mod policy_text;
    #[path = "../../../../tests/policy/random_policies/tenant.rs"]
    pub mod tenant;
}
#[path = "../../../tests/policy/holdings.rs"]
mod holdings;
#[path = "../../../tests/policy/diff/policy_pair.rs"]
mod policy_pair;
struct Rnd(u64);
impl Rnd {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut m = self.0;
        m = (m ^ (m >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        m = (m ^ (m >> 27)).wrapping_mul(0x94d049bb133111eb);
        m ^ (m >> 31)
    }
}
#[test]
fn random() {
    use random_policies::*;
    let mut total = (0, 0, 0, 0);
    for seed in 0..400u64 {
        let mut r = Rnd(seed);
        let n = 200 + (r.next() % 700) as usize;
        let bytes: Vec<u8> = (0..n).map(|_| r.next() as u8).collect();
        let source = &mut byte_source::ByteSource::new(&bytes);
        let policy = policy::RandomPolicy::generate(source);
        let tenant = tenant::RandomTenant::generate(policy, source);
        let text = tenant.policy.text(source);
        let compiled = compile("random.toml", &text).unwrap_or_else(|d| panic!("{}", d.render(false)));
        let c = comparison::Comparison::new(compiled, &tenant, &text);
        let a = c.compare_actions();
        let w = c.compare_writes();
        total.0 += a.questions;
        total.1 += a.granted;
        total.2 += w.questions;
        total.3 += w.granted;
    }
    println!("{total:?}");
}
#[test]
fn pair() {
    let n = policy_pair::PolicyPair::new(&sketch_text(), &changed()).verify();
    println!("changes {n}");
}

mod verify_mod {
    use crate::holdings::{Holding, HoldingsFixture, compile_rules};
    use rollcall_engine::{Mask, Policy, Role, WriteKind};
    use rollcall_policy_tools::table::{Cell, Grid, RowOperation, table};
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
            Cell::If(ways) => ways
                .iter()
                .any(|way| bits.contains(way.with) && !way.unless.iter().any(|unless| bits.contains(*unless))),
        }
    }

    /// Compares every cell of a policy's table with what the engine decides; how many questions that took.
    pub fn verify(text: &str) -> usize {
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
                        let what =
                            || format!("{resource_type}, {}, {}: {}\n{text}", row.name, column.name, entry.words);
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
}
#[test]
fn cells() {
    for dir in ["policies", "tests/policy/models", "tests/policy/printed"] {
        for p in files(dir) {
            if p.display().to_string().contains(".tests.") {
                continue;
            }
            println!("{} {}", p.display(), verify_mod::verify(&fs::read_to_string(&p).unwrap()));
        }
    }
}
#[test]
fn regressions() {
    for dir in ["fuzz/regressions/policy", "fuzz/regressions/cases"] {
        for p in files(dir) {
            let t = fs::read_to_string(&p).unwrap();
            let now = std::time::Instant::now();
            let r = if dir.ends_with("policy") {
                match compile_with_warnings("p", &t) {
                    Ok((p, _)) => {
                        table(&p).html();
                        "ok".to_string()
                    }
                    Err(d) => d.render(false).lines().next().unwrap().to_string(),
                }
            } else {
                let lumicon = compile("l", &fs::read_to_string(root().join("policies/lumicon.toml")).unwrap()).unwrap();
                match cases::read("c", &t, &lumicon) {
                    Ok(c) => format!("{} cases", c.len()),
                    Err(d) => d.render(false).lines().next().unwrap().to_string(),
                }
            };
            println!("{} {r} {:?}", p.display(), now.elapsed());
        }
    }
}
#[test]
fn megabyte() {
    let mut r = Rnd(1);
    let mut word = |n: usize| -> String { (0..n).map(|_| (b'a' + (r.next() % 26) as u8) as char).collect() };
    let mut text = String::from("policy = \"p\"\nversion = 1\nroot = \"t0\"\n");
    let mut roles = String::new();
    for i in 0..124 {
        roles += &format!("{} = {{}}\n", word(64));
    }
    text += &format!("[t0.roles]\n{roles}");
    for t in 0..60 {
        if t > 0 {
            text += &format!("[t{t}]\nparent = \"t0\"\n");
        }
        text += &format!("[t{t}.actions]\n");
        for a in 0..500 {
            if text.len() > (1 << 20) - 200 {
                break;
            }
            text += &format!("a{a} = \"{}\"\n", word(64));
        }
        if text.len() > (1 << 20) - 200 {
            break;
        }
    }
    println!("{} bytes", text.len());
    let now = std::time::Instant::now();
    let d = compile("p", &text).unwrap_err();
    println!("{} {:?}", d.list().len(), now.elapsed());
}
