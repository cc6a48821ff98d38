//! Looks the names of a rule up: what a role or relation may be called from where it stands.

use crate::{
    language::{
        diagnostic::Diagnostic,
        document::TypeDecl,
        expr::Expr,
        span::{At, Span},
    },
    model::{
        mask::{self, MAX_TERMS, MAX_WRITTEN, Mask, NOBODY, Term},
        nearest::{quoted, suggestion},
    },
};

/// Which relations mean something where a rule stands; `operator` and `anyone` do everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Relations {
    pub(crate) itself: bool,
    pub(crate) owner: bool,
}

/// The types and roles of a policy, for looking names up. Types and roles go by their place in the file.
pub(crate) struct Scope<'a> {
    types: &'a [TypeDecl],
    parents: Vec<Option<usize>>,
    roles: Vec<(usize, &'a str)>,
    /// The first role of each type, and the end: those of a type lie side by side.
    first: Vec<usize>,
    /// Each type and those below it.
    subtrees: Vec<Vec<usize>>,
}

/// A rule while it is written out.
struct Writing<'s, 'a> {
    scope: &'s Scope<'a>,
    of: usize,
    relations: Relations,
    place: &'s Span,
    /// How many alternatives there were on the way, those that fell away included.
    written: usize,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(
        types: &'a [TypeDecl],
        parents: Vec<Option<usize>>,
        roles: impl Iterator<Item = (usize, &'a str)>,
    ) -> Self {
        let roles: Vec<(usize, &str)> = roles.collect();
        let first = (0..=types.len()).map(|of| roles.partition_point(|(owner, _)| *owner < of)).collect();
        let mut scope = Self { types, parents, roles, first, subtrees: Vec::new() };
        let within = |of: usize, below: &usize| *below == of || scope.above(*below).any(|above| above == of);
        let subtree = |of: usize| (0..types.len()).filter(|below| within(of, below)).collect();
        scope.subtrees = (0..types.len()).map(subtree).collect();
        scope
    }

    pub(crate) fn parent(&self, of: usize) -> Option<usize> {
        self.parents.get(of).copied().flatten()
    }

    /// The roles of a type.
    pub(crate) fn roles_of(&self, of: usize) -> impl Iterator<Item = usize> {
        let start = |of: usize| self.first.get(of).copied().unwrap_or(self.roles.len());
        start(of)..start(of + 1)
    }

    /// A role of this very type.
    pub(crate) fn own(&self, of: usize, name: &At<String>) -> Result<usize, Diagnostic> {
        self.among(name, &[of], &format!("a role of `{}`", self.type_name(of)))
    }

    /// A role that one of this type may imply: of the same type, or of a type below.
    pub(crate) fn here_or_below(&self, of: usize, name: &At<String>) -> Result<usize, Diagnostic> {
        let subtree = self.subtrees.get(of).map_or(&[][..], Vec::as_slice);
        // The type itself comes first: its roles go by their bare names.
        let types: Vec<usize> =
            std::iter::once(of).chain(subtree.iter().copied().filter(|below| *below != of)).collect();
        self.among(name, &types, &format!("a role of `{}` or of a type below it", self.type_name(of)))
    }

    /// The terms of an expression that stands at a type.
    pub(crate) fn terms(
        &self,
        of: usize,
        expr: &Expr,
        relations: Relations,
        place: &Span,
    ) -> Result<Vec<Term>, Diagnostic> {
        let mut writing = Writing { scope: self, of, relations, place, written: 0 };
        writing.terms(expr, true).map(mask::of_members)
    }

    fn bit(&self, of: usize, name: &At<String>, relations: Relations) -> Result<Mask, Diagnostic> {
        if let Some((word, bit)) = Mask::RELATIONS.iter().find(|(word, _)| *word == name.value) {
            let means_nothing = (*bit == Mask::SELF && !relations.itself) || (*bit == Mask::OWNER && !relations.owner);
            if means_nothing {
                let message = format!("`{word}` means nothing here");
                let label = format!("`{}` has no such relation", self.type_name(of));
                return Err(Diagnostic::new(message, name.span.clone(), label));
            }
            return Ok(*bit);
        }
        let types: Vec<usize> = std::iter::once(of).chain(self.above(of)).collect();
        let expected = format!("a role of `{}` or of a type above it, or a relation", self.type_name(of));
        self.among(name, &types, &expected).map(Mask::role)
    }

    /// The role that a name means among those of some types. A bare name means a role of the first type before
    /// one of the others.
    fn among(&self, name: &At<String>, types: &[usize], expected: &str) -> Result<usize, Diagnostic> {
        let qualified = name.value.rsplit_once('.');
        let short = qualified.map_or(name.value.as_str(), |(_, short)| short);
        let wanted = |of: usize| qualified.is_none_or(|(owner, _)| owner == self.type_name(of));
        let found: Vec<usize> = types
            .iter()
            .filter(|of| wanted(**of))
            .flat_map(|of| self.roles_of(*of))
            .filter(|role| self.roles.get(*role).is_some_and(|(_, known)| *known == short))
            .collect();
        let own = found
            .first()
            .filter(|role| qualified.is_none() && self.roles.get(**role).map(|(of, _)| of) == types.first());
        match (own, found.as_slice()) {
            (Some(one), _) | (None, [one]) => Ok(*one),
            (None, []) => {
                let known: Vec<String> = types.iter().flat_map(|of| self.names(*of, types.first())).collect();
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

    /// The names of a type's roles as one would write them from `here`.
    fn names(&self, of: usize, here: Option<&usize>) -> Vec<String> {
        let short = |role: usize| self.roles.get(role).map_or(String::new(), |(_, name)| (*name).to_owned());
        let own = Some(&of) == here;
        self.roles_of(of).map(|role| if own { short(role) } else { self.qualified(role) }).collect()
    }

    fn qualified(&self, role: usize) -> String {
        self.roles.get(role).map_or(String::new(), |(of, name)| format!("{}.{name}", self.type_name(*of)))
    }

    fn type_name(&self, of: usize) -> &'a str {
        self.types.get(of).map_or("", |of| of.name.value.as_str())
    }

    fn above(&self, of: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parent(of), |above| self.parent(*above))
    }
}

impl Writing<'_, '_> {
    fn terms(&mut self, expr: &Expr, positive: bool) -> Result<Vec<Term>, Diagnostic> {
        match expr {
            Expr::Name(name) if name.value == NOBODY => Ok(if positive { Vec::new() } else { vec![Term::ALWAYS] }),
            Expr::Name(name) => {
                let bit = self.scope.bit(self.of, name, self.relations)?;
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
        self.write(terms.len())?;
        mask::any(terms).ok_or_else(|| self.too_many(MAX_TERMS, ""))
    }

    fn all(&mut self, parts: &[Expr], positive: bool) -> Result<Vec<Term>, Diagnostic> {
        parts.iter().try_fold(vec![Term::ALWAYS], |joined, part| {
            let terms = self.terms(part, positive)?;
            self.write(joined.len() * terms.len())?;
            mask::all(&joined, &terms).ok_or_else(|| self.too_many(MAX_TERMS, ""))
        })
    }

    /// The work grows with what is written on the way, however little comes of it.
    fn write(&mut self, alternatives: usize) -> Result<(), Diagnostic> {
        self.written += alternatives;
        if self.written > MAX_WRITTEN {
            Err(self.too_many(MAX_WRITTEN, ", those that say nothing new included"))
        } else {
            Ok(())
        }
    }

    fn too_many(&self, most: usize, counted: &str) -> Diagnostic {
        let message = format!("a rule comes to more than {most} alternatives{counted}");
        Diagnostic::new(message, self.place.clone(), "this rule").help("split it over several roles")
    }
}
