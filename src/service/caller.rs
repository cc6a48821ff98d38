//! The services that send requests, and what each may ask.

use rollcall_engine::{Timestamp, kind};

use crate::service::{
    error::{Error, ErrorKind},
    rights::{Right, Rights, TenantPattern},
};

/// The service that sent a request, as it was identified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its name in the settings; `anonymous` for one without a key. The log records it.
    pub name: String,
    /// What it may ask.
    pub rights: Rights,
    /// The tenants of which it may ask it.
    pub tenants: Vec<TenantPattern>,
    /// The types of subjects for whom it may ask and write, operators apart; none: every type.
    pub subjects: Option<Vec<String>>,
    /// When it ends, as the clock shows that is believed; none if it does not.
    pub until: Option<Timestamp>,
}

impl Caller {
    /// The name of a caller without a key.
    pub const ANONYMOUS: &'static str = "anonymous";
    /// The name of the server itself, as the caller of its own writes and as the id of the service that is their actor.
    pub const SERVER: &'static str = "rollcall";
    /// The names that no caller of the settings has.
    pub const RESERVED: [&'static str; 2] = [Self::ANONYMOUS, Self::SERVER];

    /// A caller with every right in every tenant, but for what operators do unless it may speak for them.
    pub fn unlimited(name: &str, asserts_operators: bool) -> Self {
        let rights = Rights::all().without(Right::Import);
        let rights = if asserts_operators { rights } else { rights.without(Right::Operate) };
        let tenants = vec![TenantPattern::Prefix(String::new())];
        Self { name: name.to_owned(), rights, tenants, subjects: None, until: None }
    }

    /// Whether it has a right in a tenant, whether there is such a tenant or not.
    pub fn may(&self, right: Right, tenant: &str) -> bool {
        self.rights.contains(right) && self.tenants.iter().any(|pattern| pattern.matches(tenant))
    }

    /// Whether it may ask and write in the name of subjects of a type. To speak for an operator is a right of its own.
    pub fn speaks_for(&self, subject_type: &str) -> bool {
        if subject_type == kind::OPERATOR {
            return self.rights.contains(Right::Operate);
        }
        self.subjects.as_ref().is_none_or(|types| types.iter().any(|known| known == subject_type))
    }

    /// Refuses to let it ask or write in the name of a subject of a type that is not its own to speak for.
    ///
    /// # Errors
    /// `OPERATOR_NOT_ALLOWED`, `SUBJECT_TYPE_NOT_ALLOWED`.
    pub fn check_speaks_for(&self, subject_type: &str) -> Result<(), Error> {
        if self.speaks_for(subject_type) {
            return Ok(());
        }
        let name = &self.name;
        if subject_type == kind::OPERATOR {
            let remedy = if name == Self::ANONYMOUS {
                "set `auth.anonymous_operators`, or give it a key and name it in `auth.operators`"
            } else {
                "name it in `auth.operators`, or give it the right `operate` in the callers' file"
            };
            let message = format!("caller `{name}` may not assert an operator; {remedy}");
            return Err(Error::new(ErrorKind::PermissionDenied, "OPERATOR_NOT_ALLOWED", message).with("caller", name));
        }
        let message = format!(
            "caller `{name}` may not ask or write for subjects of the type `{subject_type}`; add it to its `subjects` in the \
             callers' file"
        );
        let error = Error::new(ErrorKind::PermissionDenied, "SUBJECT_TYPE_NOT_ALLOWED", message);
        Err(error.with("caller", name).with("subject_type", subject_type))
    }
}
