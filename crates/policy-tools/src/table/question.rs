//! Who may do one action or make one membership write, and why somebody may or may not.

use rollcall_engine::{
    Action, Mask, MemberRule, Policy, ResourceType, Role, Rule, Term, givers, listed, rules_about, writes::WriteGroup,
};

use crate::table::{
    cell::{Cell, Way, allowed, cell, singles, ways},
    column::columns,
};

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub enum Question<'p> {
    /// An action of the type.
    Action(&'p Action),
    /// Membership writes to which the same rules apply.
    Write(&'p WriteGroup),
}

impl<'p> Question<'p> {
    /// The rules about it, in the order of the file; whoever satisfies one of them may.
    pub fn rules(self, of: &'p ResourceType) -> Vec<&'p Rule> {
        match self {
            Self::Action(action) => vec![action.rule()],
            Self::Write(WriteGroup { verb, from, to }) => {
                rules_about(of, *verb, *from, *to).map(MemberRule::by).collect()
            }
        }
    }

    fn terms(self, of: &'p ResourceType) -> Vec<Term> {
        self.rules(of).into_iter().flat_map(Rule::terms).copied().collect()
    }
}

/// Whether those who hold something may, in words with names in backticks.
#[derive(Clone, Debug)]
pub struct Answer<'p> {
    /// The rule that lets them through; none where they may not.
    pub rule: Option<&'p Rule>,
    /// What it rests on.
    pub because: String,
    /// What would shut them out, where they may: `also` and a role, or a relation.
    pub unless: Option<String>,
    /// What they could hold besides to be let through, where they may not; the least first.
    pub ways_in: Vec<String>,
}

/// Who may, in words with names in backticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoMay {
    /// Roles and relations that are enough.
    pub may: Vec<String>,
    /// Roles and relations with their condition, those with the same together.
    pub may_if: Vec<String>,
    /// Roles and relations that are not enough, and add nothing.
    pub may_not: Vec<String>,
}

/// Asks whether an active member who holds these roles and relations on the way up may.
pub fn ask<'p>(policy: &Policy, of: &'p ResourceType, question: Question<'p>, held: Mask) -> Answer<'p> {
    let terms = question.terms(of);
    let ways = ways(policy, &terms, held);
    let bits = policy.bits(held);
    let open = ways.iter().find(|way| way.with.is_empty());
    if let Some(way) = open {
        let rule = question.rules(of).into_iter().find(|rule| rule.satisfied_by(bits));
        let terms = rule.map_or(&[][..], Rule::terms);
        let need = terms.iter().find(|term| term.satisfied_by(bits)).map_or(Mask::EMPTY, |term| term.need);
        let unless = Way { with: Mask::EMPTY, unless: way.unless.clone() }.words(policy, of);
        return Answer {
            rule,
            because: because(policy, of, held, need),
            unless: unless.strip_prefix("unless ").map(str::to_owned),
            ways_in: Vec::new(),
        };
    }
    let excluded: Mask = terms.iter().filter(|term| bits.contains(term.need)).map(|term| term.forbid & bits).collect();
    let (one, excluded) = (question.rules(of).len() == 1, names(policy, of, excluded));
    let because = match (terms.is_empty(), excluded.is_empty()) {
        (true, _) => "nobody may".to_owned(),
        (_, true) => format!("nothing that they hold satisfies {}", if one { "the rule" } else { "any of the rules" }),
        _ => {
            let rules = if one { "the rule excludes" } else { "the rules exclude" };
            format!("{rules} {}", listed(&excluded, "or"))
        }
    };
    let mut ways_in: Vec<String> = ways.iter().map(|way| way_in(policy, of, way)).collect();
    if allowed(&terms, Mask::OPERATOR) {
        ways_in.push("an operator may".to_owned());
    }
    Answer { rule: None, because, unless: None, ways_in }
}

