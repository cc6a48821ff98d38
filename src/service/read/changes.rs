//! What has happened in a tenant: pages of its log.

use rollcall_engine::{LogPlace, LoggedChange, ResourceKey, Revision, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use crate::service::{
    Service,
    error::Result,
    input::no_id,
    page::PageToken,
    ports::{LogFilter, LogQuery},
};

/// Which changes to list; those that fit everything that is set.
#[derive(Clone, Debug)]
pub struct ListChanges {
    /// The tenant's id.
    pub tenant: String,
    /// On whose behalf they were made.
    pub actor: Option<Subject>,
    /// Whom they are about.
    pub subject: Option<Subject>,
    /// Where they are; an empty id of the root type means the tenant.
    pub resource: Option<ResourceKey>,
    /// Of which kinds, each once; none named: all.
    pub kinds: Vec<String>,
    /// No earlier than this.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
    /// The newest first.
    pub newest_first: bool,
    /// The most changes to return.
    pub limit: u32,
    /// Where the page before ended.
    pub page_token: String,
}

/// A page of changes.
#[derive(Debug)]
pub struct ChangePage {
    /// The changes, in the order asked for.
    pub changes: Vec<LoggedChange>,
    /// Asks for the next page.
    pub next: Option<String>,
    /// The revision at which the page was read.
    pub revision: Revision,
}

#[derive(Serialize, Deserialize)]
struct Place {
    after: LogPlace,
    /// The revisions of the span of time that was asked for, looked up for the first page only.
    span: Option<(Revision, Revision)>,
}

impl Service {
    /// A page of a tenant's changes.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `FIELD_REQUIRED` for a resource without an id, `INVALID_PAGE_TOKEN`, and what the store
    /// brings.
    pub async fn list_changes(&self, list: &ListChanges) -> Result<ChangePage> {
        let page = list.page();
        let place = page.decode::<Place>(&list.page_token)?;
        let (tenant, mut revision) = self.tenant(&list.tenant).await?;
        let mut resource = list.resource.clone();
        if let Some(resource) = resource.as_mut().filter(|resource| resource.id.is_empty()) {
            let policies = self.policies();
            let root = policies.get(&tenant.policy, tenant.policy_version).map(|policy| policy.root().name());
            if root != Some(resource.kind.as_str()) {
                return Err(no_id("resource", &resource.kind));
            }
            resource.id.clone_from(&tenant.id);
        }
        let (after, span) = match place {
            Some(place) => (Some(place.after), place.span),
            None if list.from.is_none() && list.until.is_none() => (None, None),
            None => {
                let span = self.store.revisions_between(&list.tenant, list.from, list.until).await?;
                if span.is_none() {
                    return Ok(ChangePage { changes: Vec::new(), next: None, revision });
                }
                (None, span)
            }
        };
        let (first, mut last) = span.unwrap_or(LogQuery::ALL);
        if list.newest_first {
            last = last.min(revision);
        }
        let query = LogQuery {
            tenant: &list.tenant,
            filter: LogFilter {
                actor: list.actor.as_ref().map(Subject::as_ref),
                subject: list.subject.as_ref().map(Subject::as_ref),
                resource: resource.as_ref().map(ResourceKey::as_ref),
                kinds: &list.kinds,
                from: list.from,
                until: list.until,
            },
            revisions: (first, last),
            after,
            newest_first: list.newest_first,
            limit: list.limit.saturating_add(1),
        };
        let mut changes = self.store.log(&query).await?;
        let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
        let more = changes.len() > limit;
        changes.truncate(limit);
        // What was made since the first line is at the end, if the oldest come first.
        revision = changes.last().map_or(revision, |last| last.place.revision.max(revision));
        let next = changes.last().filter(|_| more).map(|last| page.encode(&Place { after: last.place, span }));
        Ok(ChangePage { changes, next, revision })
    }
}

impl ListChanges {
    fn page(&self) -> PageToken {
        let subject = |subject: &Option<Subject>| subject.as_ref().map_or(String::new(), ToString::to_string);
        let time = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.0.to_string());
        PageToken::of(&[
            "changes",
            &self.tenant,
            &subject(&self.actor),
            &subject(&self.subject),
            &self.resource.as_ref().map_or(String::new(), ToString::to_string),
            &self.kinds.join(","),
            &time(self.from),
            &time(self.until),
            if self.newest_first { "newest" } else { "oldest" },
        ])
    }
}
