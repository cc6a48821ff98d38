//! The subjects that act, are asked about and hold roles.

use std::fmt;

/// The subject types that mean something to the service itself.
pub mod kind {
    /// A person; also the type of a subject whose type is left out.
    pub const USER: &str = "user";
    /// The platform's own staff, who act in any tenant and are members of none.
    pub const OPERATOR: &str = "operator";
    /// Whoever has an email address, which is the id: a way to name a member in a request. No member is of this type.
    pub const EMAIL: &str = "email";
    /// A person who was invited by email and has not accepted; the id is 26 random lower-case letters and digits.
    pub const INVITED: &str = "invited";
    /// Somebody of whom the store has nothing but that they were there; the id is that of their record.
    pub const ERASED: &str = "erased";
    /// A program. The service itself is one, where it writes on nobody's behalf.
    pub const SERVICE: &str = "service";
}

/// The id that stands for everybody of a type, members or not: `user:*` holds the roles that are public.
pub const EVERYBODY: &str = "*";

/// Who acts or holds roles: a type, and the id that the caller's identity system gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The subject's type, [`kind::USER`] for a person: a name of the form [`TypeOrRole`](crate::NameForm::TypeOrRole).
    pub kind: String,
    /// The id within the type, compared byte by byte: 1 to 128 bytes without white space or invisible characters. For
    /// [`kind::EMAIL`] it is an email address of up to 254 bytes.
    pub id: String,
}

/// A borrowed [`Subject`], for paths that must not allocate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SubjectRef<'a> {
    /// The subject's type, as in [`Subject::kind`].
    pub kind: &'a str,
    /// The id within the type, as in [`Subject::id`].
    pub id: &'a str,
}

impl Subject {
    /// A subject of this type and id; neither is checked.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }

    /// A person, by the id that the caller's identity system gives.
    pub fn user(id: impl Into<String>) -> Self {
        Self::new(kind::USER, id)
    }

    /// Whoever has this normalised email address.
    pub fn email(email: impl Into<String>) -> Self {
        Self::new(kind::EMAIL, email)
    }

    /// The same subject, borrowed.
    pub fn as_ref(&self) -> SubjectRef<'_> {
        SubjectRef { kind: &self.kind, id: &self.id }
    }
}

impl SubjectRef<'_> {
    /// Whether this is one of the platform's own staff.
    pub fn is_operator(&self) -> bool {
        self.kind == kind::OPERATOR
    }

    /// Whether this stands for everybody of its type.
    pub fn is_everybody(&self) -> bool {
        self.id == EVERYBODY
    }

    /// The same subject, owned.
    pub fn to_subject(&self) -> Subject {
        Subject::new(self.kind, self.id)
    }
}

impl fmt::Display for SubjectRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}
