//! Of membership writes, too, the two sides agree, and would be seen not to: whatever is left out of a rule, or of what
//! holds besides, on Cedar's side is noticed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crosscheck::{
    agree::StopCondition,
    member_rule::MemberRule,
    membership::{POLICIES, compare::compare, translate::translate},
    model::{Model, Role, Type},
};

const SEED: u64 = 7;
const MOST: usize = 100_000;

/// Whether a disagreement is seen between Rollcall under a file and Cedar under a text, in tenants of the file.
fn is_noticed(file: &str, cedar: &str) -> bool {
    let stop = StopCondition { requests: MOST, disagreements: 1 };
    !compare(file, &Model::read(file).unwrap(), cedar, SEED, stop).unwrap().disagreements.is_empty()
}

/// Changes one thing after the other in the models of all policies, each alone: `change` does the one of a number, and
/// says which that was, until there is none. Returns those that nobody notices.
fn unnoticed(change: impl Fn(&mut Model, usize) -> Option<String>) -> Vec<String> {
    let mut unnoticed = Vec::new();
    for (name, file) in POLICIES {
        for number in 0.. {
            let mut model = Model::read(file).unwrap();
            let Some(changed) = change(&mut model, number) else {
                break;
            };
            if !is_noticed(file, &translate(&model).unwrap()) {
                unnoticed.push(format!("{name}: {changed}"));
            }
        }
    }
    unnoticed
}

/// Every membership rule, with its type and operation.
fn rules(model: &mut Model) -> impl Iterator<Item = (String, &mut MemberRule)> {
    model.types.iter_mut().flat_map(|Type { name, members, .. }| {
        members.iter_mut().flat_map(move |(operation, rules)| {
            let name = format!("{name} {operation}");
            rules.iter_mut().map(move |rule| (format!("{name} by {}", rule.by), rule))
        })
    })
}

fn roles(model: &mut Model) -> impl Iterator<Item = &mut Role> {
    model.types.iter_mut().flat_map(|resource_type| &mut resource_type.roles)
}

#[test]
fn both_decide_alike() {
    for (name, file) in POLICIES {
        let model = Model::read(file).unwrap();
        let stop = StopCondition { requests: 30_000, disagreements: 1 };
        let summary = compare(file, &model, &translate(&model).unwrap(), SEED, stop).unwrap();
        assert_eq!(summary.disagreements, Vec::<String>::new(), "{name}");
        assert!(summary.allowed > 600, "{name}");
    }
}

#[test]
fn a_rule_left_out_is_noticed() {
    let left_out = unnoticed(|model, number| {
        let (name, rule) = rules(model).nth(number)?;
        rule.by = "nobody".to_owned();
        Some(name)
    });
    assert_eq!(left_out, Vec::<String>::new());
}

#[test]
fn a_rule_turned_around_is_noticed() {
    let turned = unnoticed(|model, number| {
        let (name, rule) = rules(model).nth(number)?;
        rule.by = format!("!({})", rule.by);
        Some(name)
    });
    assert_eq!(turned, Vec::<String>::new());
}

#[test]
fn a_rule_about_anybody_is_noticed() {
    let about_anybody = unnoticed(|model, number| {
        let (name, rule) = rules(model).filter(|(_, rule)| rule.whom.is_some()).nth(number)?;
        rule.whom = None;
        Some(name)
    });
    // Whoever is a boss can't be invited, nor is sent an invitation by a hand.
    assert_eq!(about_anybody, ["chains: crew invite by hand"]);
}

#[test]
fn a_rule_about_any_role_is_noticed() {
    let about_any_role = unnoticed(|model, number| {
        let counts: Vec<usize> = model.types.iter().map(|each| each.roles.len()).collect();
        let of_types = model.types.iter_mut().zip(counts);
        let mut some = of_types.flat_map(|(each, count)| {
            let name = &each.name;
            let rules = each.members.iter_mut().flat_map(move |(operation, rules)| {
                rules.iter_mut().map(move |rule| (format!("{name} {operation} by {}", rule.by), rule))
            });
            rules.filter(move |(_, rule)| !rule.is_of_anyone() && rule.from.iter().flatten().count() < count)
        });
        let (name, rule) = some.nth(number)?;
        rule.from = None;
        Some(name)
    });
    // The first is let through by the rule before it, the others would exchange a role for itself.
    let same = [
        "lumicon: job_site remove by viewer & self",
        "chains: crew change by operator",
        "chains: yard change by lead & !self",
        "club: club change by self",
    ];
    assert_eq!(about_any_role, same);
}

