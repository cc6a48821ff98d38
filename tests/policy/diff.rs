//! `rollcall policy diff`: what it prints, and that it lists exactly the decisions that turn.

use std::{collections::BTreeSet, fs, path::PathBuf};

use proptest::{
    prelude::any,
    test_runner::{Config, TestRunner},
};
use rollcall::cli::policy::{DiffArgs, DiffFormat, Output, PolicyArgs, PolicyCommand, exit_code};
use rollcall_engine::{Policy, WriteKind, compile};
use rollcall_policy_tools::diff::{Diff, What, diff};

use super::{
    bench::{Bench, Holding, compiled},
    golden::compare,
    naive::{model::Model, tape::Tape},
    table::{SKETCH, stored},
};

const LUMICON: &str = include_str!("../../policies/lumicon.toml");

/// Each role alone and nothing, with relations or not; and an operator.
fn plain_holdings(policies: &[Policy; 2]) -> Vec<Holding> {
    let mut roles: BTreeSet<Vec<String>> = BTreeSet::from([Vec::new()]);
    roles.extend(policies.iter().flat_map(|policy| policy.roles().iter().map(|role| vec![policy.qualified(role)])));
    let relations: [&[&str]; 4] = [&[], &["owner"], &["self"], &["owner", "self"]];
    let members = roles.iter().flat_map(|roles| relations.map(|relations| Holding::of(roles, relations)));
    members.chain([Holding::of(&[], &["operator"])]).collect()
}

/// Two policies with the same people, who hold everything that matters.
struct Pair {
    old: Bench,
    new: Bench,
    found: Diff,
    plain: Vec<Holding>,
    pairs: Vec<Holding>,
}

/// One decision at a type: a write that takes and gives something, or without a kind of write the action of that name.
type Matter = (String, Option<WriteKind>, String, String);

impl Pair {
    fn new(old: &str, new: &str) -> Self {
        let policies = [compiled(old), compiled(new)];
        let found = diff(&policies[0], &policies[1]);
        let plain = plain_holdings(&policies);
        let roles: BTreeSet<&String> = plain.iter().flat_map(|holding| &holding.roles).collect();
        let pairs: Vec<Holding> = roles
            .iter()
            .flat_map(|one| {
                roles.iter().filter(move |other| one < *other).map(move |other| [(*one).clone(), (*other).clone()])
            })
            .map(|pair| Holding::of(&pair, &[]))
            .collect();
        let decisions = found.types.iter().flat_map(|of| &of.decisions);
        let told = decisions.flat_map(|decision| decision.gains.iter().chain(&decision.losses));
        let told = told.map(|holding| Holding::of(&holding.roles, &holding.relations));
        let all: Vec<Holding> = plain.iter().chain(&pairs).cloned().chain(told).collect();
        let all: Vec<Holding> = all
            .iter()
            .cloned()
            .chain(all.iter().flat_map(Holding::one_less))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        Self { old: Bench::new(old, all.clone()), new: Bench::new(new, all), found, plain, pairs }
    }

    /// Everything that either policy decides about.
    fn matters(&self) -> BTreeSet<Matter> {
        let mut matters = BTreeSet::new();
        for bench in [&self.old, &self.new] {
            for of in bench.policy().types() {
                let mut add = |verb: Option<WriteKind>, from: &str, to: &str| {
                    matters.insert((of.name().to_owned(), verb, from.to_owned(), to.to_owned()));
                };
                of.actions().iter().for_each(|action| add(None, action.name(), ""));
                let roles: Vec<&str> = of.roles().iter().map(|role| bench.policy().role(*role).name()).collect();
                for verb in WriteKind::ALL {
                    let is_root = of.parent().is_none() && verb == WriteKind::Remove;
                    let nobody = is_root.then_some("anyone");
                    let taken: Vec<&str> =
                        if verb.removes_roles() { roles.iter().copied().chain(nobody).collect() } else { vec![""] };
                    for from in taken {
                        let given: Vec<&str> = if verb.grants_roles() { roles.clone() } else { vec![""] };
                        given
                            .into_iter()
                            .filter(|to| to.is_empty() || *to != from)
                            .for_each(|to| add(Some(verb), from, to));
                    }
                }
            }
        }
        matters
    }

