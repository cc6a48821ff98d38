//! Explains one action or one group of membership writes: who may, and why somebody may or may not.

use rollcall_engine::{
    Action, Mask, MemberRule, Policy, ResourceType, Role, Rule, Term, granting_rules, join_words,
    writes::{WriteGroup, rules_to},
};

use crate::table::{
    cell::{Cell, Condition, allowed, cell, conditions, singles},
    column::columns,
};

/// An action or membership writes, about which somebody asks.
#[derive(Clone, Copy, Debug)]
pub enum Operation<'p> {
    /// An action of the type.
    Action(&'p Action),
    /// Membership writes to which the same rules apply.
    Write(&'p WriteGroup),
}

impl<'p> Operation<'p> {
    /// The rules about it, in the order of the file; whoever satisfies any of them may. Empty where nobody may.
    pub fn rules(self, resource_type: &'p ResourceType) -> Vec<&'p Rule> {
        match self {
            Self::Action(action) => vec![action.rule()],
            Self::Write(WriteGroup { kind, from, to, whom }) => {
                rules_to(resource_type, *kind, (*from, *to), whom).map(MemberRule::by).collect()
            }
        }
    }

    fn terms(self, resource_type: &'p ResourceType) -> Vec<Term> {
        self.rules(resource_type).into_iter().flat_map(Rule::terms).copied().collect()
    }
}

/// Why those who hold something may or may not, in words with names in backticks.
#[derive(Clone, Debug)]
pub struct AccessExplanation<'p> {
    /// The rule that allows it; none where they may not.
    pub rule: Option<&'p Rule>,
    /// Why, in a clause that begins with whoever it is about: "they are `editor`", "nobody may".
    pub because: String,
    /// What would deny it to them, where they may: `also` and a role, or a relation. None where nothing would.
    pub unless: Option<String>,
    /// What they could hold besides to be allowed, where they may not; the least first. Empty where nothing would do.
    pub ways_in: Vec<String>,
}

/// Who may do something, in words with names in backticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoMay {
    /// Roles and relations that are enough by themselves.
    pub may: Vec<String>,
    /// Roles and relations that are enough on a condition, with it; those with the same condition in one text.
    pub may_if: Vec<String>,
    /// Roles and relations that are not enough, and add nothing to any other.
    pub may_not: Vec<String>,
}

/// Asks whether an active member may who holds these roles at the resource or above it, and has these relations.
pub fn ask<'p>(
    policy: &Policy,
    resource_type: &'p ResourceType,
    operation: Operation<'p>,
    assigned_roles: Mask,
) -> AccessExplanation<'p> {
    let terms = operation.terms(resource_type);
    let conditions = conditions(policy, &terms, assigned_roles);
    let bits = policy.bits(assigned_roles);
    let satisfied = conditions.iter().find(|condition| condition.with.is_empty());
    if let Some(condition) = satisfied {
        let rule = operation.rules(resource_type).into_iter().find(|rule| rule.allows(bits));
        let terms = rule.map_or(&[][..], Rule::terms);
        let need = terms.iter().find(|term| term.satisfied_by(bits)).map_or(Mask::EMPTY, |term| term.need);
        let unless = Condition { with: Mask::EMPTY, unless: condition.unless.clone() }.words(policy, resource_type);
        return AccessExplanation {
            rule,
            because: because(policy, resource_type, assigned_roles, need),
            unless: unless.strip_prefix("unless ").map(str::to_owned),
            ways_in: Vec::new(),
        };
    }
    let excluded: Mask = terms.iter().filter(|term| bits.contains(term.need)).map(|term| term.forbid & bits).collect();
    let (one, excluded) = (operation.rules(resource_type).len() == 1, names(policy, resource_type, excluded));
    let because = match (terms.is_empty(), excluded.is_empty()) {
        (true, _) => "nobody may".to_owned(),
        (_, true) => format!("nothing that they hold satisfies {}", if one { "the rule" } else { "any of the rules" }),
        _ => {
            let rules = if one { "the rule excludes" } else { "the rules exclude" };
            format!("{rules} {}", join_words(&excluded, "or"))
        }
    };
    let mut ways_in: Vec<String> =
        conditions.iter().map(|condition| way_in(policy, resource_type, condition)).collect();
    if allowed(&terms, Mask::OPERATOR) {
        ways_in.push("an operator may".to_owned());
    }
    AccessExplanation { rule: None, because, unless: None, ways_in }
}

