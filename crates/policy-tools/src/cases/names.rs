//! Names of things that have a type and an id: what `TYPE:ID` reads as, and a name that can be read in two ways.

use rollcall_engine::{
    Diagnostic, Policy, ResourceType, Subject, kind,
    reader::{Located, Span},
};

/// The name, and the id, of the one operator that cases know.
pub(crate) const OPERATOR: &str = "operator";
/// In place of a name: whoever acts.
pub(crate) const SELF: &str = "self";
/// In place of names: all people.
pub(crate) const EVERYBODY: &str = "everybody";
/// In place of names: all people but those who are named.
pub(crate) const EVERYBODY_ELSE: &str = "everybody else";

/// The types that a subject's name may begin with. What has none of them before its first `:` is the id of a user, with
/// as many `:` as it has.
#[derive(Clone, Debug)]
pub(crate) struct SubjectTypes(Vec<String>);

impl SubjectTypes {
    /// The types that the service knows, and those of the policy.
    pub(crate) fn new(policy: &Policy) -> Self {
        let known = [kind::USER, kind::SERVICE, kind::EMAIL, kind::OPERATOR];
        Self(known.into_iter().chain(policy.types().iter().map(ResourceType::name)).map(str::to_owned).collect())
    }

    /// Adds a type that the file gives a member.
    pub(crate) fn add(&mut self, kind: &str) {
        if !self.0.iter().any(|known| known == kind) {
            self.0.push(kind.to_owned());
        }
    }

    /// The two parts of `TYPE:ID`; none where there is no such type or no id.
    pub(crate) fn split<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str)> {
        split(name).filter(|(kind, _)| self.0.iter().any(|known| known == kind))
    }

    /// The subject that a name reads as which the file does not declare: a bare one is a user's.
    pub(crate) fn read(&self, name: &str) -> Subject {
        match self.split(name) {
            Some((kind, id)) => Subject::new(kind, id),
            None if name == OPERATOR => operator(),
            None => Subject::user(name),
        }
    }
}

/// The one operator that cases know.
pub(crate) fn operator() -> Subject {
    Subject::new(kind::OPERATOR, OPERATOR)
}

/// The type of the policy and the id that `TYPE:ID` reads as; none where the policy has no such type.
pub(crate) fn type_and_id<'p, 'n>(policy: &'p Policy, name: &'n str) -> Option<(&'p ResourceType, &'n str)> {
    let (kind, id) = split(name)?;
    policy.find_type(kind).ok().map(|resource_type| (resource_type, id))
}

/// The parts before and behind the first `:`; none where one of them is empty.
pub(crate) fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once(':').filter(|(kind, id)| !kind.is_empty() && !id.is_empty())
}

/// The id of what is declared under a name, of this type: the one that is given or, without one, what the name says.
/// `reading` is what `TYPE:ID` reads as, if the name has that form.
///
/// # Errors
/// When the name reads as something else than what is declared. So a declared name never means two things.
pub(crate) fn declared_id(
    name: &Located<String>,
    kind: &str,
    id: Option<&Located<String>>,
    reading: Option<(&str, &str)>,
) -> Result<String, Diagnostic> {
    let id = match (id, reading) {
        (Some(given), _) => given.value.clone(),
        (None, Some((read, id))) if read == kind => id.to_owned(),
        (None, _) => name.value.clone(),
    };
    match reading {
        Some((read, read_id)) if (read, read_id) != (kind, &id) => {
            let whole = format!("{kind}:{id}");
            let other = format!("the `{kind}` `{id}`");
            let help =
                format!("write `\"{whole}\"`, or a name that does not begin with `{read}:`, and `id = \"{id}\"`");
            Err(ambiguous(&name.value, name.span.clone(), (read, read_id), &other).help(help))
        }
        _ => Ok(id),
    }
}

/// The mistake of a name that reads as `TYPE:ID`, and is declared as something else.
pub(crate) fn ambiguous(name: &str, span: Span, (kind, id): (&str, &str), other: &str) -> Diagnostic {
    let message = format!("`{name}` can be read as the `{kind}` `{id}`, and as {other}");
    Diagnostic::new(message, span, "expected a name with one meaning")
}