    /// Whether every role of a holding is one of the type or of those above it, under either policy.
    fn counts(&self, of: &str, holding: &Holding) -> bool {
        let on_the_way = |policy: &Policy, role: &String| {
            let way = policy.find_type(of).map_or(Vec::new(), |of| policy.ancestors(of));
            way.iter().flat_map(|above| above.roles()).any(|id| policy.qualified(policy.role(*id)) == *role)
        };
        holding.roles.iter().all(|role| [&self.old, &self.new].iter().any(|bench| on_the_way(bench.policy(), role)))
    }

    /// Which way a decision turns for one who holds this: 1 for a gain, -1 for a loss.
    fn turn(&self, (of, verb, from, to): &Matter, holding: &Holding) -> i8 {
        let may = |bench: &Bench| match verb {
            None => bench.may(holding, of, from),
            Some(verb) => bench.may_write(holding, of, (*verb, from, to)),
        };
        i8::from(may(&self.new)) - i8::from(may(&self.old))
    }

    /// Those for whom it turns and who must be told: one with nothing or a role alone always, one with more only if
    /// it takes all that they hold.
    fn expected(&self, matter: &Matter, way: i8) -> BTreeSet<Holding> {
        let is_told = |holding: &&Holding| {
            let alone = holding.relations.is_empty() || holding.relations == ["operator"];
            self.counts(&matter.0, holding)
                && self.turn(matter, holding) == way
                && (alone || !holding.one_less().iter().any(|less| self.turn(matter, less) == way))
        };
        self.plain.iter().filter(is_told).cloned().collect()
    }

    fn told(&self, (of, verb, from, to): &Matter, way: i8) -> BTreeSet<Holding> {
        let decisions = self.found.types.iter().filter(|found| found.of == *of).flat_map(|found| &found.decisions);
        let side = |names: &[String], name: &String| names.contains(name) || (names.is_empty() && name.is_empty());
        let decisions = decisions.filter(|decision| match &decision.what {
            What::Action(action) => verb.is_none() && action == from,
            What::Write { verb: known, from: froms, to: tos } => {
                *verb == Some(*known) && side(froms, from) && side(tos, to)
            }
        });
        let holdings = decisions.flat_map(|decision| if way == 1 { &decision.gains } else { &decision.losses });
        holdings.map(|holding| Holding::of(&holding.roles, &holding.relations)).collect()
    }

    /// Holds the difference against what the engine decides under both; how many decisions turn.
    fn hold(&self) -> usize {
        let mut turned = 0;
        for matter in self.matters() {
            for way in [1, -1] {
                let (expected, told) = (self.expected(&matter, way), self.told(&matter, way));
                let (few, many): (BTreeSet<Holding>, BTreeSet<Holding>) =
                    told.iter().cloned().partition(|holding| holding.roles.len() < 2);
                assert_eq!(few, expected, "{matter:?} {way}\n{:#?}", self.found);
                for holding in &many {
                    assert_eq!(self.turn(&matter, holding), way, "{matter:?}: {holding:?}");
                    assert!(holding.one_less().iter().all(|less| self.turn(&matter, less) != way), "{holding:?}");
                }
                let turned_for = |pair: &&Holding| self.counts(&matter.0, pair) && self.turn(&matter, pair) == way;
                let unnoticed = self.pairs.iter().find(turned_for).filter(|_| told.is_empty());
                assert_eq!(unnoticed, None, "{matter:?} {way}: nobody is told");
                turned += told.len();
            }
        }
        turned
    }
}

