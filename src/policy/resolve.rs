//! Looks the names of a rule up: what a role or relation may be called from where it stands.

use super::{
    diagnostic::Diagnostic,
    document::TypeDecl,
    expr::Expr,
    mask::{self, MAX_TERMS, Mask, NOBODY, Term},
    nearest::{quoted, suggestion},
    span::{At, Span},
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
}

impl<'a> Scope<'a> {
    pub(crate) fn new(
        types: &'a [TypeDecl],
        parents: Vec<Option<usize>>,
        roles: impl Iterator<Item = (usize, &'a str)>,
    ) -> Self {
        Self { types, parents, roles: roles.collect() }
    }

    pub(crate) fn parent(&self, of: usize) -> Option<usize> {
        self.parents.get(of).copied().flatten()
    }

    /// The roles of a type.
    pub(crate) fn roles_of(&self, of: usize) -> impl Iterator<Item = usize> {
        self.roles.iter().enumerate().filter(move |(_, (owner, _))| *owner == of).map(|(role, _)| role)
    }

    /// A role of this very type.
    pub(crate) fn own(&self, of: usize, name: &At<String>) -> Result<usize, Diagnostic> {
        self.among(name, &[of], &format!("a role of `{}`", self.type_name(of)))
    }

    /// A role that one of this type may imply: of the same type, or of a type below.
    pub(crate) fn here_or_below(&self, of: usize, name: &At<String>) -> Result<usize, Diagnostic> {
        let mut types = vec![of];
        types.extend((0..self.types.len()).filter(|below| self.above(*below).any(|above| above == of)));
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
        self.signed_terms(of, expr, relations, true, place).map(mask::of_members)
    }

    fn signed_terms(
        &self,
        of: usize,
        expr: &Expr,
        relations: Relations,
        positive: bool,
        place: &Span,
    ) -> Result<Vec<Term>, Diagnostic> {
        let join = |parts: &[Expr], alternatives: bool| {
            let start = if alternatives { Vec::new() } else { vec![Term::ALWAYS] };
            parts.iter().try_fold(start, |joined, part| {
                let terms = self.signed_terms(of, part, relations, positive, place)?;
                let joined = if alternatives { mask::any(&joined, &terms) } else { mask::all(&joined, &terms) };
                joined.ok_or_else(|| {
                    let message = format!("a rule comes to more than {MAX_TERMS} alternatives");
                    Diagnostic::new(message, place.clone(), "this rule").help("split it over several roles")
                })
            })
        };
        match expr {
            Expr::Name(name) if name.value == NOBODY => Ok(if positive { Vec::new() } else { vec![Term::ALWAYS] }),
            Expr::Name(name) => {
                let bit = self.bit(of, name, relations)?;
                let (need, forbid) = if positive { (bit, Mask::EMPTY) } else { (Mask::EMPTY, bit) };
                Ok(vec![Term { need, forbid }])
            }
            Expr::Not(inner) => self.signed_terms(of, inner, relations, !positive, place),
            // De Morgan: the negation of "any" is "all of the negations", and the other way round.
            Expr::Any(parts) => join(parts, positive),
            Expr::All(parts) => join(parts, !positive),
        }
    }

    fn bit(&self, of: usize, name: &At<String>, relations: Relations) -> Result<Mask, Diagnostic> {
        if let Some((word, bit)) = Mask::RELATIONS.iter().find(|(word, _)| *word == name.value) {
            let means_nothing =
                (*bit == Mask::ITSELF && !relations.itself) || (*bit == Mask::OWNER && !relations.owner);
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
