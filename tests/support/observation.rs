//! A tenant before and after a write, to find what the write changed: by the rows of its tables where the test has the
//! store at hand, else by what the API shows.

use super::{WireTenant, db::Db, reads::ObservedState, tables::Tables};

/// What an [`Observer`] found of a tenant at one moment.
#[derive(Clone, Debug)]
pub enum Observation {
    Tables(Tables),
    Api(ObservedState),
}

/// Looks at one tenant, with the store open.
pub struct Observer<'t> {
    tenant: &'t WireTenant,
    db: Option<Db>,
}

impl Observation {
    /// The tenant's revision.
    pub fn revision(&self) -> i64 {
        match self {
            Self::Tables(tables) => tables.revision,
            Self::Api(state) => state.revision,
        }
    }

    /// What is different from an earlier observation by the same observer, as texts; empty if nothing is.
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        match (self, before) {
            (Self::Tables(now), Self::Tables(before)) => now.changes_since(before),
            (Self::Api(now), Self::Api(before)) if now == before => Vec::new(),
            _ => vec![format!("{before:?} became {self:?}")],
        }
    }
}

impl<'t> Observer<'t> {
    /// Opens the store behind a tenant, if the test has it at hand.
    pub async fn of(tenant: &'t WireTenant) -> Self {
        let db = match &tenant.api.store {
            Some(url) => Some(Db::over(url.to_string()).await),
            None => None,
        };
        Self { tenant, db }
    }

    /// The tenant as it is now.
    pub async fn observe(&self) -> Observation {
        match &self.db {
            Some(db) => Observation::Tables(Tables::read(db, &self.tenant.tenant).await),
            None => Observation::Api(self.tenant.observed_state().await),
        }
    }

    /// Closes the store.
    pub async fn close(self) {
        if let Some(db) = self.db {
            db.close().await;
        }
    }
}