#[test]
fn a_role_left_out_of_a_rule_is_noticed() {
    let left_out = unnoticed(|model, mut number| {
        for (name, rule) in rules(model) {
            for (key, list) in [("from", rule.from.as_mut()), ("to", Some(&mut rule.to))] {
                let Some(list) = list else { continue };
                if number < list.len() {
                    return Some(format!("{name} {key} {}", list.remove(number)));
                }
                number -= list.len();
            }
        }
        None
    });
    // The first is said by the rule after it, the others would exchange a role for itself.
    let same = [
        "yard: hall invite by warden to attendant",
        "chains: crew change by boss & !self to hand",
        "chains: yard change by lead from mate",
    ];
    assert_eq!(left_out, same);
}

#[test]
fn what_a_role_or_type_says_is_noticed() {
    let left_out = unnoticed(|model, number| {
        let role = roles(model).filter(|role| role.at_least > 0).nth(number)?;
        role.at_least = 0;
        Some(role.name.clone())
    });
    assert_eq!(left_out, Vec::<String>::new());
    for (name, file) in POLICIES {
        let mut model = Model::read(file).unwrap();
        model.reactivates = !model.reactivates;
        assert!(is_noticed(file, &translate(&model).unwrap()), "{name}: nobody notices what invitations do");
    }
    let (_, club) = POLICIES.into_iter().find(|(name, _)| *name == "club").unwrap();
    for number in 0..roles(&mut Model::read(club).unwrap()).count() {
        let mut model = Model::read(club).unwrap();
        let role = roles(&mut model).nth(number).unwrap();
        role.for_teams = !role.for_teams;
        let name = role.name.clone();
        assert!(is_noticed(club, &translate(&model).unwrap()), "nobody notices whether {name} is for teams");
    }
}

/// What holds whatever the rules say, as it stands in Cedar's policies, and what lets more through in its stead.
const LIMITS: [(&str, &str); 18] = [
    ("principal.status == \"active\"", "true"),
    ("!principal.locked", "true"),
    ("!(principal has team)", "true"),
    ("!(principal has everybody)", "true"),
    ("!(context.target in resource.protecting)", "true"),
    ("when { context.target.needed.isEmpty() }", ""),
    ("|| context.target.needed.isEmpty()", "|| true"),
    ("when { !(context.target has everybody) && (", "when { ("),
    ("when { !(context.target has team) && !(context.target has everybody) }", ""),
    ("when { !context.target.locked }", ""),
    ("when { context.target.locked }", ""),
    ("when { (context.target has status && context.target.status == \"invited\") }", ""),
    ("when { (context.target has status && context.target.status == \"active\") }", ""),
    ("when { (context.target has status && context.target.status == \"deactivated\") }", ""),
    ("when { !(context.target has roles && context.target.roles.contains(context.to)) }", ""),
    ("!(resource has owner && resource.owner == context.target)", "true"),
    ("!(resource.team in context.target)", "true"),
    ("when { context.target has everybody }", ""),
];

#[test]
fn a_limit_left_out_is_noticed() {
    for (limit, instead) in LIMITS {
        let noticed = POLICIES.into_iter().rev().any(|(_, file)| {
            let cedar = translate(&Model::read(file).unwrap()).unwrap();
            cedar.contains(limit) && is_noticed(file, &cedar.replace(limit, instead))
        });
        assert!(noticed, "nobody misses {limit}");
    }
}

#[test]
fn a_write_that_says_less_is_asked_more() {
    let sends_again = "when { !((context.target has status && context.target.status == \"invited\")";
    let takes_one_of_several = "when { !(!(context has from) && (context.target has roles";
    for (condition, policy) in [(sends_again, "yard"), (takes_one_of_several, "club")] {
        let (_, file) = POLICIES.into_iter().find(|(name, _)| *name == policy).unwrap();
        let cedar = translate(&Model::read(file).unwrap()).unwrap();
        assert!(cedar.contains(condition));
        let opened = condition.replacen("when { ", "when { true || ", 1);
        assert!(is_noticed(file, &cedar.replace(condition, &opened)), "nobody misses {condition}");
    }
}
