//! What was counted, and what is kept of an earlier count.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use toml::de::{DeTable, DeValue};

/// How far a count may be from the one that is kept, in percent.
const TOLERANCE: i64 = 5;

const HEAD: &str =
    "# Instructions that the hot path takes, as `./dev instructions --write` counted them; see docs/performance.md.\n";

/// Instructions, by what takes them.
#[derive(Default)]
pub struct Counts(BTreeMap<String, i64>);

impl Counts {
    /// What is kept.
    pub fn kept() -> Self {
        let text = fs::read_to_string(file()).expect("counts are kept");
        let table = DeTable::parse(&text).expect("the kept counts are a table");
        let number = |value: &DeValue<'_>| value.as_integer()?.as_str().parse().ok();
        let entries = table
            .get_ref()
            .iter()
            .map(|(name, value)| (name.get_ref().to_string(), number(value.get_ref()).expect("a count is a number")));
        Self(entries.collect())
    }

    pub fn add(&mut self, name: &str, count: u64) {
        self.0.insert(name.to_owned(), i64::try_from(count).expect("a count of instructions is no more than that"));
    }

    /// Keeps these.
    pub fn keep(&self) {
        let lines: Vec<String> = self.0.iter().map(|(name, count)| format!("{name} = {count}\n")).collect();
        fs::write(file(), format!("{HEAD}{}", lines.concat())).expect("the file of counts can be written");
    }

    /// A table in Markdown, beside what is kept.
    pub fn table(&self, kept: &Self) -> String {
        let mut table = "| instructions of | counted | kept | difference |\n|---|---:|---:|---:|\n".to_owned();
        for (name, count) in &self.0 {
            let before = kept.0.get(name);
            let kept_count = before.map_or("none".to_owned(), ToString::to_string);
            let difference = before.map_or(String::new(), |before| format!("{:+} %", percent(*count, *before)));
            writeln!(table, "| {name} | {count} | {kept_count} | {difference} |").expect("a text can be written to");
        }
        table
    }

    /// What is no more as it is kept.
    pub fn moved(&self, kept: &Self) -> Option<String> {
        let is_moved = |(name, count): &(&String, &i64)| {
            kept.0.get(*name).is_none_or(|before| (*count - before).abs() * 100 > before * TOLERANCE)
        };
        let moved: Vec<&str> = self.0.iter().filter(is_moved).map(|(name, _)| name.as_str()).collect();
        (!moved.is_empty()).then(|| format!("more than {TOLERANCE} % from what is kept: {}", moved.join(", ")))
    }
}

fn percent(count: i64, before: i64) -> i64 {
    (count - before) * 100 / before.max(1)
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/counts.toml")
}
