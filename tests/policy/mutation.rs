//! Mutated policies: the compiler neither panics nor hangs, and no rule of a policy can change unnoticed by its cases.

use rollcall::cli::policy::{Output, PolicyArgs, PolicyCommand, TestArgs, run_to};
use rollcall_engine::compile;
use rollcall_policy_tools::cases;

use super::{golden::lumicon, profile::repetitions};

const POLICY: &str = include_str!("../../policies/lumicon.toml");
const CASES: &str = include_str!("../../policies/lumicon.tests.toml");

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// A copy in which a few bytes are changed or exchanged, and ranges of bytes are cut out or written twice.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(60)).min(bytes.len());
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(7),
            1 => bytes[at] = *b"\"'[]{}=|&!(),.\n# 0_".get(random.below(19)).unwrap(),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again: Vec<u8> = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads many mutated copies of a text, each of which is good or has a diagnostic with its position; how many are good.
fn count_good(text: &str, copies: usize, read: impl Fn(&str) -> Option<String>) -> usize {
    let random = &mut Random(0x0b5e_55ed);
    let mut good = 0;
    for copy in 0..copies {
        let text = mutated(text, random);
        match read(&text) {
            None => good += 1,
            Some(diagnostics) => assert!(diagnostics.contains("-->"), "copy {copy} has no position: {diagnostics}"),
        }
    }
    good
}

#[test]
fn mutated_policies_are_read_to_the_end() {
    let copies = usize::try_from(repetitions("mutated_policies", 2_000, 30_000)).expect("few");
    let read = |text: &str| compile("mutated.toml", text).err().map(|diagnostics| diagnostics.render(false));
    let good = count_good(POLICY, copies, read);
    // Comments can be mutated without harm, rules can not.
    assert!((copies / 100..copies * 3 / 4).contains(&good), "{good} of {copies} are good");
}

#[test]
fn mutated_cases_are_read_to_the_end() {
    let policy = lumicon();
    let read = |text: &str| {
        let found = cases::read("mutated.tests.toml", text, &policy);
        found.err().map(|diagnostics| diagnostics.render(false))
    };
    let copies = usize::try_from(repetitions("mutated_cases", 150, 3_000)).expect("few");
    let good = count_good(CASES, copies, read);
    assert!((copies / 100..copies * 4 / 5).contains(&good), "{good} of {copies} are good");
}

/// For each rule that is widened to everybody or narrowed to nobody, and each protection that is removed, some case
/// must fail.
#[test]
fn no_rule_of_lumicon_changes_unnoticed() {
    let mut changed = Vec::new();
    let mut in_actions = false;
    for (at, line) in POLICY.lines().enumerate() {
        if line.starts_with('[') {
            in_actions = line.contains(".actions]");
        }
        let marks: &[&str] = if in_actions { &["= \"", "rule = \""] } else { &["by = \""] };
        let Some(mark) = marks.iter().rev().find(|mark| !line.starts_with('#') && line.contains(**mark)) else {
            continue;
        };
        let starts = line.match_indices(mark).map(|(start, _)| start + mark.len());
        for start in starts {
            let end = start + line[start..].find('"').unwrap();
            for rule in ["anyone | operator", "operator & anyone"] {
                changed.push((at, format!("{}{rule}{}", &line[..start], &line[end..])));
            }
        }
    }
    for (at, line) in POLICY.lines().enumerate() {
        for part in
            ["protected_below = true, ", "implies = [\"job_site.editor\"], ", ", at_least = 1", ", when_locked = true"]
        {
            if line.contains(part) {
                changed.push((at, line.replace(part, "")));
            }
        }
    }
    assert_eq!(changed.len(), 2 * (13 + 13) + 4);
    let unnoticed: Vec<&String> =
        changed.iter().filter(|(at, line)| cases_pass(&with_line(*at, line))).map(|(_, line)| line).collect();
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
    assert!(cases_pass(POLICY));
}

fn with_line(at: usize, line: &str) -> String {
    let lines: Vec<&str> =
        POLICY.lines().enumerate().map(|(index, old)| if index == at { line } else { old }).collect();
    lines.join("\n")
}

/// Whether every case of lumicon passes under a changed policy.
fn cases_pass(policy: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lumicon.toml");
    // Without `[[never]]`: the cases are to notice the change.
    std::fs::write(&path, policy.split("[[never]]").next().unwrap()).unwrap();
    std::fs::write(dir.path().join("lumicon.tests.toml"), CASES).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, styled: false };
    let command = PolicyCommand::Test(TestArgs { files: vec![path], ..TestArgs::default() });
    let success = run_to(&PolicyArgs { command }, &mut output).unwrap();
    assert!(err.is_empty(), "{}", String::from_utf8_lossy(&err));
    success
}
