//! `AuthorizationService`: checks, one or a batch, and lists of a subject's actions and resources.

use tokio::task::yield_now;
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler,
        convert::{consistency, to_check_error, to_explanation, to_reason, to_resource_ref, to_timestamp},
        question::{QuestionSubject, ReadQuestion},
    },
    proto::{
        BatchCheckRequest, BatchCheckResponse, CheckRequest, CheckResponse, CheckResult, Decision, ListActionsRequest,
        ListActionsResponse, ListResourcesRequest, ListResourcesResponse,
        authorization_service_server::AuthorizationService, check_result,
    },
    service::BatchItem,
};

/// The most questions that a batch may have.
const MAX_ITEMS: usize = 10_000;
/// How many questions are read at a time.
const CHUNK: usize = 1000;
/// The most resources of a page, and how many it has when the request gives no page size.
const PAGE: (u32, u32) = (1000, 100);

#[tonic::async_trait]
impl AuthorizationService for Handler {
    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        let message = request.get_ref();
        self.question(
            &request,
            |validator, message| {
                let read = ReadQuestion::new(
                    validator,
                    message.subject.as_ref(),
                    message.resource.as_ref(),
                    message.stated.as_ref(),
                )
                .with_action(validator, &message.action);
                (read, consistency(validator, message.consistency.as_ref()))
            },
            async |context, (read, consistency)| {
                let question = read.question();
                let answer = context.service.check(context.tenant, consistency, &question, message.explain).await?;
                let response = CheckResponse {
                    allowed: answer.decision.allowed(),
                    reason: to_reason(answer.decision.reason).into(),
                    explanation: answer.explanation.map(to_explanation),
                    valid_until: answer.basis.valid_until.map(to_timestamp),
                    ..CheckResponse::default()
                };
                Ok((response, answer.basis.moment))
            },
        )
        .await
    }

    async fn batch_check(&self, request: Request<BatchCheckRequest>) -> Result<Response<BatchCheckResponse>, Status> {
        let message = request.get_ref();
        self.question(
            &request,
            |validator, message| {
                validator.entry_count("items", message.items.len(), MAX_ITEMS);
                consistency(validator, message.consistency.as_ref())
            },
            async |context, consistency| {
                let mut items = Vec::with_capacity(message.items.len());
                for chunk in message.items.chunks(CHUNK) {
                    items.extend(chunk.iter().map(|item| ReadQuestion::of_item(item, context.caller)));
                    // Others have their turn, and a passed deadline is noticed.
                    yield_now().await;
                }
                let questions: Vec<_> = items.iter().flatten().map(ReadQuestion::question).collect();
                let (decided, basis) = context.service.batch_check(context.tenant, consistency, &questions).await?;
                let mut decided = decided.into_iter();
                let results = items.iter().filter_map(|item| match item {
                    Ok(_) => decided.next().map(to_result),
                    Err(error) => {
                        Some(CheckResult { result: Some(check_result::Result::Error(to_check_error(error))) })
                    }
                });
                let response = BatchCheckResponse {
                    results: results.collect(),
                    valid_until: basis.valid_until.map(to_timestamp),
                    ..BatchCheckResponse::default()
                };
                Ok((response, basis.moment))
            },
        )
        .await
    }

    async fn list_actions(
        &self,
        request: Request<ListActionsRequest>,
    ) -> Result<Response<ListActionsResponse>, Status> {
        self.question(
            &request,
            |validator, message| {
                let read = ReadQuestion::new(
                    validator,
                    message.subject.as_ref(),
                    message.resource.as_ref(),
                    message.stated.as_ref(),
                );
                (read, consistency(validator, message.consistency.as_ref()))
            },
            async |context, (read, consistency)| {
                let question = read.question();
                let (actions, basis) = context
                    .service
                    .list_actions(context.tenant, consistency, question.subject, question.resource, question.stated)
                    .await?;
                let valid_until = basis.valid_until.map(to_timestamp);
                Ok((ListActionsResponse { actions, valid_until, ..ListActionsResponse::default() }, basis.moment))
            },
        )
        .await
    }

    async fn list_resources(
        &self,
        request: Request<ListResourcesRequest>,
    ) -> Result<Response<ListResourcesResponse>, Status> {
        let message = request.get_ref();
        self.question(
            &request,
            |validator, message| {
                let subject = QuestionSubject::read(validator, "subject", message.subject.as_ref());
                validator.name("action", &message.action);
                validator.name("resource_type", &message.resource_type);
                let limit = validator.page_size(message.page_size, PAGE.1, PAGE.0);
                (subject, limit, consistency(validator, message.consistency.as_ref()))
            },
            async |context, (subject, limit, consistency)| {
                let query = (subject.as_ref(), message.action.as_str(), message.resource_type.as_str());
                let page = context
                    .service
                    .list_resources(context.tenant, consistency, query, limit, &message.page_token)
                    .await?;
                let response = ListResourcesResponse {
                    resources: page.resources.into_iter().map(to_resource_ref).collect(),
                    next_page_token: page.next.unwrap_or_default(),
                    valid_until: page.basis.valid_until.map(to_timestamp),
                    ..ListResourcesResponse::default()
                };
                Ok((response, page.basis.moment))
            },
        )
        .await
    }
}

fn to_result(item: BatchItem) -> CheckResult {
    let result = match item {
        Ok(decision) => check_result::Result::Decision(Decision {
            allowed: decision.allowed(),
            reason: to_reason(decision.reason).into(),
        }),
        Err(error) => check_result::Result::Error(to_check_error(&error)),
    };
    CheckResult { result: Some(result) }
}
