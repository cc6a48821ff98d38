//! `rollcall policy diff` lists exactly the decisions that change: for mutants of a policy, for random policies, and
//! for policies that differ in their text alone.

mod policy_pair;
mod printed;

use proptest::{
    prelude::any,
    test_runner::{Config, TestRunner},
};
use rollcall_engine::compile;
use rollcall_policy_tools::diff::diff;

use self::policy_pair::PolicyPair;
use super::{
    holdings::compile_rules,
    profile::repetitions,
    random_policies::{byte_source::ByteSource, policy::RandomPolicy},
    table::SKETCH,
};

const LUMICON: &str = include_str!("../../policies/lumicon.toml");

/// Copies of a policy in each of which one rule is replaced by another.
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
        for start in line.match_indices(mark).map(|(start, _)| start + mark.len()) {
            let end = start + line[start..].find('"').unwrap();
            let rule = &line[start..end];
            for other in ["anyone | operator".to_owned(), "operator & anyone".to_owned(), format!("!({rule})")] {
                let changed = format!("{}{other}{}", &line[..start], &line[end..]);
                let with_change =
                    lines.iter().enumerate().map(|(index, line)| if index == at { changed.as_str() } else { line });
                mutants.push(with_change.collect::<Vec<_>>().join("\n"));
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
            let pair = PolicyPair::new(policy, &mutant);
            assert_eq!(pair.verify() == 0, pair.diff.is_empty(), "{:#?}", pair.diff);
            let mut types = pair.diff.types.iter();
            assert!(types.all(|resource_type| resource_type.parts.is_empty() && resource_type.settings.is_empty()));
        }
    }
}

#[test]
fn random_policies_differ_in_exactly_the_decisions_that_turn() {
    let cases = u32::try_from(repetitions("random_diffs", 12, 150)).expect("few");
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let strategy = proptest::collection::vec(any::<u8>(), 200..900);
    let outcome = runner.run(&strategy, |bytes| {
        let source = &mut ByteSource::new(&bytes);
        let mut text = || RandomPolicy::generate(source).about_anybody().text(source);
        let texts = [text(), text()];
        PolicyPair::new(&texts[0], &texts[1]).verify();
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_policy_does_not_differ_from_itself() {
    for text in [LUMICON, SKETCH] {
        let found = diff(&compile_rules(text), &compile_rules(text));
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
    let found = diff(&compile_rules(LUMICON), &compile_rules(&other));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_bound_that_goes_is_told_though_no_decision_changes() {
    let [old, new] = [LUMICON, LUMICON.rsplit_once("[[never]]").unwrap().0]
        .map(|text| compile("lumicon.toml", text).unwrap_or_else(|found| panic!("{}", found.render(false))));
    let rule = "never: `job_site.viewer` becomes `job_site.editor`";
    let (removed, added) = (diff(&old, &new), diff(&new, &old));
    assert_eq!(removed.text(false), format!("lumicon, version 1\n\n− {rule}\n"));
    assert_eq!(added.text(false), format!("lumicon, version 1\n\n+ {rule}\n"));
    assert_eq!(removed.markdown(), format!("# lumicon, version 1\n\n- **−** {rule}\n"));
    assert!(!removed.is_empty() && removed.types.is_empty());
}

#[test]
fn what_only_several_roles_together_may_is_told() {
    let old = SKETCH.replace("\"team_member & !(guest & guest_reviewer)\"", "\"guest & team_member & guest_reviewer\"");
    let pair = PolicyPair::new(&old, &SKETCH.replace("\"team_member & !(guest & guest_reviewer)\"", "\"operator\""));
    assert_eq!(pair.verify(), 2);
    let decision = &pair.diff.types[0].decisions[0];
    assert_eq!(decision.losses[0].words, "`organization.guest` with `team_member` and `guest_reviewer`");
    assert_eq!(decision.gains[0].words, "operator");
}
