//! The next instant at which a role ends, as facts tell it.

#![allow(clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "other tests need more of it, and nobody imports it")]
mod support;

use rollcall_engine::{Facts, Timestamp, View};

use support::{TENANT, TenantFacts, compiled};

const POLICY: &str = "edition = 1\npolicy = \"club\"\nversion = 1\nroot = \"club\"\n\
                      [club.roles]\nmember = {}\n[club.actions]\n";

#[test]
fn the_next_end_is_that_of_a_role_that_still_counts() {
    let root = format!("club:{TENANT}");
    let with = |ends: &[(&str, Option<i64>)]| -> View {
        let facts = TenantFacts::of(&compiled(POLICY));
        let facts =
            ends.iter().fold(facts, |facts, (who, end)| facts.active(who, &[]).role(who, &root, "member", *end));
        facts.view()
    };
    let next = |facts: &dyn Facts| facts.next_expiry();
    assert_eq!(next(&with(&[])), None);
    assert_eq!(next(&with(&[("ada", None)])), None);
    let mut view = with(&[("ada", Some(9)), ("bob", Some(5)), ("cleo", None)]);
    assert_eq!(next(&view), Some(Timestamp(5)));
    view.expire_due(Timestamp(4));
    assert_eq!(next(&view), Some(Timestamp(5)));
    view.expire_due(Timestamp(5));
    assert_eq!(next(&view), Some(Timestamp(9)));
    view.expire_due(Timestamp(100));
    assert_eq!(next(&view), None);
}
