//! Resolves the names in a policy: which role or relation a name means at the type where it stands.

use crate::{
    language::{diagnostic::Diagnostic, document::TypeDecl, span::Located},
    model::{
        mask::{Mask, NOBODY, OWNER},
        nearest::{quoted, suggestion},
    },
};

/// Which relations have a meaning where a rule stands; `anyone` does everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Relations {
    has_self: bool,
    has_owner: bool,
    has_operator: bool,
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

/// Among which roles a name is looked up: those of `types`, the first of which goes without its name.
struct Choice<'c> {
    types: &'c [usize],
    /// The words that may stand there beside roles; empty where only a role may.
    words: &'c [&'static str],
    /// What the diagnostic says that it expected.
    expected: String,
}

impl Relations {
    /// Those of whoever does an action, on a type with member records, or whose resources have owners.
    pub(crate) fn of_action(member_records: bool, is_owned: bool) -> Self {
        Self { has_self: member_records, has_owner: is_owned, has_operator: true }
    }

    /// Those of whoever makes a membership write.
    pub(crate) fn of_writer(is_owned: bool) -> Self {
        Self { has_self: true, has_owner: is_owned, has_operator: true }
    }

    /// Those of whoever a membership write is made to.
    pub(crate) fn of_target(is_owned: bool) -> Self {
        Self { has_self: false, has_owner: is_owned, has_operator: false }
    }

    /// Whether the terms of such a rule are about whoever acts, of whom an operator may be one.
    pub(crate) fn are_of_actors(self) -> bool {
        self.has_operator
    }

    fn has_meaning(self, relation: Mask) -> bool {
        match relation {
            Mask::SELF => self.has_self,
            Mask::OWNER => self.has_owner,
            Mask::OPERATOR => self.has_operator,
            _ => true,
        }
    }

    /// The words that have a meaning in such a rule.
    fn words(self) -> Vec<&'static str> {
        let relations = Mask::RELATIONS.iter().filter(|(_, bit)| self.has_meaning(*bit)).map(|(word, _)| *word);
        relations.chain([NOBODY]).collect()
    }
}