/// Tells who may: every role of the type and of those above it, and the relations that the rules are about.
pub fn who_may(policy: &Policy, of: &ResourceType, question: Question<'_>) -> WhoMay {
    let terms = question.terms(of);
    let mut who = WhoMay::default();
    let mut conditions: Vec<(String, Vec<String>)> = Vec::new();
    for column in columns(policy, of, std::slice::from_ref(&terms)) {
        let name = names(policy, of, column.who).concat();
        let cell = cell(policy, &terms, column.who);
        match &cell {
            Cell::Yes => who.may.push(name),
            Cell::No => who.may_not.push(name),
            Cell::If(_) => {
                let words = cell.words(policy, of);
                match conditions.iter_mut().find(|(known, _)| *known == words) {
                    Some((_, names)) => names.push(name),
                    None => conditions.push((words, vec![name])),
                }
            }
        }
    }
    who.may_if = conditions.into_iter().map(|(words, names)| format!("{} {words}", names.join(", "))).collect();
    who
}

/// What lets through, and what it comes from where it is implied.
fn because(policy: &Policy, of: &ResourceType, held: Mask, need: Mask) -> String {
    let of_role = |role: &Role| {
        let name = format!("`{}`", policy.name_at(of, role));
        let by = policy.roles_in(held).find(|bound| bound.closure().contains(role.mask()));
        match by.filter(|_| !held.contains(role.mask())) {
            Some(by) => format!("{name}, which `{}` implies", policy.name_at(of, by)),
            None => name,
        }
    };
    let roles: Vec<String> = policy.roles_in(need).map(of_role).collect();
    let mut parts = Vec::new();
    if !roles.is_empty() {
        parts.push(format!("they are {}", listed(&roles, "and")));
    }
    for (relation, words) in [(Mask::OWNER, "they own it"), (Mask::SELF, "it is their own")] {
        parts.extend(need.contains(relation).then(|| words.to_owned()));
    }
    if parts.is_empty() { "every active member may".to_owned() } else { parts.join(", and ") }
}

fn way_in(policy: &Policy, of: &ResourceType, way: &Way) -> String {
    let of_role = |role: &Role| {
        let name = format!("`{}`", policy.name_at(of, role));
        let roles = policy.ancestors(of).into_iter().flat_map(ResourceType::roles).map(|id| policy.role(*id));
        let implying: Vec<String> = roles
            .filter(|other| other.id() != role.id() && other.closure().contains(role.mask()))
            .map(|other| format!("`{}`", policy.name_at(of, other)))
            .collect();
        if implying.is_empty() { name } else { format!("{name} (or {}, which implies it)", listed(&implying, "or")) }
    };
    let relations = [(Mask::OWNER, "to own it"), (Mask::SELF, "to do it to their own")];
    let relations = relations.iter().filter(|(relation, _)| way.with.contains(*relation));
    let relations = relations.map(|(_, words)| (*words).to_owned());
    let parts: Vec<String> = relations.chain(policy.roles_in(way.with).map(of_role)).collect();
    let unless = Way { with: Mask::EMPTY, unless: way.unless.clone() }.words(policy, of);
    let comma = if unless.is_empty() { "" } else { ", " };
    let given: String = policy.roles_in(way.with).filter_map(|role| given(policy, of, role)).collect();
    format!("{}{comma}{unless}{given}", parts.join(", and "))
}

/// Who gives a role.
fn given(policy: &Policy, of: &ResourceType, role: &Role) -> Option<String> {
    let mut by: Vec<(&str, Vec<u32>)> = Vec::new();
    for rule in givers(policy.resource_type(role.of()), role).map(MemberRule::by) {
        match by.iter_mut().find(|(text, _)| *text == rule.text()) {
            Some((_, lines)) => lines.push(rule.line()),
            None => by.push((rule.text(), vec![rule.line()])),
        }
    }
    let by: Vec<String> = by
        .into_iter()
        .map(|(text, lines)| {
            let numbers: Vec<String> = lines.iter().map(u32::to_string).collect();
            format!("`{text}` (line{} {})", if lines.len() == 1 { "" } else { "s" }, listed(&numbers, "and"))
        })
        .collect();
    (!by.is_empty()).then(|| format!("; `{}` is given by {}", policy.name_at(of, role), listed(&by, "or")))
}

/// The roles of a mask in backticks, the relations by their words.
fn names(policy: &Policy, of: &ResourceType, mask: Mask) -> Vec<String> {
    let name = |one: Mask| match policy.roles_in(one).next() {
        Some(role) => format!("`{}`", policy.name_at(of, role)),
        None => Mask::RELATIONS.iter().find(|(_, relation)| *relation == one).map_or("", |(word, _)| *word).to_owned(),
    };
    singles(mask).map(name).collect()
}