/// Sorts every role of the type and of those above it, and the relations that the rules are about, by whether they may.
pub fn who_may(policy: &Policy, resource_type: &ResourceType, operation: Operation<'_>) -> WhoMay {
    let terms = operation.terms(resource_type);
    let mut who = WhoMay::default();
    let mut conditions: Vec<(String, Vec<String>)> = Vec::new();
    for column in columns(policy, resource_type, std::slice::from_ref(&terms)) {
        let name = names(policy, resource_type, column.who).concat();
        let cell = cell(policy, &terms, column.who);
        match &cell {
            Cell::Yes => who.may.push(name),
            Cell::No => who.may_not.push(name),
            Cell::If(_) => {
                let words = cell.words(policy, resource_type);
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

/// What is enough of the roles and relations held, and by which role it is implied.
fn because(policy: &Policy, resource_type: &ResourceType, assigned_roles: Mask, need: Mask) -> String {
    let of_role = |role: &Role| {
        let name = format!("`{}`", policy.name_at(resource_type, role));
        let by = policy.roles_in(assigned_roles).find(|assigned_role| assigned_role.closure().contains(role.mask()));
        match by.filter(|_| !assigned_roles.contains(role.mask())) {
            Some(by) => format!("{name}, which `{}` implies", policy.name_at(resource_type, by)),
            None => name,
        }
    };
    let roles: Vec<String> = policy.roles_in(need).map(of_role).collect();
    let mut parts = Vec::new();
    if !roles.is_empty() {
        parts.push(format!("they are {}", join_words(&roles, "and")));
    }
    for (relation, words) in [(Mask::OWNER, "they own it"), (Mask::SELF, "it is their own")] {
        parts.extend(need.contains(relation).then(|| words.to_owned()));
    }
    if parts.is_empty() { "every active member may".to_owned() } else { parts.join(", and ") }
}

fn way_in(policy: &Policy, resource_type: &ResourceType, condition: &Condition) -> String {
    let of_role = |role: &Role| {
        let name = format!("`{}`", policy.name_at(resource_type, role));
        let roles =
            policy.ancestors(resource_type).into_iter().flat_map(ResourceType::roles).map(|id| policy.role(*id));
        let implying: Vec<String> = roles
            .filter(|other| other.id() != role.id() && other.closure().contains(role.mask()))
            .map(|other| format!("`{}`", policy.name_at(resource_type, other)))
            .collect();
        if implying.is_empty() {
            name
        } else {
            format!("{name} (or {}, which implies it)", join_words(&implying, "or"))
        }
    };
    let relations = [(Mask::OWNER, "to own it"), (Mask::SELF, "to do it to their own")];
    let relations = relations.iter().filter(|(relation, _)| condition.with.contains(*relation));
    let relations = relations.map(|(_, words)| (*words).to_owned());
    let parts: Vec<String> = relations.chain(policy.roles_in(condition.with).map(of_role)).collect();
    let unless = Condition { with: Mask::EMPTY, unless: condition.unless.clone() }.words(policy, resource_type);
    let comma = if unless.is_empty() { "" } else { ", " };
    let given_by: String =
        policy.roles_in(condition.with).filter_map(|role| granted_by(policy, resource_type, role)).collect();
    format!("{}{comma}{unless}{given_by}", parts.join(", and "))
}

/// By which rules a role is granted, in words; none when no rule grants it.
fn granted_by(policy: &Policy, resource_type: &ResourceType, role: &Role) -> Option<String> {
    let mut by: Vec<(&str, Vec<u32>)> = Vec::new();
    for rule in granting_rules(policy.resource_type(role.resource_type()), role).map(MemberRule::by) {
        match by.iter_mut().find(|(text, _)| *text == rule.text()) {
            Some((_, lines)) => lines.push(rule.line()),
            None => by.push((rule.text(), vec![rule.line()])),
        }
    }
    let by: Vec<String> = by
        .into_iter()
        .map(|(text, lines)| {
            let numbers: Vec<String> = lines.iter().map(u32::to_string).collect();
            format!("`{text}` (line{} {})", if lines.len() == 1 { "" } else { "s" }, join_words(&numbers, "and"))
        })
        .collect();
    (!by.is_empty())
        .then(|| format!("; `{}` is given by {}", policy.name_at(resource_type, role), join_words(&by, "or")))
}

/// The roles of a mask in backticks, the relations by their words.
fn names(policy: &Policy, resource_type: &ResourceType, mask: Mask) -> Vec<String> {
    let name = |one: Mask| match policy.roles_in(one).next() {
        Some(role) => format!("`{}`", policy.name_at(resource_type, role)),
        None => Mask::RELATIONS.iter().find(|(_, relation)| *relation == one).map_or("", |(word, _)| *word).to_owned(),
    };
    singles(mask).map(name).collect()
}
