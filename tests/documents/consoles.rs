//! The consoles of each document, run from top to bottom on a fresh demo; and no block of a document is untested.

use std::{net::SocketAddr, os::unix::fs::symlink, path::Path};

use crate::{
    demo::Demo,
    markdown::{Block, DOCUMENTS, Step, blocks, of_language, read},
    shell::run_steps,
};

/// The languages that blocks of the documents may have; each is tested in some module of this binary.
const LANGUAGES: [&str; 4] = ["console", "toml", "rust", "sh"];

fn steps<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> Vec<Step> {
    blocks.into_iter().filter(|block| block.language == "console").flat_map(Block::steps).collect()
}

#[test]
fn the_readme_is_what_happens() {
    let demo = Demo::start();
    let steps = steps(&blocks("README.md"));
    let shown = steps.iter().map(|step| step.command.as_str()).collect::<Vec<_>>().join("\n");
    for method in ["Check", "ListMembers", "Invite", "AcceptInvitation", "ChangeRole"] {
        assert!(shown.contains(&format!("Service/{method}")), "the README has no {method}");
    }
    // From the repository, as the reader is told: `./dev tools` is one of the commands.
    run_steps(&steps, ("", ""), Path::new(env!("CARGO_MANIFEST_DIR")), demo.address);
}

#[test]
fn the_api_is_what_happens() {
    let demo = Demo::start();
    run_steps(&steps(&blocks("docs/api.md")), ("", ""), demo.dir.path(), demo.address);
}

/// The reader makes a key, puts its hash into the settings, starts the server with them, and goes on.
#[test]
fn the_operations_are_what_happens() {
    let blocks = blocks("docs/operations.md");
    let settings = blocks.iter().position(|block| block.language == "toml").expect("there are settings with callers");
    let (before, after) = blocks.split_at(settings);
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    let before = steps(before);
    let key = run_steps(&before, ("", "echo \"$key\""), dir.path(), nobody);

    let shown = before.last().and_then(|step| step.shown.split_whitespace().next()).expect("the hash is shown");
    assert!(after[0].text.contains(shown), "{}: the hash is not the one that is shown above", after[0].at);
    let hash = crate::shell::run(&format!("printf %s {key} | sha256sum"), dir.path());
    let hash = hash.split_whitespace().next().expect("a hash");
    std::fs::write(dir.path().join("rollcall.toml"), after[0].text.replace(shown, hash)).expect("can be written");
    // The reader stands in the repository.
    symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"), dir.path().join("policies")).expect("can be made");
    let demo = Demo::start_in(dir, &["--config", "rollcall.toml"]);
    run_steps(&steps(after), (&format!("key={key}"), ""), demo.dir.path(), demo.address);
}

#[test]
fn the_snippet_in_the_readme_is_the_example() {
    let [snippet] = of_language("README.md", "rust").try_into().expect("there is one");
    assert!(snippet.text == read("examples/check.rs"), "{}: it differs from examples/check.rs", snippet.at);
}

#[test]
fn every_block_is_tested() {
    for document in DOCUMENTS {
        for block in blocks(document) {
            assert!(
                LANGUAGES.contains(&block.language.as_str()),
                "{}: `{}` is tested nowhere",
                block.at,
                block.language
            );
            let is_read = match block.language.as_str() {
                "console" => document != "ARCHITECTURE.md",
                "toml" | "sh" => ["docs/operations.md", "docs/security.md"].contains(&document),
                _ => document == "README.md",
            };
            assert!(is_read, "{}: no test reads `{}` here", block.at, block.language);
        }
    }
}
