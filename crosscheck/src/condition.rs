//! From the text of a rule to a condition of Cedar's, name by name.

use crate::{
    expr::{Expr, parse},
    model::{Model, Type},
};

/// The condition that holds for operators.
pub const OPERATOR: &str = "principal is Subject::operator";

/// Of whom a rule is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Of whoever would do an action: the principal.
    Doer,
    /// Of whoever would make a membership write: the principal.
    Actor,
    /// Of whoever a membership write would be made to: the target in the context.
    Target,
}

/// Where a rule stands, and of whom it is read.
#[derive(Clone, Copy)]
pub struct Scope<'m> {
    /// The model of the rule.
    pub model: &'m Model,
    /// The type that has the rule.
    pub resource_type: &'m Type,
    /// Of whom it is read.
    pub party: Party,
}

impl Scope<'_> {
    /// The condition of a rule's text.
    ///
    /// # Errors
    /// When it is no expression, or names what is not there.
    pub fn condition(self, rule: &str) -> Result<String, String> {
        self.cedar(&parse(rule)?)
    }

    /// The condition under which a rule's text lets an operator through; none where it does not name them.
    ///
    /// # Errors
    /// As [`Scope::condition`].
    pub fn operator_condition(self, rule: &str) -> Result<Option<String>, String> {
        let rule = parse(rule)?;
        if names_operator(&rule) { self.says_operator(&rule).map(Some) } else { Ok(None) }
    }

    fn cedar(self, rule: &Expr) -> Result<String, String> {
        Ok(match rule {
            Expr::Name(name) => self.name(name)?,
            Expr::Not(inner) => format!("!({})", self.cedar(inner)?),
            Expr::And(left, right) => format!("({} && {})", self.cedar(left)?, self.cedar(right)?),
            Expr::Or(left, right) => format!("({} || {})", self.cedar(left)?, self.cedar(right)?),
        })
    }

    fn name(self, name: &str) -> Result<String, String> {
        let is_target = self.party == Party::Target;
        let subject = if is_target { "context.target" } else { "principal" };
        Ok(match name {
            "nobody" => "false".to_owned(),
            "self" | "operator" if is_target => return Err(format!("`{name}` is no word about a target")),
            // An actor is active, or nothing is let through at all; a target may be whatever they are.
            "anyone" if is_target => "(context.target has status && context.target.status == \"active\")".to_owned(),
            "anyone" => "principal has status".to_owned(),
            "operator" => OPERATOR.to_owned(),
            // Of a target who is no member, nothing holds.
            "owner" if self.resource_type.owned && is_target => {
                "(context.target has status && resource has owner && context.target == resource.owner)".to_owned()
            }
            "owner" if self.resource_type.owned => "(resource has owner && principal == resource.owner)".to_owned(),
            "self" if self.party == Party::Actor => "principal == context.target".to_owned(),
            "self" => "(resource has whose && principal == resource.whose)".to_owned(),
            name => {
                let role = self.model.qualified_role(self.resource_type, name)?;
                format!("{subject} in resource.holders[\"{role}\"]")
            }
        })
    }

    /// The condition under which a rule says `operator` of an operator: some way to satisfy it has the word in it, and
    /// not only what an operator is not.
    fn says_operator(self, rule: &Expr) -> Result<String, String> {
        let says = |rule: &Expr| self.says_operator(rule);
        Ok(match rule {
            Expr::Name(name) if name == "operator" => OPERATOR.to_owned(),
            Expr::Name(_) => "false".to_owned(),
            Expr::Not(inner) => match inner.as_ref() {
                Expr::Name(_) => "false".to_owned(),
                Expr::Not(twice) => says(twice)?,
                Expr::And(left, right) => says(&Expr::Or(Box::new(negated(left)), Box::new(negated(right))))?,
                Expr::Or(left, right) => says(&Expr::And(Box::new(negated(left)), Box::new(negated(right))))?,
            },
            Expr::And(left, right) => {
                format!("(({} && {}) || ({} && {}))", says(left)?, self.cedar(right)?, self.cedar(left)?, says(right)?)
            }
            Expr::Or(left, right) => format!("({} || {})", says(left)?, says(right)?),
        })
    }
}

fn negated(rule: &Expr) -> Expr {
    Expr::Not(Box::new(rule.clone()))
}

fn names_operator(rule: &Expr) -> bool {
    match rule {
        Expr::Name(name) => name == "operator",
        Expr::Not(inner) => names_operator(inner),
        Expr::And(left, right) | Expr::Or(left, right) => names_operator(left) || names_operator(right),
    }
}
