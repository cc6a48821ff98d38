//! The names in the documents exist: files, sections, settings, limits, RPCs, modules and what they may import.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use rollcall::config::{Config, DEFAULTS};

use crate::markdown::{DOCUMENTS, of_language, quoted, read};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The name that a heading has in a link: in lower case, `-` for spaces, without other punctuation.
fn anchor(heading: &str) -> String {
    let plain = heading.to_lowercase().replace(' ', "-");
    plain.chars().filter(|letter| letter.is_alphanumeric() || *letter == '-').collect()
}

#[test]
fn every_link_leads_somewhere() {
    for document in DOCUMENTS {
        let text = read(document);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, section) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { PathBuf::from(document) } else { Path::new(document).with_file_name(file) };
            assert!(root().join(&target).exists(), "{document}: `{link}` leads nowhere");
            if !section.is_empty() {
                let text = fs::read_to_string(root().join(&target)).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let found = headings.any(|line| anchor(line.trim_start_matches(['#', ' '])) == section);
                assert!(found, "{document}: `{link}` names no section");
            }
        }
    }
}

#[test]
fn every_path_is_there() {
    const PREFIXES: [&str; 10] =
        ["src/", "crates/", "tests/", "proto/", "policies/", "deploy/", "docs/", "examples/", "benches/", "./dev"];
    for document in DOCUMENTS {
        let text = read(document);
        let words = text.split(|letter: char| letter.is_whitespace() || "`(),;\"".contains(letter));
        for word in words.filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix))) {
            // Without the section of a link.
            let path = word.split('#').next().unwrap_or(word).trim_end_matches(['.', ':']);
            assert!(root().join(path).exists(), "{document}: there is no `{path}`");
        }
    }
}

/// Every setting, as `section.key`.
fn settings() -> BTreeSet<String> {
    let (mut section, mut settings) = (String::new(), BTreeSet::new());
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            settings.insert(format!("{section}{key}"));
        }
    }
    settings
}

/// Names that look like the variable of a setting and are none: the prefix of all such names, and one that Kubernetes
/// sets.
const NO_SETTINGS: [&str; 2] = ["ROLLCALL_", "ROLLCALL_PORT"];

#[test]
fn every_setting_is_one() {
    let settings = settings();
    assert!(settings.contains("store.url") && settings.contains("listen"), "{settings:?}");
    let variables: BTreeSet<String> =
        settings.iter().map(|key| format!("ROLLCALL_{}", key.replace('.', "_").to_uppercase())).collect();
    let sections: BTreeSet<&str> =
        settings.iter().filter_map(|key| key.split_once('.')).map(|(name, _)| name).collect();
    for document in DOCUMENTS {
        let text = read(document);
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && !"._".contains(letter));
        for word in words.map(|word| word.trim_matches('.')) {
            if word.starts_with("ROLLCALL_") && !NO_SETTINGS.contains(&word) {
                assert!(variables.contains(word), "{document}: `{word}` is no setting");
            }
        }
        // Files like `policies.toml` aside, a quoted `section.key` is a setting.
        for word in quoted(&text) {
            let is_key = word.split_once('.').is_some_and(|(section, key)| {
                sections.contains(section) && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            });
            assert!(!is_key || settings.contains(&word), "{document}: `{word}` is no setting");
        }
    }
}

#[test]
fn the_settings_shown_are_good() {
    // That of docs/security.md is a callers' file, and read elsewhere.
    for document in DOCUMENTS.into_iter().filter(|document| *document != "docs/security.md") {
        for block in of_language(document, "toml") {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("rollcall.toml");
            fs::write(&file, &block.text).unwrap();
            Config::load(Some(&file), [], []).unwrap_or_else(|mistakes| panic!("{}: {mistakes}", block.at));
        }
    }
}

/// A number with commas between its thousands: `10,000` for `10000` or `10_000`.
fn grouped(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let groups: Vec<String> = digits.rchunks(3).rev().map(|group| group.iter().collect()).collect();
    groups.join(",")
}

