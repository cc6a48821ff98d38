//! What changes from one policy to another: who is allowed something now that they were not, and who no longer is.

mod difference;
mod flips;
mod holding;
mod markdown;
mod names;
mod settings;
mod text;
mod type_version;
mod versions;

use rollcall_engine::{Policy, ResourceType, WriteKind, writes};

pub use difference::{DecisionDiff, Diff, DiffOperation, Setting, Sign, TypeDiff};
pub use holding::Holding;

use flips::{Flips, flips};
use names::{came_or_went, only_in_one, ordered};
use type_version::TypeVersion;
use versions::TypePair;

/// Compares two policies by what they decide, not by their texts; they may have different names. Whatever one of them
/// does not have, nobody may do under it.
pub fn diff(old: &Policy, new: &Policy) -> Diff {
    let types = ordered(old.types(), new.types(), ResourceType::name);
    Diff {
        old: (old.name().to_owned(), old.version()),
        new: (new.name().to_owned(), new.version()),
        settings: settings::of_policy(old, new),
        bounds: bounds(old, new),
        types: types.into_iter().filter_map(|name| type_diff(old, new, &name)).collect(),
    }
}

fn bounds(old: &Policy, new: &Policy) -> Vec<(Sign, String)> {
    let words = |policy: &Policy| -> Vec<String> {
        let names = policy.never().map(|(who, becomes)| [who, becomes].map(|role| policy.qualified(role)));
        names.map(|[who, becomes]| format!("never: `{who}` becomes `{becomes}`")).collect()
    };
    only_in_one(&words(old), &words(new)).collect()
}

fn type_diff(old: &Policy, new: &Policy, name: &str) -> Option<TypeDiff> {
    let pair = TypePair::new(old, new, name);
    let (before, after) = (pair.old.resource_type, pair.new.resource_type);
    let mut parts = Vec::new();
    parts.extend(came_or_went(before.is_some(), after.is_some()).map(|sign| (sign, format!("type `{name}`"))));
    let role_names =
        |version: &TypeVersion<'_>| -> Vec<String> { version.own_roles().map(|role| role.name().to_owned()).collect() };
    let named = |what: &'static str| move |(sign, name)| (sign, format!("{what} `{name}`"));
    parts.extend(only_in_one(&role_names(&pair.old), &role_names(&pair.new)).map(named("role")));
    let action_names = |resource_type: Option<&ResourceType>| -> Vec<String> {
        resource_type.map_or(Vec::new(), |resource_type| {
            resource_type.actions().iter().map(|action| action.name().to_owned()).collect()
        })
    };
    parts.extend(only_in_one(&action_names(before), &action_names(after)).map(named("action")));

    let mut decisions = Vec::new();
    for action in ordered(&action_names(before), &action_names(after), String::as_str) {
        let terms = |resource_type: Option<&ResourceType>| {
            resource_type
                .and_then(|resource_type| resource_type.find_action(&action).ok())
                .map_or(Vec::new(), |found| found.rule().terms().to_vec())
        };
        let (words, flips) = (format!("`{action}`"), flips(&pair, &terms(before), &terms(after)));
        decisions.extend(decision(DiffOperation::Action(action), words, flips));
    }
    for kind in WriteKind::ALL {
        decisions.extend(write_diffs(&pair, kind));
    }
    let settings = settings::of_type(&pair);
    let changed = !(parts.is_empty() && settings.is_empty() && decisions.is_empty());
    changed.then(|| TypeDiff { resource_type: name.to_owned(), parts, settings, decisions })
}

fn write_diffs(pair: &TypePair<'_>, kind: WriteKind) -> Vec<DecisionDiff> {
    let (removed, granted) = (pair.choices(kind, writes::removable_roles), pair.choices(kind, writes::grantable_roles));
    // For each whom that a rule of either policy is about: whose decisions change.
    let outcome = |from: &String, to: &String| -> Vec<(String, Flips)> {
        let flips_to = |whom: &str| {
            let terms = |version: &TypeVersion<'_>| version.write_terms(kind, from, to, whom);
            flips(pair, &terms(&pair.old), &terms(&pair.new))
        };
        pair.whom_choices(kind, from, to).into_iter().map(|whom| (whom.clone(), flips_to(&whom))).collect()
    };
    let mut decisions = Vec::new();
    for (from, to, flips_by_whom) in writes::grouped(kind, (&removed, &granted), outcome) {
        let [from, to] = [from, to].map(|names| names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>());
        let quoted = |names: &[String]| names.iter().map(|name| versions::shown_choice(name)).collect::<Vec<_>>();
        decisions.extend(flips_by_whom.into_iter().filter_map(|(whom, flips)| {
            let words = writes::describe(kind, &quoted(&from), &quoted(&to), &whom);
            decision(DiffOperation::Write { kind, from: from.clone(), to: to.clone(), whom }, words, flips)
        }));
    }
    decisions
}

fn decision(operation: DiffOperation, words: String, flips: Flips) -> Option<DecisionDiff> {
    let Flips { gains, losses } = flips;
    (!gains.is_empty() || !losses.is_empty()).then_some(DecisionDiff { operation, words, gains, losses })
}
