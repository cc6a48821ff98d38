//! Lists of what has happened.

use rollcall_engine::{ResourceRef, Subject, kind};
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler,
        change::{kinds, to_changes},
        convert::{resource_key, subject, timestamp, to_token},
    },
    proto::{self, ListChangesRequest, ListChangesResponse, audit_service_server::AuditService},
    service::{Error, ListChanges, input::Validator},
};

/// How many changes a page has at most, and when the request does not say.
const PAGE: (u32, u32) = (1000, 100);

#[tonic::async_trait]
impl AuditService for Handler {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        if let Some(resource) = &asked.resource {
            checked.resource("resource", ResourceRef { kind: &resource.r#type, id: &resource.id });
        }
        let list = ListChanges {
            tenant: asked.tenant.clone(),
            actor: asked.actor.as_ref().map(|actor| named(&mut checked, "actor", actor)),
            subject: asked.subject.as_ref().map(|subject| named(&mut checked, "subject", subject)),
            resource: asked.resource.as_ref().map(|resource| resource_key(Some(resource))),
            kinds: kinds(&mut checked, &asked.kinds),
            from: asked.start_time.as_ref().map(|at| timestamp(&mut checked, "start_time", at)),
            until: asked.end_time.as_ref().map(|at| timestamp(&mut checked, "end_time", at)),
            newest_first: newest_first(&mut checked, asked.order_by),
            limit: checked.page_size(asked.page_size, PAGE.1, PAGE.0),
            page_token: asked.page_token.clone(),
        };
        checked.finish()?;
        let page = self.service.list_changes(&list).await?;
        Ok(Response::new(ListChangesResponse {
            changes: to_changes(&asked.tenant, &self.service.policies(), page.changes),
            next_page_token: page.next.unwrap_or_default(),
            token: to_token(&asked.tenant, page.revision),
        }))
    }
}

/// A subject to filter by; somebody invited goes by their email, as it is compared.
fn named(checked: &mut Validator, field: &str, named: &proto::Subject) -> Subject {
    if named.r#type == kind::EMAIL {
        return Subject::email(checked.email(&format!("{field}.id"), &named.id));
    }
    let subject = subject(Some(named));
    checked.subject(field, subject.as_ref());
    subject
}

fn newest_first(checked: &mut Validator, order: i32) -> bool {
    match proto::ChangeOrder::try_from(order) {
        Ok(proto::ChangeOrder::Unspecified | proto::ChangeOrder::NewestFirst) => true,
        Ok(proto::ChangeOrder::OldestFirst) => false,
        Err(_) => {
            let description = format!("`{order}` is no order; use NEWEST_FIRST or OLDEST_FIRST");
            checked.add(Error::field("FIELD_INVALID", "order_by", description));
            true
        }
    }
}