/// Copies of a policy in each of which one rule is another.
fn mutants(policy: &str) -> Vec<String> {
    let lines: Vec<&str> = policy.lines().collect();
    let mut mutants = Vec::new();
    let mut in_actions = false;
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('[') {
            in_actions = line.contains(".actions]");
        }
        let marks: &[&str] = if in_actions { &["= \"", "rule = \""] } else { &["by = \""] };
        let Some(mark) = marks.iter().rev().find(|mark| !line.starts_with('#') && line.contains(**mark)) else {
            continue;
        };
        for place in line.match_indices(mark).map(|(place, _)| place + mark.len()) {
            let end = place + line[place..].find('"').unwrap();
            let rule = &line[place..end];
            for other in ["anyone | operator".to_owned(), "operator & anyone".to_owned(), format!("!({rule})")] {
                let changed = format!("{}{other}{}", &line[..place], &line[end..]);
                let lines =
                    lines.iter().enumerate().map(|(here, line)| if here == at { changed.as_str() } else { line });
                mutants.push(lines.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    mutants
}

#[test]
fn every_mutant_differs_in_exactly_the_decisions_that_turn() {
    for (policy, least) in [(LUMICON, 60), (SKETCH, 60)] {
        let mutants = mutants(policy);
        assert!(mutants.len() >= least, "{} mutants", mutants.len());
        for mutant in mutants {
            let pair = Pair::new(policy, &mutant);
            assert_eq!(pair.hold() == 0, pair.found.is_empty(), "{:#?}", pair.found);
            assert!(pair.found.types.iter().all(|of| of.parts.is_empty() && of.settings.is_empty()));
        }
    }
}

#[test]
fn random_policies_differ_in_exactly_the_decisions_that_turn() {
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let strategy = proptest::collection::vec(any::<u8>(), 200..900);
    let outcome = runner.run(&strategy, |bytes| {
        let tape = &mut Tape::new(&bytes);
        let texts = [Model::random(tape).text(tape), Model::random(tape).text(tape)];
        Pair::new(&texts[0], &texts[1]).hold();
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_policy_does_not_differ_from_itself() {
    for text in [LUMICON, SKETCH] {
        let found = diff(&compiled(text), &compiled(text));
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!(found.text(true), "no decision changes\n");
    }
}

#[test]
fn another_text_with_the_same_meaning_is_no_change() {
    let other = LUMICON
        .replace("\"editor | viewer\"", "\"!(!viewer & !job_site.editor)\"")
        .replace("\"admin | user\"", "\"user | anyone & workspace.admin | admin & !user\"")
        .replace(
            "invite = [{ by = \"admin\", to = [\"user\"] }, { by = \"operator\", to = [\"admin\", \"user\"] }]",
            "invite = [{ by = \"admin | operator\", to = [\"user\"] }, { by = \"operator\", to = [\"admin\"] }]",
        )
        .replace("version = 1", "version = 7");
    assert!(other.matches("!viewer").count() == 3 && other.contains("admin | operator") && other.contains("& !user"));
    let found = diff(&compiled(LUMICON), &compiled(&other));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_bound_that_goes_is_told_though_no_decision_changes() {
    let [old, new] = [LUMICON, LUMICON.rsplit_once("[[never]]").unwrap().0]
        .map(|text| compile("lumicon.toml", text).unwrap_or_else(|wrong| panic!("{}", wrong.render(false))));
    let bound = "never: `job_site.viewer` becomes `job_site.editor`";
    let (gone, come) = (diff(&old, &new), diff(&new, &old));
    assert_eq!(gone.text(false), format!("lumicon, version 1\n\n− {bound}\n"));
    assert_eq!(come.text(false), format!("lumicon, version 1\n\n+ {bound}\n"));
    assert_eq!(gone.markdown(), format!("# lumicon, version 1\n\n- **−** {bound}\n"));
    assert!(!gone.is_empty() && gone.types.is_empty());
}

#[test]
fn what_only_several_roles_together_may_is_told() {
    let old = SKETCH.replace("\"team_member & !(guest & guest_reviewer)\"", "\"guest & team_member & guest_reviewer\"");
    let pair = Pair::new(&old, &SKETCH.replace("\"team_member & !(guest & guest_reviewer)\"", "\"operator\""));
    assert_eq!(pair.hold(), 2);
    let decision = &pair.found.types[0].decisions[0];
    assert_eq!(decision.losses[0].words, "`organization.guest` with `team_member` and `guest_reviewer`");
    assert_eq!(decision.gains[0].words, "operator");
}

/// A policy that differs in everything that can differ.
fn changed() -> String {
    let mut text = SKETCH.to_owned();
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
        ("owned        = true\n", ""),
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
    assert!(Pair::new(SKETCH, &changed()).hold() > 20);
}

#[test]
fn two_versions_of_a_policy_differ_as_stored() {
    let texts = [include_str!("../../policies/lumi-1.toml"), include_str!("../../policies/lumi-2.toml")];
    let [old, new] = texts.map(|text| compile("lumi.toml", text).unwrap());
    assert_eq!(compare(&stored("lumi.diff.txt"), &diff(&old, &new).text(false)), None);
    assert!(Pair::new(texts[0], texts[1]).hold() > 20);
}

/// What a command wrote, to both sides, and its exit code.
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
