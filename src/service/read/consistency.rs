//! How fresh an answer must be, and the view that is fresh enough for it.

use std::sync::Arc;

use rollcall_engine::{Revision, Token};

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    input::not_about_the_past,
    ports::TenantView,
};

/// How fresh the facts behind an answer must be. A token that can't be read is `INVALID_TOKEN`, one that is newer than
/// the store `TOKEN_AHEAD`.
#[derive(Clone, Copy, Debug)]
pub enum Consistency<'a> {
    /// The view as it is. The writes of this process are in it, those of others perhaps not yet.
    MinimizeLatency,
    /// At least the revision of this token: the change log is read if the view is older.
    AtLeastAsFresh(&'a str),
    /// At least the newest revision that the store has when the question comes.
    FullyConsistent,
    /// Exactly the revision of this token: the facts, the policy and the time are those of then.
    AtExactSnapshot(&'a str),
}

impl Service {
    /// A tenant's view of the requested consistency, loaded or brought up to date if need be.
    pub(crate) async fn view(&self, tenant: &str, consistency: Consistency<'_>) -> Result<Arc<dyn TenantView>> {
        if let Consistency::AtExactSnapshot(token) = consistency {
            return self.historical_view(tenant, token).await;
        }
        let view = match self.views.warm(tenant) {
            Some(view) => view,
            None => self.views.open(tenant).await?.ok_or_else(|| Error::tenant_not_found(tenant))?,
        };
        match consistency {
            Consistency::MinimizeLatency | Consistency::AtExactSnapshot(_) => Ok(view),
            Consistency::FullyConsistent => self.refresh(tenant, view).await,
            Consistency::AtLeastAsFresh(token) => {
                let requested = decode(tenant, token, "consistency.at_least_as_fresh")?;
                if view.revision() >= requested {
                    return Ok(view);
                }
                let view = self.refresh(tenant, view).await?;
                if view.revision() >= requested {
                    return Ok(view);
                }
                Err(token_ahead(tenant))
            }
        }
    }

    /// A tenant's facts as they were at the revision of a token.
    async fn historical_view(&self, tenant: &str, token: &str) -> Result<Arc<dyn TenantView>> {
        let requested = decode(tenant, token, "consistency.at_exact_snapshot")?;
        if self.views.warm(tenant).is_none_or(|view| view.revision() < requested) {
            let (_, newest) = self.tenant(tenant).await?;
            if newest < requested {
                return Err(token_ahead(tenant));
            }
        }
        self.views.at_revision(tenant, requested).await?.ok_or_else(|| Error::tenant_not_found(tenant))
    }

    async fn refresh(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Arc<dyn TenantView>> {
        self.views.refresh(tenant, view).await?.ok_or_else(|| Error::tenant_not_found(tenant))
    }
}

/// The least revision that a read of the store may be of, which sees whatever was committed before it began.
/// `at_exact_snapshot` is refused: only decisions are made about the past.
pub(crate) fn least_revision(tenant: &str, consistency: Consistency<'_>) -> Result<Revision> {
    match consistency {
        Consistency::MinimizeLatency | Consistency::FullyConsistent => Ok(Revision::default()),
        Consistency::AtLeastAsFresh(token) => decode(tenant, token, "consistency.at_least_as_fresh"),
        Consistency::AtExactSnapshot(_) => Err(not_about_the_past()),
    }
}

/// Refuses what was read at an older revision than a request may be answered from: `TOKEN_AHEAD`.
pub(crate) fn check_fresh(tenant: &str, found: Revision, least: Revision) -> Result<()> {
    if found < least { Err(token_ahead(tenant)) } else { Ok(()) }
}

/// The revision of a token, which the request has in `field`. A broken one, or one of another tenant, is
/// `INVALID_TOKEN`.
pub(crate) fn decode(tenant: &str, token: &str, field: &str) -> Result<Revision> {
    Token::decode(tenant, token).map_err(|error| Error::field("INVALID_TOKEN", field, error.to_string()))
}

/// `TOKEN_AHEAD`: the token's revision is newer than the tenant's newest.
pub(crate) fn token_ahead(tenant: &str) -> Error {
    let message = "the token is newer than the store; was it restored from a backup?";
    Error::new(ErrorKind::FailedPrecondition, "TOKEN_AHEAD", message).with("tenant", tenant)
}
