//! Resolves the names in rules: which role or relation a name means at the type where the rule stands.

use crate::{
    language::{
        diagnostic::Diagnostic,
        document::TypeDecl,
        expr::Expr,
        span::{Located, Span},
    },
    model::{
        mask::{self, MAX_ALTERNATIVES, MAX_TERMS, Mask, NOBODY, Term},
        nearest::{quoted, suggestion},
    },
};

/// Which relations have a meaning where a rule stands; `operator` and `anyone` do everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Relations {
    pub(crate) has_self: bool,
    pub(crate) has_owner: bool,
}

/// The types and roles of a policy, for looking names up. Types and roles go by their position in the file.
pub(crate) struct Scope<'a> {
    types: &'a [TypeDecl],
    parents: Vec<Option<usize>>,
    roles: Vec<(usize, &'a str)>,
    /// The first role of each type, and the end of the list: the roles of a type are adjacent.
    first_roles: Vec<usize>,
    /// For each type, itself and those below it.
    subtrees: Vec<Vec<usize>>,
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

impl<'a> Scope<'a> {
    pub(crate) fn new(
        types: &'a [TypeDecl],
        parents: Vec<Option<usize>>,
        roles: impl Iterator<Item = (usize, &'a str)>,
    ) -> Self {
        let roles: Vec<(usize, &str)> = roles.collect();
        let first_roles =
            (0..=types.len()).map(|resource_type| roles.partition_point(|(owner, _)| *owner < resource_type)).collect();
        let mut scope = Self { types, parents, roles, first_roles, subtrees: Vec::new() };
        let is_within = |resource_type: usize, below: &usize| {
            *below == resource_type || scope.above(*below).any(|above| above == resource_type)
        };
        let subtree = |resource_type: usize| (0..types.len()).filter(|below| is_within(resource_type, below)).collect();
        scope.subtrees = (0..types.len()).map(subtree).collect();
        scope
    }

    pub(crate) fn parent(&self, resource_type: usize) -> Option<usize> {
        self.parents.get(resource_type).copied().flatten()
    }

    /// The roles of a type, by their positions.
    pub(crate) fn roles_of(&self, resource_type: usize) -> impl Iterator<Item = usize> {
        let start = |resource_type: usize| self.first_roles.get(resource_type).copied().unwrap_or(self.roles.len());
        start(resource_type)..start(resource_type + 1)
    }

    /// Looks up a role of this very type.
    pub(crate) fn role_of_type(&self, resource_type: usize, name: &Located<String>) -> Result<usize, Diagnostic> {
        self.find_role_among(name, &[resource_type], &format!("a role of `{}`", self.type_name(resource_type)))
    }

    /// Looks up a role that one of this type may imply: of the same type, or of a type below.
    pub(crate) fn role_of_type_or_below(
        &self,
        resource_type: usize,
        name: &Located<String>,
    ) -> Result<usize, Diagnostic> {
        let subtree = self.subtrees.get(resource_type).map_or(&[][..], Vec::as_slice);
        // The type itself comes first: its roles go by their bare names.
        let types: Vec<usize> = std::iter::once(resource_type)
            .chain(subtree.iter().copied().filter(|below| *below != resource_type))
            .collect();
        self.find_role_among(
            name,
            &types,
            &format!("a role of `{}` or of a type below it", self.type_name(resource_type)),
        )
    }

    /// The terms of the expression of a rule that stands at a type.
    pub(crate) fn terms(
        &self,
        resource_type: usize,
        expr: &Expr,
        relations: Relations,
        rule_span: &Span,
    ) -> Result<Vec<Term>, Diagnostic> {
        let mut writer = TermWriter { scope: self, resource_type, relations, rule_span, alternatives: 0 };
        writer.terms(expr, true).map(mask::restricted_to_members)
    }

    fn bit(&self, resource_type: usize, name: &Located<String>, relations: Relations) -> Result<Mask, Diagnostic> {
        if let Some((word, bit)) = Mask::RELATIONS.iter().find(|(word, _)| *word == name.value) {
            let is_meaningless =
                (*bit == Mask::SELF && !relations.has_self) || (*bit == Mask::OWNER && !relations.has_owner);
            if is_meaningless {
                let message = format!("`{word}` means nothing here");
                let label = format!("`{}` has no such relation", self.type_name(resource_type));
                return Err(Diagnostic::new(message, name.span.clone(), label));
            }
            return Ok(*bit);
        }
        let types: Vec<usize> = std::iter::once(resource_type).chain(self.above(resource_type)).collect();
        let expected = format!("a role of `{}` or of a type above it, or a relation", self.type_name(resource_type));
        self.find_role_among(name, &types, &expected).map(Mask::role)
    }

    /// The role that a name means among those of some types. A bare name means a role of the first type before one of
    /// the others.
    fn find_role_among(&self, name: &Located<String>, types: &[usize], expected: &str) -> Result<usize, Diagnostic> {
        let qualified = name.value.rsplit_once('.');
        let short = qualified.map_or(name.value.as_str(), |(_, short)| short);
        let fits = |resource_type: usize| qualified.is_none_or(|(owner, _)| owner == self.type_name(resource_type));
        let found: Vec<usize> = types
            .iter()
            .filter(|resource_type| fits(**resource_type))
            .flat_map(|resource_type| self.roles_of(*resource_type))
            .filter(|role| self.roles.get(*role).is_some_and(|(_, known)| *known == short))
            .collect();
        let own = found.first().filter(|role| {
            qualified.is_none() && self.roles.get(**role).map(|(resource_type, _)| resource_type) == types.first()
        });
        match (own, found.as_slice()) {
            (Some(one), _) | (None, [one]) => Ok(*one),
            (None, []) => {
                let known: Vec<String> =
                    types.iter().flat_map(|resource_type| self.names(*resource_type, types.first())).collect();
                let help = suggestion(&name.value, known.iter().map(String::as_str));
                let message = format!("no role `{}` here", name.value);
                Err(Diagnostic::new(message, name.span.clone(), format!("expected {expected}")).help(help))
            }
            (None, several) => {
                let names: Vec<String> = several.iter().map(|role| self.qualified(*role)).collect();
                let message = format!("`{}` could be any of several roles", name.value);
                let help = format!("write {}", quoted(names.iter().map(String::as_str)).replace(", ", " or "));
                Err(Diagnostic::new(message, name.span.clone(), "say which").help(help))
            }
        }
    }

    /// The names of a type's roles as a rule at the type `origin` would write them.
    fn names(&self, resource_type: usize, origin: Option<&usize>) -> Vec<String> {
        let short = |role: usize| self.roles.get(role).map_or(String::new(), |(_, name)| (*name).to_owned());
        let is_own = Some(&resource_type) == origin;
        self.roles_of(resource_type).map(|role| if is_own { short(role) } else { self.qualified(role) }).collect()
    }

    fn qualified(&self, role: usize) -> String {
        self.roles
            .get(role)
            .map_or(String::new(), |(resource_type, name)| format!("{}.{name}", self.type_name(*resource_type)))
    }

    fn type_name(&self, resource_type: usize) -> &'a str {
        self.types.get(resource_type).map_or("", |resource_type| resource_type.name.value.as_str())
    }

    fn above(&self, resource_type: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parent(resource_type), |above| self.parent(*above))
    }
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