impl<'a> Scope<'a> {
    pub(crate) fn new(
        types: &'a [TypeDecl],
        parents: Vec<Option<usize>>,
        roles: impl Iterator<Item = (usize, &'a str)>,
    ) -> Self {
        let roles: Vec<(usize, &str)> = roles.collect();
        let first_roles =
            (0..=types.len()).map(|resource_type| roles.partition_point(|(at, _)| *at < resource_type)).collect();
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

    /// Whether the resources of a type have owners.
    pub(crate) fn is_owned(&self, resource_type: usize) -> bool {
        self.types.get(resource_type).is_some_and(|resource_type| resource_type.owned)
    }

    /// The roles of a type, by their positions.
    pub(crate) fn roles_of(&self, resource_type: usize) -> impl Iterator<Item = usize> {
        let start = |resource_type: usize| self.first_roles.get(resource_type).copied().unwrap_or(self.roles.len());
        start(resource_type)..start(resource_type + 1)
    }

    /// Looks up a role of this very type.
    pub(crate) fn role_of_type(&self, resource_type: usize, name: &Located<String>) -> Result<usize, Diagnostic> {
        let expected = format!("a role of `{}`", self.type_name(resource_type));
        self.find_role(name, &Choice { types: &[resource_type], words: &[], expected })
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
        let expected = format!("a role of `{}` or of a type below it", self.type_name(resource_type));
        self.find_role(name, &Choice { types: &types, words: &[], expected })
    }

    /// The bit of the role or relation that a name means in a rule at this type.
    pub(crate) fn bit(
        &self,
        resource_type: usize,
        name: &Located<String>,
        relations: Relations,
    ) -> Result<Mask, Diagnostic> {
        let types: Vec<usize> = std::iter::once(resource_type).chain(self.above(resource_type)).collect();
        let expected = format!("a role of `{}` or of a type above it, or a relation", self.type_name(resource_type));
        let choice = Choice { types: &types, words: &relations.words(), expected };
        match Mask::RELATIONS.iter().find(|(word, _)| *word == name.value) {
            Some((_, bit @ (Mask::SELF | Mask::OPERATOR))) if !relations.has_meaning(*bit) => {
                let mistake = if relations.are_of_actors() {
                    self.meaningless(resource_type, name)
                } else {
                    about_the_actor(name)
                };
                Err(mistake)
            }
            // Where nobody owns anything, a role may be called that.
            Some((_, Mask::OWNER)) if !relations.has_owner => {
                let mut roles = types.iter().flat_map(|above| self.roles_of(*above));
                if roles.any(|role| self.roles.get(role).is_some_and(|(_, known)| known.eq_ignore_ascii_case(OWNER))) {
                    self.find_role(name, &choice).map(Mask::role)
                } else {
                    Err(self.meaningless(resource_type, name))
                }
            }
            Some((_, bit)) => Ok(*bit),
            None => {
                let role = self.find_role(name, &choice)?;
                if relations.has_owner && name.value.eq_ignore_ascii_case(OWNER) {
                    return Err(self.owner_in_another_case(resource_type, name, role));
                }
                Ok(Mask::role(role))
            }
        }
    }

    /// The role that a name means. A bare name means a role of the first type before one of the others.
    fn find_role(&self, name: &Located<String>, choice: &Choice<'_>) -> Result<usize, Diagnostic> {
        let found = self.candidates(&name.value, choice.types);
        let is_own = |role: &&usize| {
            !name.value.contains('.')
                && self.roles.get(**role).map(|(resource_type, _)| resource_type) == choice.types.first()
        };
        match (found.first().filter(is_own), found.as_slice()) {
            (Some(one), _) | (None, [one]) => Ok(*one),
            (None, []) => Err(self.unknown(name, choice)),
            (None, several) => {
                let names: Vec<String> = several.iter().map(|role| self.qualified(*role)).collect();
                let message = format!("`{}` could be any of several roles", name.value);
                let help = format!("write {}", quoted(names.iter().map(String::as_str)).replace(", ", " or "));
                Err(Diagnostic::new(message, name.span.clone(), "say which").help(help))
            }
        }
    }

    /// The roles of these types that go by a name, `ROLE` or `TYPE.ROLE`, in the order of the types.
    fn candidates(&self, name: &str, types: &[usize]) -> Vec<usize> {
        let (qualifier, short) = split(name);
        let fits = |resource_type: usize| qualifier.is_none_or(|qualifier| qualifier == self.type_name(resource_type));
        types
            .iter()
            .filter(|resource_type| fits(**resource_type))
            .flat_map(|resource_type| self.roles_of(*resource_type))
            .filter(|role| self.roles.get(*role).is_some_and(|(_, known)| *known == short))
            .collect()
    }

    /// The mistake of a name that is no role of these types.
    fn unknown(&self, name: &Located<String>, choice: &Choice<'_>) -> Diagnostic {
        let label = format!("expected {}", choice.expected);
        if let Some(resource_type) = self.type_owned_by(&name.value, choice.types) {
            let message = format!("`{}` is no role: a `{resource_type}` is `owned`", name.value);
            let help = format!("in the rules of `{resource_type}`, and in no others, `owner` is whoever owns it");
            return Diagnostic::new(message, name.span.clone(), label).help(help);
        }
        let message = format!("no role `{}` here", name.value);
        let known: Vec<String> = choice
            .types
            .iter()
            .flat_map(|resource_type| self.names(*resource_type, choice.types.first()))
            .chain(choice.words.iter().map(|word| (*word).to_owned()))
            .collect();
        let help = self
            .difference(&name.value, choice)
            .unwrap_or_else(|| suggestion(&name.value, known.iter().map(String::as_str)));
        Diagnostic::new(message, name.span.clone(), label).help(help)
    }

    /// The type whose owners a name means that was looked up as a role; none where it means something else.
    fn type_owned_by(&self, name: &str, types: &[usize]) -> Option<&'a str> {
        let (qualifier, short) = split(name);
        let position = match qualifier {
            Some(qualifier) => {
                (0..self.types.len()).find(|resource_type| self.type_name(*resource_type) == qualifier)?
            }
            None => *types.first()?,
        };
        (short == OWNER && self.is_owned(position)).then(|| self.type_name(position))
    }

    /// The remedy for a name that is two known ones around the `-` by which other languages take one from the other.
    fn difference(&self, name: &str, choice: &Choice<'_>) -> Option<String> {
        let is_known = |part: &str| choice.words.contains(&part) || !self.candidates(part, choice.types).is_empty();
        let parts =
            name.match_indices('-').filter_map(|(at, sign)| Some((name.get(..at)?, name.get(at + sign.len()..)?)));
        let (left, right) =
            parts.filter(|_| !choice.words.is_empty()).find(|(left, right)| is_known(left) && is_known(right))?;
        Some(format!("`-` is a letter of names; write `{left} & !{right}` for whoever is the one and not the other"))
    }

    fn meaningless(&self, resource_type: usize, name: &Located<String>) -> Diagnostic {
        let type_name = self.type_name(resource_type);
        let message = format!("`{}` means nothing here", name.value);
        let label = format!("`{type_name}` has no such relation");
        let diagnostic = Diagnostic::new(message, name.span.clone(), label);
        let has_records = self.types.get(resource_type).is_some_and(|resource_type| resource_type.member_records);
        match (name.value == OWNER, self.parent(resource_type)) {
            (false, _) => diagnostic,
            (true, _) if has_records => diagnostic.help("write `self` for the member whose record it is"),
            (true, None) => {
                diagnostic.help(format!("nobody owns the tenant itself; give `{type_name}` a role `owner`"))
            }
            (true, Some(_)) => {
                diagnostic.help(format!("add `owned = true` to `[{type_name}]`, or give it a role `owner`"))
            }
        }
    }

    /// The mistake of a role of a type above whose bare name differs from the relation `owner` by its case alone.
    fn owner_in_another_case(&self, resource_type: usize, name: &Located<String>, role: usize) -> Diagnostic {
        let message = format!("`{}` and the relation `owner` differ by their case alone", name.value);
        let help = format!(
            "write `{}` for the role, or `owner` for whoever owns the `{}`",
            self.qualified(role),
            self.type_name(resource_type)
        );
        Diagnostic::new(message, name.span.clone(), "say which").help(help)
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

/// The mistake of a relation of whoever acts, where a rule is about whom it is done to.
fn about_the_actor(name: &Located<String>) -> Diagnostic {
    let message = format!("`{}` means nothing in `whom`", name.value);
    let label = "this is said of whoever acts, not of whom it is done to";
    Diagnostic::new(message, name.span.clone(), label).help(format!("say it in `by`: `... & {}`", name.value))
}

/// The type and the role of `TYPE.ROLE`; a bare name has no type.
fn split(name: &str) -> (Option<&str>, &str) {
    name.rsplit_once('.').map_or((None, name), |(qualifier, short)| (Some(qualifier), short))
}
