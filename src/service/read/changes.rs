//! The audit trail: pages of a tenant's change log, filtered by actor, subject, resource, kind and time.

use rollcall_engine::{LogPosition, LoggedChange, Moment, ResourceKey, Revision, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use crate::service::{
    Service,
    error::Result,
    input::id_required,
    page::cut,
    ports::{LogFilter, LogQuery},
    read::consistency::Consistency,
};

/// Which changes to list; those that meet every condition.
#[derive(Clone, Debug)]
pub struct ListChanges {
    /// The tenant's id, as it was created with; an unknown one ends in `TENANT_NOT_FOUND`.
    pub tenant: String,
    /// Made on behalf of this subject; none: of any.
    pub actor: Option<Subject>,
    /// About this subject; none: about any, or about none.
    pub subject: Option<Subject>,
    /// At this very resource, registered or not; an empty id of the root type means the root. None: at any, or at none.
    pub resource: Option<ResourceKey>,
    /// Of one of these kinds, each named once as [`Change::kind`](rollcall_engine::Change::kind) does. Empty: of any.
    pub kinds: Vec<String>,
    /// Made at this time or later; none: at any.
    pub from: Option<Timestamp>,
    /// Made before this time; none: at any.
    pub until: Option<Timestamp>,
    /// Whether the order is that of the log backwards.
    pub newest_first: bool,
    /// The most changes to return. Not checked here; with 0 there is no next page either.
    pub limit: u32,
    /// The `next` of the page before, of a request with the same conditions and order; empty for the first page.
    pub page_token: String,
}

/// A page of changes.
#[derive(Debug)]
pub struct ChangePage {
    /// At most `limit` changes, by revision and number, or backwards.
    pub changes: Vec<LoggedChange>,
    /// The page token of the next page; none after the last page.
    pub next: Option<String>,
    /// The moment at which all of the page was read.
    pub moment: Moment,
}

/// What a page token of a list of changes holds.
#[derive(Serialize, Deserialize)]
struct ChangePageCursor {
    /// The revision of the last change returned, and its number in it.
    after: (i64, i64),
    /// The first and last revision of the requested time span, looked up for the first page only.
    span: Option<(i64, i64)>,
}

impl Service {
    /// A page of a tenant's changes.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `FIELD_REQUIRED` for a resource without an id that is not the root, `INVALID_PAGE_TOKEN`,
    /// and the store's errors.
    pub async fn list_changes(&self, list: &ListChanges, consistency: Consistency<'_>) -> Result<ChangePage> {
        let page = self.page_token(&list.query());
        let cursor = page.decode::<ChangePageCursor>(&list.page_token)?;
        let (mut snapshot, moment) = self.snapshot(&list.tenant, consistency).await?;
        let tenant = snapshot.tenant().clone();
        let mut resource = list.resource.clone();
        if let Some(resource) = resource.as_mut().filter(|resource| resource.id.is_empty()) {
            if tenant.root_type != resource.kind {
                return Err(id_required("resource", &resource.kind));
            }
            resource.id.clone_from(&tenant.id);
        }
        let (after, span) = match cursor {
            Some(ChangePageCursor { after: (revision, seq), span }) => {
                let after = LogPosition { revision: Revision(revision), seq };
                (Some(after), span.map(|(first, last)| (Revision(first), Revision(last))))
            }
            None if list.from.is_none() && list.until.is_none() => (None, None),
            None => {
                let span = snapshot.revisions_between(list.from, list.until).await?;
                if span.is_none() {
                    return Ok(ChangePage { changes: Vec::new(), next: None, moment });
                }
                (None, span)
            }
        };
        let query = LogQuery {
            filter: LogFilter {
                actor: list.actor.as_ref().map(Subject::as_ref),
                subject: list.subject.as_ref().map(Subject::as_ref),
                resource: resource.as_ref().map(ResourceKey::as_ref),
                kinds: &list.kinds,
                from: list.from,
                until: list.until,
            },
            revisions: span.unwrap_or(LogQuery::ALL),
            after,
            newest_first: list.newest_first,
            limit: list.limit.saturating_add(1),
        };
        let mut changes = snapshot.log(&query).await?;
        let more = cut(&mut changes, list.limit, bytes);
        let span = span.map(|(first, last)| (first.0, last.0));
        let next = changes.last().filter(|_| more).map(|LoggedChange { position, .. }| {
            page.encode(&ChangePageCursor { after: (position.revision.0, position.seq), span })
        });
        Ok(ChangePage { changes, next, moment })
    }
}

impl ListChanges {
    /// The parts of the query that a page token is bound to.
    fn query(&self) -> Vec<String> {
        let subject = |subject: &Option<Subject>| subject.as_ref().map_or(String::new(), ToString::to_string);
        let time = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.0.to_string());
        vec![
            "changes".into(),
            self.tenant.clone(),
            subject(&self.actor),
            subject(&self.subject),
            self.resource.as_ref().map_or(String::new(), ToString::to_string),
            self.kinds.join(","),
            time(self.from),
            time(self.until),
            if self.newest_first { "newest" } else { "oldest" }.into(),
        ]
    }
}

/// About how many bytes a change has in an answer, rather more than fewer: what is printed of it names every field.
pub(crate) fn bytes(logged: &LoggedChange) -> usize {
    let LoggedChange { actor, caller, rule, change, reason, .. } = logged;
    200 + actor.kind.len() + actor.id.len() + caller.len() + rule.len() + reason.len() + format!("{change:?}").len()
}
