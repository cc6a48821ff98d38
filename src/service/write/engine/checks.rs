//! What plans refuse whatever the policy says: outdated etags, expiries in the past, identifiers in use, exhausted
//! quotas, and what only operators may do.

use std::time::Duration;

use rollcall_engine::{Head, MAX_SUBJECT_TYPES, Subject, Timestamp, etag};

use crate::service::{
    error::{Error, ErrorKind, Result},
    ports::{MemberBy, MemberRecord, ResourceRecord},
    write::engine::context::WriteContext,
};

/// The span in which issued invitations are counted.
const DAY: Duration = Duration::from_hours(24);

impl WriteContext<'_> {
    /// Refuses an actor that is no operator. The policy is not consulted.
    pub(crate) fn operators_only(&self, operation: &'static str, what: &str) -> Result<()> {
        let actor = &self.request.actor;
        if actor.as_ref().is_operator() {
            return Ok(());
        }
        let message = format!("`{actor}` may not {what}: only an operator may");
        Err(Error::new(ErrorKind::PermissionDenied, "NOT_PERMITTED", message)
            .with("actor", actor.to_string())
            .with("operation", operation)
            .with("permitted_to", "operator"))
    }

    /// Refuses an expiry that is not in the future, which the request has in `field`.
    pub(crate) fn check_not_past(&self, expires_at: Option<Timestamp>, field: &str) -> Result<()> {
        match expires_at {
            Some(end) if end <= self.latest()? => {
                Err(Error::field("FIELD_INVALID", field, "is in the past; name a time that is yet to come, or none"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a new member of a type of which there are none yet, which the request has in `field`, in a tenant with members of
    /// very many types.
    pub(crate) fn check_subject_type(&self, subject: &Subject, field: &str) -> Result<()> {
        if self.with_facts(|facts| Ok(facts.takes_subject_type(&subject.kind)))? {
            return Ok(());
        }
        let description =
            format!("is the type of no member yet, and a tenant has members of {MAX_SUBJECT_TYPES} types at most");
        Err(Error::field("FIELD_INVALID", field, description))
    }

    /// Refuses when the resource has changed since the caller read this etag.
    pub(crate) fn check_resource_etag(&self, record: &ResourceRecord, etag: &str) -> Result<()> {
        self.check_etag(record.changed_at, etag, "resource", record.resource.key.to_string())
    }

    /// Refuses when the member has changed since the caller read this etag.
    pub(crate) fn check_member_etag(&self, record: &MemberRecord, etag: &str) -> Result<()> {
        self.check_etag(record.changed_at, etag, "member", record.member.subject.to_string())
    }

    /// Refuses when the invitation has changed since the caller read this etag.
    pub(crate) fn check_invitation_etag(&self, id: &str, changed_at: Head, etag: &str) -> Result<()> {
        self.check_etag(changed_at, etag, "invitation", id.to_owned())
    }

    fn check_etag(&self, changed_at: Head, given: &str, what: &'static str, name: String) -> Result<()> {
        let current = etag(&self.request.tenant, changed_at);
        if given.is_empty() || given == current {
            return Ok(());
        }
        let message = format!("`{name}` was changed meanwhile; read it again");
        Err(Error::new(ErrorKind::Aborted, "ETAG_MISMATCH", message).with(what, name).with("current_etag", current))
    }

    /// Refuses when an identifier, which the request has in `field`, belongs to a member other than `owner`, be it as an
    /// identifier of another kind.
    pub(crate) async fn check_identifier_free(
        &mut self,
        by: MemberBy<'_>,
        field: &str,
        owner: Option<&Subject>,
    ) -> Result<()> {
        for look_up in [Some(by), same_text(by)].into_iter().flatten() {
            let holder = self.snapshot()?.member(look_up).await?.map(|record| record.member.subject);
            if let Some(holder) = holder.filter(|holder| Some(holder) != owner) {
                return Err(identifier_taken(by, field, &holder));
            }
        }
        Ok(())
    }

    /// Refuses when issuing this many more invitations would exceed the tenant's quota of any 24 hours.
    pub(crate) async fn check_invitation_quota(&mut self, count: u64) -> Result<()> {
        let limit = u64::from(self.quotas.invitations_per_day);
        let exhausted = |message: String| {
            let error = Error::new(ErrorKind::ResourceExhausted, "INVITATION_LIMIT", message);
            error.with("tenant", self.request.tenant.clone()).with("limit", limit.to_string())
        };
        let Some(spare) = limit.checked_sub(count) else {
            let message = format!("a tenant may issue {limit} invitations in a day, and these are {count}; send fewer");
            return Err(exhausted(message));
        };
        if count == 0 {
            return Ok(());
        }
        // With the invitation before the newest `spare` ones, those of this day and these would be one too many.
        let since = self.now().minus(DAY);
        let Some(one_too_many) = self.snapshot()?.issued_before(spare, since).await? else { return Ok(()) };
        let message = format!("a tenant may issue {limit} invitations in a day, and this one has; try again later");
        let wait = one_too_many.plus(DAY).since(self.now());
        Err(Error { retry_after_secs: u32::try_from(wait.as_secs() + 1).ok(), ..exhausted(message) })
    }
}

/// The identifier of another kind that the same text may be: what is a member's user name is nobody else's email or phone
/// number. A user name that is neither looks like none.
fn same_text(by: MemberBy<'_>) -> Option<MemberBy<'_>> {
    match by {
        MemberBy::Email(text) | MemberBy::Phone(text) => Some(MemberBy::Username(text)),
        MemberBy::Username(text) if text.contains('@') => Some(MemberBy::Email(text)),
        MemberBy::Username(text) if text.starts_with('+') => Some(MemberBy::Phone(text)),
        MemberBy::Username(_) | MemberBy::Subject(_) => None,
    }
}

fn identifier_taken(by: MemberBy<'_>, field: &str, holder: &Subject) -> Error {
    let (identifier, value) = match by {
        MemberBy::Email(value) => ("email", value.to_owned()),
        MemberBy::Username(value) => ("username", value.to_owned()),
        MemberBy::Phone(value) => ("phone", value.to_owned()),
        MemberBy::Subject(subject) => ("subject", subject.to_string()),
    };
    let message = format!("{identifier} `{value}` belongs to `{holder}` already");
    Error::new(ErrorKind::AlreadyExists, "IDENTIFIER_TAKEN", message)
        .with("identifier", identifier)
        .with("value", value)
        .violation(field, "belongs to another member")
}
