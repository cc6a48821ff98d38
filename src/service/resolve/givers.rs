//! Who gave the roles that an answer shows, or that a write is decided by.

use std::collections::{BTreeSet, HashMap};

use rollcall_engine::{Grant, GrantedBy, Subject};

use crate::service::{
    error::{Error, Result},
    ports::{Giver, Snapshot, StoreResult, StoredGrant},
};

/// The givers of some grants, by their ids.
pub(crate) struct Givers(HashMap<String, Subject>);

impl Givers {
    /// Finds the givers of these grants.
    pub(crate) async fn find<'g>(
        snapshot: &mut dyn Snapshot,
        grants: impl IntoIterator<Item = &'g StoredGrant>,
    ) -> StoreResult<Self> {
        let ids: BTreeSet<&str> = grants.into_iter().map(|stored| &*stored.giver.id).collect();
        snapshot.subjects(&ids).await.map(Self)
    }

    /// Finds who offered these grants.
    pub(crate) async fn offered(
        snapshot: &mut dyn Snapshot,
        grants: Vec<StoredGrant>,
    ) -> Result<Vec<(Grant, GrantedBy)>> {
        let givers = Self::find(snapshot, &grants).await?;
        let offered = |StoredGrant { grant, giver, .. }| {
            let granted_by = givers.granted_by(&giver);
            Ok((grant, granted_by.ok_or_else(|| Error::internal("the giver of a role is not known"))?))
        };
        grants.into_iter().map(offered).collect()
    }

    /// Who gave a grant; none where that is none of those that were looked for.
    pub(crate) fn granted_by(&self, giver: &Giver) -> Option<GrantedBy> {
        let subject = self.0.get(&giver.id)?.clone();
        Some(GrantedBy { subject, rule: giver.rule.clone(), at: giver.at })
    }
}
