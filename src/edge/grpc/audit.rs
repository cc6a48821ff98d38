//! `AuditService`: pages of the change log, filtered.

use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler,
        change::{kinds, to_changes},
        convert::{resource_key, resource_ref, store_consistency, subject, timestamp},
    },
    proto::{self, ListChangesRequest, ListChangesResponse, audit_service_server::AuditService},
    service::{Consistency, Error, ListChanges, input::Validator},
};

/// The most changes of a page, and how many it has when the request gives no page size.
const PAGE: (u32, u32) = (1000, 100);

#[tonic::async_trait]
impl AuditService for Handler {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        self.question(&request, list, async |context, (list, consistency)| {
            let page = context.service.list_changes(&list, consistency).await?;
            let response = ListChangesResponse {
                changes: to_changes(context.tenant, context.service, page.changes),
                next_page_token: page.next.unwrap_or_default(),
                ..Default::default()
            };
            Ok((response, page.moment))
        })
        .await
    }
}

fn list<'r>(validator: &mut Validator, request: &'r ListChangesRequest) -> (ListChanges, Consistency<'r>) {
    if let Some(resource) = &request.resource {
        validator.resource("resource", resource_ref(Some(resource)));
    }
    let list = ListChanges {
        tenant: request.tenant.clone(),
        actor: request.actor.as_ref().map(|actor| subject(validator, "actor", Some(actor))),
        subject: request.subject.as_ref().map(|about| subject(validator, "subject", Some(about))),
        resource: request.resource.as_ref().map(|resource| resource_key(Some(resource))),
        kinds: kinds(validator, &request.kinds),
        from: request.start_time.as_ref().map(|at| timestamp(validator, "start_time", at)),
        until: request.end_time.as_ref().map(|at| timestamp(validator, "end_time", at)),
        newest_first: newest_first(validator, request.order_by),
        limit: validator.page_size(request.page_size, PAGE.1, PAGE.0),
        page_token: request.page_token.clone(),
    };
    (list, store_consistency(validator, request.consistency.as_ref()))
}

fn newest_first(validator: &mut Validator, order: i32) -> bool {
    match proto::ChangeOrder::try_from(order) {
        Ok(proto::ChangeOrder::Unspecified | proto::ChangeOrder::NewestFirst) => true,
        Ok(proto::ChangeOrder::OldestFirst) => false,
        Err(_) => {
            let description =
                format!("`{order}` is no order; use CHANGE_ORDER_NEWEST_FIRST or CHANGE_ORDER_OLDEST_FIRST");
            validator.add(Error::field("FIELD_INVALID", "order_by", description));
            true
        }
    }
}
