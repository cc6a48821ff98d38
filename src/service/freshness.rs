use std::sync::Arc;

use crate::domain::Token;

use super::{
    Service,
    error::{Error, Kind, Result},
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
}

impl Service {
    /// A tenant's view, as fresh as asked.
    pub(crate) async fn view(&self, tenant: &str, consistency: Consistency<'_>) -> Result<Arc<dyn TenantView>> {
        let view = match self.views.warm(tenant) {
            Some(view) => view,
            None => self.views.open(tenant).await?.ok_or_else(|| Error::no_tenant(tenant))?,
        };
        match consistency {
            Consistency::MinimizeLatency => Ok(view),
            Consistency::FullyConsistent => self.refreshed(tenant, view).await,
            Consistency::AtLeastAsFresh(token) => {
                let wanted = Token::decode(tenant, token).map_err(|error| {
                    Error::field("INVALID_TOKEN", "consistency.at_least_as_fresh", error.to_string())
                })?;
                if view.revision() >= wanted {
                    return Ok(view);
                }
                let view = self.refreshed(tenant, view).await?;
                if view.revision() >= wanted {
                    return Ok(view);
                }
                let message = "the token is of a revision that the store has not got; was it restored from a backup?";
                Err(Error::new(Kind::FailedPrecondition, "TOKEN_AHEAD", message).with("tenant", tenant))
            }
        }
    }

    async fn refreshed(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Arc<dyn TenantView>> {
        self.views.refresh(tenant, view).await?.ok_or_else(|| Error::no_tenant(tenant))
    }
}
