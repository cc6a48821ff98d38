//! Inputs that once failed under `./dev fuzz`, run through the same targets again.

use std::{fs, path::Path};

#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn what_failed_once_does_not_fail_again() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    let mut replayed = 0;
    for (name, target) in
        [("policy", targets::policy as fn(&str)), ("cases", targets::cases), ("tokens", targets::tokens)]
    {
        for entry in fs::read_dir(dir.join(name)).unwrap() {
            target(&fs::read_to_string(entry.unwrap().path()).unwrap());
            replayed += 1;
        }
    }
    assert!(replayed >= 5, "only {replayed} are left");
}
