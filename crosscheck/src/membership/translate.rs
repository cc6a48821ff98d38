//! From the membership rules of a policy file to Cedar's policies, as text: one for each operation of a type.

use std::fmt::Write as _;

use crate::{
    condition::{OPERATOR, Party, Scope},
    member_rule::{MemberRule, OPERATIONS, grants_roles, takes_roles},
    membership::{
        state::{conditions, sends_again},
        words::{IS_PERSON, MAY_WRITE, TAKES_WHATEVER, any, binding, is_bound, is_given},
    },
    model::{Model, Role, Type},
};

/// The Cedar policies of a model's membership rules.
///
/// # Errors
/// When a rule is no expression, or names what is not there.
pub fn translate(model: &Model) -> Result<String, String> {
    let mut text = String::new();
    for resource_type in &model.types {
        for operation in OPERATIONS.into_iter().filter(|operation| resource_type.members.contains_key(*operation)) {
            let operation = Operation { model, resource_type, name: operation };
            operation
                .translate(&mut text)
                .map_err(|error| format!("{} {}: {error}", resource_type.name, operation.name))?;
        }
    }
    Ok(text)
}

/// The id of the action of a membership write, which no action of a policy has.
pub fn action_id(resource_type: &str, operation: &str) -> String {
    format!("{resource_type} {operation}")
}

/// An operation at a type.
#[derive(Clone, Copy)]
struct Operation<'m> {
    model: &'m Model,
    resource_type: &'m Type,
    name: &'static str,
}

impl<'m> Operation<'m> {
    fn translate(self, text: &mut String) -> Result<(), String> {
        let id = action_id(&self.resource_type.name, self.name);
        // To invite everybody is to publish.
        let action = if self.name == "publish" {
            format!("action in [Action::\"{id}\", Action::\"{}\"]", action_id(&self.resource_type.name, "invite"))
        } else {
            format!("action == Action::\"{id}\"")
        };
        let mut all = vec![MAY_WRITE.to_owned()];
        all.extend(conditions(self.model, self.resource_type, self.name));
        all.extend(self.let_through()?);
        if self.name == "invite" && self.resource_type.members.get("resend").is_some_and(|rules| !rules.is_empty()) {
            let resend = Self { name: "resend", ..self }.let_through()?;
            all.extend(resend.into_iter().map(|condition| format!("!{} || {condition}", sends_again())));
        }
        write!(text, "// {id}\npermit (principal, {action}, resource is Resource::{})", self.resource_type.name)
            .map_err(|error| error.to_string())?;
        for condition in all {
            write!(text, "\nwhen {{ {condition} }}").map_err(|error| error.to_string())?;
        }
        text.push_str(";\n\n");
        Ok(())
    }

    fn rules(self) -> impl Iterator<Item = &'m MemberRule> {
        self.resource_type.members.get(self.name).into_iter().flatten()
    }

    /// The conditions that the rules let the actor through: for each role that is taken or, of an operation that takes
    /// none, that the target has there; and where there is no such role.
    fn let_through(self) -> Result<Vec<String>, String> {
        let mut conditions = Vec::new();
        for role in &self.resource_type.roles {
            let (_, name) = role.name.split_once('.').ok_or("a role without its type")?;
            let rules = self.any_of(self.rules().filter(|rule| rule.lists(name)))?;
            conditions.push(format!("(!{} || {rules})", self.is_taken(role)));
        }
        let any_taken = any(self.resource_type.roles.iter().map(|role| self.is_taken(role)));
        let rules = self.any_of(self.rules().filter(|rule| rule.is_of_anyone()))?;
        conditions.push(match self.name {
            // Whoever holds nothing in the tenant itself can still be taken out of it.
            "remove" if self.resource_type.parent.is_none() => {
                format!("({any_taken} || ({TAKES_WHATEVER} && {IS_PERSON} && {rules}))")
            }
            "change" | "remove" => any_taken,
            _ => format!("({any_taken} || {rules})"),
        });
        Ok(conditions)
    }

    /// The condition that this role is one that the rules are asked about.
    fn is_taken(self, role: &Role) -> String {
        if takes_roles(self.name) {
            format!("(({TAKES_WHATEVER} || context.from == {}) && {})", binding(role), is_bound(role))
        } else {
            is_bound(role)
        }
    }

    fn any_of(self, rules: impl Iterator<Item = &'m MemberRule>) -> Result<String, String> {
        let rules: Vec<String> = rules.map(|rule| self.rule(rule)).collect::<Result<_, _>>()?;
        Ok(any(rules.into_iter()))
    }

    /// The condition of one rule: who writes, to whom, and what is given.
    fn rule(self, rule: &MemberRule) -> Result<String, String> {
        let Self { model, resource_type, .. } = self;
        let actor = Scope { model, resource_type, party: Party::Actor };
        let mut by = format!("(!({OPERATOR}) && {})", actor.condition(&rule.by)?);
        if let Some(says) = actor.operator_condition(&rule.by)? {
            by = format!("({by} || {says})");
        }
        let mut condition = by;
        if let Some(whom) = &rule.whom {
            let target = Scope { model, resource_type, party: Party::Target };
            write!(condition, " && {}", target.condition(whom)?).map_err(|error| error.to_string())?;
        }
        if grants_roles(self.name) {
            let roles: Vec<String> = rule.to.iter().map(|role| format!("{}.{role}", resource_type.name)).collect();
            let is_listed = |role: &&Role| roles.contains(&role.name);
            let given = is_given(resource_type.roles.iter().filter(is_listed));
            write!(condition, " && {given}").map_err(|error| error.to_string())?;
        }
        Ok(format!("({condition})"))
    }
}
