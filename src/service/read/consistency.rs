use std::sync::Arc;

use rollcall_engine::{Revision, Token};

use crate::service::{
    Service,
    error::{Error, ErrorKind, Result},
    ports::TenantView,
};

/// How fresh the facts behind an answer must be.
#[derive(Clone, Copy, Debug)]
pub enum Consistency<'a> {
    /// The view as it is; this process's own writes are in it.
    MinimizeLatency,
    /// At least the revision of this token.
    AtLeastAsFresh(&'a str),
    /// The newest revision in the store.
    FullyConsistent,
    /// The very revision of this token: as it was then.
    AtExactSnapshot(&'a str),
}

impl Service {
    /// A tenant's view, as fresh as asked.
    pub(crate) async fn view(&self, tenant: &str, consistency: Consistency<'_>) -> Result<Arc<dyn TenantView>> {
        if let Consistency::AtExactSnapshot(token) = consistency {
            return self.past(tenant, token).await;
        }
        let view = match self.views.warm(tenant) {
            Some(view) => view,
            None => self.views.open(tenant).await?.ok_or_else(|| Error::no_tenant(tenant))?,
        };
        match consistency {
            Consistency::MinimizeLatency | Consistency::AtExactSnapshot(_) => Ok(view),
            Consistency::FullyConsistent => self.refreshed(tenant, view).await,
            Consistency::AtLeastAsFresh(token) => {
                let wanted = decode(tenant, token, "consistency.at_least_as_fresh")?;
                if view.revision() >= wanted {
                    return Ok(view);
                }
                let view = self.refreshed(tenant, view).await?;
                if view.revision() >= wanted {
                    return Ok(view);
                }
                Err(token_ahead(tenant))
            }
        }
    }

    /// A tenant's facts as they were at the revision of a token.
    async fn past(&self, tenant: &str, token: &str) -> Result<Arc<dyn TenantView>> {
        let wanted = decode(tenant, token, "consistency.at_exact_snapshot")?;
        if self.views.warm(tenant).is_none_or(|view| view.revision() < wanted) {
            let (_, newest) = self.tenant(tenant).await?;
            if newest < wanted {
                return Err(token_ahead(tenant));
            }
        }
        self.views.at_revision(tenant, wanted).await?.ok_or_else(|| Error::no_tenant(tenant))
    }

    async fn refreshed(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Arc<dyn TenantView>> {
        self.views.refresh(tenant, view).await?.ok_or_else(|| Error::no_tenant(tenant))
    }
}

/// The revision of a token, which the request has in `field`.
pub(crate) fn decode(tenant: &str, token: &str, field: &str) -> Result<Revision> {
    Token::decode(tenant, token).map_err(|error| Error::field("INVALID_TOKEN", field, error.to_string()))
}

/// The token is of a revision that there is not.
pub(crate) fn token_ahead(tenant: &str) -> Error {
    let message = "the token is of a revision that the store has not got; was it restored from a backup?";
    Error::new(ErrorKind::FailedPrecondition, "TOKEN_AHEAD", message).with("tenant", tenant)
}