#[test]
fn every_limit_of_a_request_is_told() {
    let api = read("docs/api.md");
    let (_, limits) = api.split_once("## Limits").expect("there is a section");
    let documented: BTreeSet<&str> = limits.split(|letter: char| !letter.is_ascii_digit() && letter != ',').collect();
    let sources = [
        "service/input/names.rs",
        "service/input/people.rs",
        "service/input/writes.rs",
        "edge/grpc/authorization.rs",
        "edge/grpc/members.rs",
        "edge/grpc/reading.rs",
        "service/write/tenants/set_policy.rs",
    ];
    let mut count = 0;
    for source in sources {
        let text = read(&format!("src/{source}"));
        for line in text.lines().filter_map(|line| line.strip_prefix("const MAX_")) {
            let (name, value) = line.trim_end_matches(';').split_once(": usize = ").expect("a number");
            if name == "VIOLATIONS" {
                continue;
            }
            let value = grouped(value);
            let is_documented = documented.contains(value.as_str());
            assert!(is_documented, "src/{source}: MAX_{name} is {value}, which is not under `## Limits`");
            count += 1;
        }
    }
    assert!(count > 10, "the limits are elsewhere now");
}

#[test]
fn every_rpc_is_told() {
    let api = read("docs/api.md");
    for file in ["audit", "authorization", "membership", "resource", "tenant", "watch"] {
        let contract = read(&format!("proto/rollcall/v1/{file}.proto"));
        for rpc in contract.lines().filter_map(|line| line.trim().strip_prefix("rpc ")) {
            let name = rpc.split('(').next().unwrap();
            assert!(api.contains(&format!("`{name}`")), "docs/api.md does not have `{name}`");
        }
        for reason in contract.lines().filter_map(|line| line.trim().strip_prefix("REASON_")) {
            let name = format!("REASON_{}", reason.split(' ').next().unwrap());
            assert!(
                name == "REASON_UNSPECIFIED" || api.contains(&format!("`{name}`")),
                "docs/api.md does not have `{name}`"
            );
        }
    }
}

/// The modules of `src` in `crates/house/src/layers.rs`, each with what it may import.
fn enforced_imports() -> BTreeMap<String, BTreeSet<String>> {
    let source = read("crates/house/src/layers.rs");
    let (_, table) = source.split_once("const ROLLCALL").expect("the table is there");
    let (table, _) = table.split_once("\n];").expect("the table ends");
    let rows = table.split("\n    (").skip(1).map(|row| row.split('"').skip(1).step_by(2).map(str::to_owned));
    rows.map(|mut names| (names.next().expect("a module"), names.collect())).collect()
}

#[test]
fn the_map_is_the_one_that_is_enforced() {
    let page = read("ARCHITECTURE.md");
    let (_, map) = page.split_once("| module of `src` |").expect("the map is there");
    let rows = map.lines().skip(2).take_while(|line| line.starts_with("| `"));
    let drawn = rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").collect();
        (quoted(cells[0]).remove(0), quoted(cells[2]).into_iter().collect())
    });
    assert_eq!(drawn.collect::<BTreeMap<_, BTreeSet<_>>>(), enforced_imports());
}

#[test]
fn the_rooms_of_the_engine_stand_in_the_order_that_is_enforced() {
    let (page, source) = (read("ARCHITECTURE.md"), read("crates/house/src/layers.rs"));
    let (_, map) = page.split_once("| room of the engine |").expect("the map is there");
    let rows = map.lines().skip(2).take_while(|line| line.starts_with("| `"));
    let drawn: Vec<String> = rows.map(|row| quoted(row).remove(0)).collect();
    let (_, order) = source.split_once("const ENGINE: &[&str] = &[").expect("the order is there");
    let (order, _) = order.split_once("];").expect("the order ends");
    assert_eq!(drawn, order.split('"').skip(1).step_by(2).collect::<Vec<_>>());
}
