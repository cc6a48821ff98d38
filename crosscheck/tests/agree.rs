//! The two sides agree, and would be seen not to: a change of any one condition on Cedar's side is noticed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crosscheck::{
    POLICIES,
    agree::{StopCondition, compare},
    expr::parse,
    model::Model,
    translate::{ACTIVE, KNOWN, NOT_ARCHIVED, NOT_LOCKED, RULE, translate},
};

const SEED: u64 = 7;

fn translated(file: &str) -> String {
    translate(&Model::read(file).unwrap()).unwrap()
}

/// Whether a disagreement is seen.
fn is_noticed(file: &str, cedar: &str) -> bool {
    !agree(file, &Model::read(file).unwrap(), cedar, 20_000)
}

fn agree(file: &str, model: &Model, cedar: &str, requests: usize) -> bool {
    compare(file, model, cedar, SEED, StopCondition { requests, disagreements: 1 }).unwrap().disagreements.is_empty()
}

#[test]
fn both_decide_alike() {
    for (name, file) in POLICIES {
        assert!(agree(file, &Model::read(file).unwrap(), &translated(file), 2_500), "{name}");
    }
}

#[test]
fn a_rule_turned_around_is_noticed() {
    for (name, file) in POLICIES {
        let cedar = translated(file);
        let rules: Vec<usize> = cedar.match_indices(RULE).map(|(at, _)| at).collect();
        assert!(!rules.is_empty());
        for at in rules {
            let (before, after) = cedar.split_at(at);
            let flipped = format!("{before}{}", after.replacen(RULE, &RULE.replace("when", "unless"), 1));
            let line = after.lines().nth(2).unwrap();
            assert!(is_noticed(file, &flipped), "{name}: nobody notices `unless` in place of {line}");
        }
    }
}

#[test]
fn a_name_in_a_rule_that_holds_for_nobody_is_noticed() {
    for (name, file) in POLICIES {
        let cedar = translated(file);
        for (start, end) in [
            ("principal in resource.holders[", "]"),
            ("(resource has owner", ")"),
            ("(resource has whose", ")"),
            ("principal is Subject::operator", ""),
        ] {
            for (at, _) in cedar.match_indices(start) {
                let (before, after) = cedar.split_at(at);
                let length = after.find(end).unwrap().max(start.len() - end.len()) + end.len();
                let (written, rest) = after.split_at(length);
                // What is said of operators to members, who are none, makes no difference.
                let of_members = before.rsplit("permit").next().unwrap().contains(ACTIVE);
                if start.ends_with("operator") && of_members {
                    continue;
                }
                let without = format!("{before}false{rest}");
                let line = before.lines().rev().find(|line| line.starts_with("permit")).unwrap();
                assert!(is_noticed(file, &without), "{name}: nobody misses `{written}` in {line}");
            }
        }
    }
}

#[test]
fn an_implied_role_left_out_is_noticed() {
    for (name, file) in POLICIES {
        let model = Model::read(file).unwrap();
        let implying =
            model.types.iter().flat_map(|resource_type| &resource_type.roles).filter(|role| !role.implies.is_empty());
        let roles: Vec<&str> = implying.map(|role| &*role.name).collect();
        assert!(!roles.is_empty());
        for role in roles {
            let mut model = Model::read(file).unwrap();
            let all = model.types.iter_mut().flat_map(|resource_type| &mut resource_type.roles);
            all.filter(|each| each.name == role).for_each(|role| role.implies.clear());
            assert!(!agree(file, &model, &translated(file), 20_000), "{name}: nobody misses what {role} implies");
        }
    }
}

#[test]
fn a_condition_left_out_is_noticed() {
    for (name, file) in POLICIES {
        let cedar = translated(file);
        for condition in [KNOWN, NOT_ARCHIVED, ACTIVE, NOT_LOCKED] {
            assert!(is_noticed(file, &cedar.replace(condition, "")), "{name}: nobody misses {condition}");
        }
    }
}

#[test]
fn a_condition_too_many_is_noticed() {
    let mut added = 0;
    for (name, file) in POLICIES {
        let cedar = translated(file);
        let of_members = |policy: &&str| policy.contains(ACTIVE);
        for policy in cedar.split_inclusive("};\n").filter(of_members) {
            for condition in [NOT_ARCHIVED, NOT_LOCKED].iter().filter(|condition| !policy.contains(**condition)) {
                let stricter = policy.replace(ACTIVE, &format!("{ACTIVE}{condition}"));
                assert!(is_noticed(file, &cedar.replace(policy, &stricter)), "{name}: nobody notices it in {policy}");
                added += 1;
            }
        }
    }
    assert_eq!(added, 3, "LumiCon's `password.change`, and each edition of Lumi's `project.archive`");
}

#[test]
fn operators_get_what_a_rule_says_of_them() {
    let file = r#"
        edition = 1
        policy = "p"
        version = 1
        root = "club"
        [club.roles]
        head = {}
        [club.actions]
        "a" = "!head"
        "b" = "operator & !head | head"
        "c" = "!(head & !operator)"
        "d" = "anyone | !operator"
        "e" = "(operator | !head) & !(head | anyone)"
        "f" = "operator & (head | anyone)"
        "g" = "!(!operator | head) | head"
    "#;
    assert!(agree(file, &Model::read(file).unwrap(), &translated(file), 10_000));
    assert!(is_noticed(file, &translated(file).replace("principal is Subject::operator", "false")));
}

#[test]
fn an_owner_is_so_by_a_relation_or_else_by_a_role() {
    let file = r#"
        edition = 1
        policy = "p"
        version = 1
        root = "club"
        [club.roles]
        owner = {}
        Front-Desk = {}
        [club.actions]
        "till.open" = "owner | Front-Desk"
        [room]
        parent = "club"
        owned = true
        [room.actions]
        "room:open" = "owner"
        "room:shut" = "club.owner & !owner"
        [chair]
        parent = "room"
        [chair.actions]
        "SIT" = "owner"
    "#;
    assert!(agree(file, &Model::read(file).unwrap(), &translated(file), 10_000));
    let relation = "(resource has owner && principal == resource.owner)";
    assert!(is_noticed(file, &translated(file).replace(relation, "false")));
    let role = "principal in resource.holders[\"club.owner\"]";
    assert!(is_noticed(file, &translated(file).replace(role, relation)));
}

#[test]
fn half_a_rule_is_refused() {
    for rule in ["", "a |", "a b", "(a", "a)", "!", "a || b", "| a"] {
        assert!(parse(rule).is_err(), "{rule}");
    }
}
