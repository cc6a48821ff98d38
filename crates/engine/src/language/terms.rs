//! Writes the expression of a rule out as terms: the alternatives, any of which satisfies it.

use crate::{
    language::{
        diagnostic::Diagnostic,
        expr::Expr,
        resolve::{Relations, Scope},
        span::Span,
    },
    model::mask::{self, MAX_ALTERNATIVES, MAX_TERMS, Mask, NOBODY, Term},
};

/// The terms of the expression of a rule that stands at a type, by the type's position in the file.
///
/// # Errors
/// A name that means nothing there, or more alternatives than a rule may come to.
pub(crate) fn terms(
    scope: &Scope<'_>,
    resource_type: usize,
    expr: &Expr,
    relations: Relations,
    rule_span: &Span,
) -> Result<Vec<Term>, Diagnostic> {
    let mut writer = TermWriter { scope, resource_type, relations, rule_span, alternatives: 0 };
    let terms = writer.terms(expr, true)?;
    // Whom something is done to may be no member yet, or active no more.
    Ok(if relations.are_of_actors() { mask::restricted_to_members(terms) } else { terms })
}

/// Writes one rule out as terms.
struct TermWriter<'s, 'a> {
    scope: &'s Scope<'a>,
    resource_type: usize,
    relations: Relations,
    rule_span: &'s Span,
    /// How many alternatives were written out so far, those that fell away included.
    alternatives: usize,
}

impl TermWriter<'_, '_> {
    fn terms(&mut self, expr: &Expr, positive: bool) -> Result<Vec<Term>, Diagnostic> {
        match expr {
            Expr::Name(name) if name.value == NOBODY => Ok(if positive { Vec::new() } else { vec![Term::ALWAYS] }),
            Expr::Name(name) => {
                let bit = self.scope.bit(self.resource_type, name, self.relations)?;
                let (need, forbid) = if positive { (bit, Mask::EMPTY) } else { (Mask::EMPTY, bit) };
                Ok(vec![Term { need, forbid }])
            }
            Expr::Not(inner) => self.terms(inner, !positive),
            // De Morgan: the negation of "any" is "all of the negations", and the other way round.
            Expr::Any(parts) => {
                if positive {
                    self.any(parts, true)
                } else {
                    self.all(parts, false)
                }
            }
            Expr::All(parts) => {
                if positive {
                    self.all(parts, true)
                } else {
                    self.any(parts, false)
                }
            }
        }
    }

    fn any(&mut self, parts: &[Expr], positive: bool) -> Result<Vec<Term>, Diagnostic> {
        let mut terms = Vec::new();
        for part in parts {
            terms.extend(self.terms(part, positive)?);
        }
        self.count(terms.len())?;
        mask::any(terms).ok_or_else(|| self.too_many(MAX_TERMS, ""))
    }

    fn all(&mut self, parts: &[Expr], positive: bool) -> Result<Vec<Term>, Diagnostic> {
        parts.iter().try_fold(vec![Term::ALWAYS], |joined, part| {
            let terms = self.terms(part, positive)?;
            self.count(joined.len() * terms.len())?;
            mask::all(&joined, &terms).ok_or_else(|| self.too_many(MAX_TERMS, ""))
        })
    }

    /// Bounds the work, which grows with the alternatives that are written out, however few are left in the end.
    fn count(&mut self, alternatives: usize) -> Result<(), Diagnostic> {
        self.alternatives += alternatives;
        if self.alternatives > MAX_ALTERNATIVES {
            Err(self.too_many(MAX_ALTERNATIVES, ", those that say nothing new included"))
        } else {
            Ok(())
        }
    }

    fn too_many(&self, max: usize, counted: &str) -> Diagnostic {
        let message = format!("a rule comes to more than {max} alternatives{counted}");
        Diagnostic::new(message, self.rule_span.clone(), "this rule").help("split it over several roles")
    }
}
