//! What changes from one policy to another: who may now do what they could not, and who no longer may.
//!
//! Decisions are compared, not texts. Whatever a policy does not have, nobody may do under it.

mod flips;
mod markdown;
mod settings;
mod side;
mod text;

use std::collections::BTreeSet;

use rollcall_engine::{Policy, ResourceType, WriteKind, writes};

pub use side::Holding;

use flips::{Flips, flips};
use side::{Side, Sides};

/// The difference between two policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// Name and version of the old one.
    pub old: (String, u32),
    /// Name and version of the new one.
    pub new: (String, u32),
    /// What changed for the whole policy.
    pub settings: Vec<Setting>,
    /// Bounds that are in one of the two files only, in words. They decide nothing: they say what the rules may become.
    pub bounds: Vec<(Sign, String)>,
    /// The types at which something changed: in the order of the old file, then new ones.
    pub types: Vec<TypeDiff>,
}

/// What changed at one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDiff {
    /// The type.
    pub of: String,
    /// What is in one of the two files only: the type itself, its roles and its actions, in words.
    pub parts: Vec<(Sign, String)>,
    /// What changed beside decisions.
    pub settings: Vec<Setting>,
    /// What somebody may now do, or no longer.
    pub decisions: Vec<DecisionDiff>,
}

/// Whether something came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is only in the new policy.
    Added,
    /// It is only in the old policy.
    Removed,
}

/// A value that is another now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What it is, in words.
    pub about: String,
    /// What it was.
    pub old: String,
    /// What it is now.
    pub new: String,
}

/// What is decided otherwise about one action, or about some membership writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionDiff {
    /// The action, or the kind of write with the roles that it takes and gives.
    pub what: What,
    /// The same in words, with names in backticks.
    pub words: String,
    /// Who may now. One who holds a role alone, or nothing, is always told; one who holds more is left out where one
    /// thing less comes to the same.
    pub gains: Vec<Holding>,
    /// Who no longer may.
    pub losses: Vec<Holding>,
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The action of this name.
    Action(String),
    /// Every write of this kind that takes one of these roles and gives one of these; a write that would exchange a
    /// role for itself is none. `anyone` is whoever holds no role.
    Write {
        /// The kind.
        verb: WriteKind,
        /// The roles taken, by short name; empty where the kind takes none.
        from: Vec<String>,
        /// The roles given; empty where the kind gives none.
        to: Vec<String>,
    },
}

/// Compares two policies.
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

impl Diff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.bounds.is_empty() && self.types.is_empty()
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
    let sides = Sides::new(old, new, name);
    let (before, after) = (sides.old.of, sides.new.of);
    let mut parts = Vec::new();
    parts.extend(came_or_went(before.is_some(), after.is_some()).map(|sign| (sign, format!("type `{name}`"))));
    let role_names = |side: &Side<'_>| -> Vec<String> { side.own_roles().map(|role| role.name().to_owned()).collect() };
    let named = |what: &'static str| move |(sign, name)| (sign, format!("{what} `{name}`"));
    parts.extend(only_in_one(&role_names(&sides.old), &role_names(&sides.new)).map(named("role")));
    let action_names = |of: Option<&ResourceType>| -> Vec<String> {
        of.map_or(Vec::new(), |of| of.actions().iter().map(|action| action.name().to_owned()).collect())
    };
    parts.extend(only_in_one(&action_names(before), &action_names(after)).map(named("action")));

    let mut decisions = Vec::new();
    for action in ordered(&action_names(before), &action_names(after), String::as_str) {
        let terms = |of: Option<&ResourceType>| {
            of.and_then(|of| of.find_action(&action).ok()).map_or(Vec::new(), |found| found.rule().terms().to_vec())
        };
        let (words, flips) = (format!("`{action}`"), flips(&sides, &terms(before), &terms(after)));
        decisions.extend(decision(What::Action(action), words, flips));
    }
    for verb in WriteKind::ALL {
        decisions.extend(write_diffs(&sides, verb));
    }
    let settings = settings::of_type(&sides);
    let changed = !(parts.is_empty() && settings.is_empty() && decisions.is_empty());
    changed.then(|| TypeDiff { of: name.to_owned(), parts, settings, decisions })
}

fn write_diffs(sides: &Sides<'_>, verb: WriteKind) -> Vec<DecisionDiff> {
    let (taken, given) = (sides.choices(verb, writes::taken), sides.choices(verb, writes::given));
    let outcome = |from: &String, to: &String| {
        let terms = |side: &Side<'_>| side.write_terms(verb, from, to);
        flips(sides, &terms(&sides.old), &terms(&sides.new))
    };
    let joined = writes::joined(verb, (&taken, &given), outcome).into_iter();
    joined
        .filter_map(|(from, to, flips)| {
            let quoted = |names: &[String]| names.iter().map(|name| side::shown_choice(name)).collect::<Vec<_>>();
            let words = writes::words(verb, &quoted(&from), &quoted(&to));
            let named = |names: Vec<String>| names.into_iter().filter(|name| !name.is_empty()).collect();
            decision(What::Write { verb, from: named(from), to: named(to) }, words, flips)
        })
        .collect()
}

fn decision(what: What, words: String, flips: Flips) -> Option<DecisionDiff> {
    let Flips { gains, losses } = flips;
    (!gains.is_empty() || !losses.is_empty()).then_some(DecisionDiff { what, words, gains, losses })
}

fn came_or_went(before: bool, after: bool) -> Option<Sign> {
    match (before, after) {
        (false, true) => Some(Sign::Added),
        (true, false) => Some(Sign::Removed),
        _ => None,
    }
}

fn only_in_one(old: &[String], new: &[String]) -> impl Iterator<Item = (Sign, String)> {
    let names = ordered(old, new, String::as_str).into_iter();
    names.filter_map(|name| Some((came_or_went(old.contains(&name), new.contains(&name))?, name)))
}

/// The names of both, each once: in the order of the old, then new ones.
fn ordered<T>(old: &[T], new: &[T], name: impl Fn(&T) -> &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = old.iter().chain(new).map(|one| name(one).to_owned());
    names.filter(|name| seen.insert(name.clone())).collect()
}
