//! `AuthorizationService`: checks, one or a batch, and lists of a subject's actions and resources.

use std::borrow::Cow;

use rollcall_engine::SubjectRef;
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler,
        caller::CallerContext,
        convert::{
            consistency, resource_ref, stated, subject_ref, to_explanation, to_reason, to_resource_ref, to_token,
        },
    },
    proto::{
        BatchCheckRequest, BatchCheckResponse, CheckRequest, CheckResponse, CheckResult, ListActionsRequest,
        ListActionsResponse, ListResourcesRequest, ListResourcesResponse,
        authorization_service_server::AuthorizationService,
    },
    service::{
        CheckQuestion, Error,
        input::{Validator, operator_not_allowed},
    },
};

/// The most questions that a batch may have.
const MAX_ITEMS: usize = 10_000;
/// The most resources of a page, and how many it has when the request gives no page size.
const PAGE: (u32, u32) = (1000, 100);

#[tonic::async_trait]
impl AuthorizationService for Handler {
    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        let question = CheckQuestion {
            subject: subject_ref(request.subject.as_ref()),
            action: &request.action,
            resource: resource_ref(request.resource.as_ref()),
            stated: stated(request.stated.as_ref()),
        };
        check_question(&mut validator, "", &question);
        validator.finish()?;
        may_ask_about(caller, question.subject)?;
        let consistency = consistency(request.consistency.as_ref());
        let answer = self.service.check(&request.tenant, consistency, &question, request.explain).await?;
        Ok(Response::new(CheckResponse {
            allowed: answer.decision.allowed(),
            reason: to_reason(answer.decision.reason).into(),
            token: to_token(&request.tenant, answer.revision),
            explanation: answer.explanation.map(to_explanation),
        }))
    }

    async fn batch_check(&self, request: Request<BatchCheckRequest>) -> Result<Response<BatchCheckResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        validator.entry_count("items", request.items.len(), MAX_ITEMS);
        let mut questions = Vec::with_capacity(request.items.len());
        for (index, item) in request.items.iter().enumerate().take(MAX_ITEMS) {
            let question = CheckQuestion {
                subject: subject_ref(item.subject.as_ref()),
                action: &item.action,
                resource: resource_ref(item.resource.as_ref()),
                stated: stated(item.stated.as_ref()),
            };
            if !is_valid(&question) {
                check_question(&mut validator, &format!("items[{index}]."), &question);
            }
            questions.push(question);
        }
        validator.finish()?;
        for question in &questions {
            may_ask_about(caller, question.subject)?;
        }
        let consistency = consistency(request.consistency.as_ref());
        let (decisions, revision) = self.service.batch_check(&request.tenant, consistency, &questions).await?;
        let results = decisions
            .iter()
            .map(|decision| CheckResult { allowed: decision.allowed(), reason: to_reason(decision.reason).into() });
        Ok(Response::new(BatchCheckResponse { results: results.collect(), token: to_token(&request.tenant, revision) }))
    }

    async fn list_actions(
        &self,
        request: Request<ListActionsRequest>,
    ) -> Result<Response<ListActionsResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let (subject, resource) = (subject_ref(request.subject.as_ref()), resource_ref(request.resource.as_ref()));
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        validator.subject("subject", subject);
        validator.resource("resource", resource);
        validator.finish()?;
        may_ask_about(caller, subject)?;
        let (consistency, stated) = (consistency(request.consistency.as_ref()), stated(request.stated.as_ref()));
        let (actions, revision) =
            self.service.list_actions(&request.tenant, consistency, subject, resource, stated).await?;
        Ok(Response::new(ListActionsResponse { actions, token: to_token(&request.tenant, revision) }))
    }

    async fn list_resources(
        &self,
        request: Request<ListResourcesRequest>,
    ) -> Result<Response<ListResourcesResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let subject = subject_ref(request.subject.as_ref());
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        validator.subject("subject", subject);
        validator.name("action", &request.action);
        validator.name("resource_type", &request.resource_type);
        let limit = validator.page_size(request.page_size, PAGE.1, PAGE.0);
        validator.finish()?;
        may_ask_about(caller, subject)?;
        let consistency = consistency(request.consistency.as_ref());
        let query = (subject, request.action.as_str(), request.resource_type.as_str());
        let page = self.service.list_resources(&request.tenant, consistency, query, limit, &request.page_token).await?;
        Ok(Response::new(ListResourcesResponse {
            resources: page.resources.into_iter().map(to_resource_ref).collect(),
            next_page_token: page.next.unwrap_or_default(),
            token: to_token(&request.tenant, page.revision),
        }))
    }
}

/// Whether a question is valid. It formats no field paths, which would take most of the time of a batch of thousands.
fn is_valid(question: &CheckQuestion<'_>) -> bool {
    let mut validator = Validator::default();
    check_question(&mut validator, "", question);
    validator.finish().is_ok()
}

fn check_question(validator: &mut Validator, at: &str, question: &CheckQuestion<'_>) {
    validator.subject(&field(at, "subject"), question.subject);
    validator.name(&field(at, "action"), question.action);
    validator.resource(&field(at, "resource"), question.resource);
    if let Some(parent) = question.stated.parent {
        validator.resource(&field(at, "stated.parent"), parent);
    }
    if let Some(owner) = question.stated.owner {
        validator.subject(&field(at, "stated.owner"), owner);
    }
}

/// The path of a field below `at`, which is empty or ends with a dot. Only a path within a list allocates.
fn field<'a>(at: &str, name: &'a str) -> Cow<'a, str> {
    if at.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(format!("{at}{name}")) }
}

/// Refuses a question about an operator unless the caller may assert operators.
fn may_ask_about(caller: CallerContext<'_>, subject: SubjectRef<'_>) -> Result<(), Error> {
    if subject.is_operator() && !caller.asserts_operators {
        return Err(operator_not_allowed(&caller.name));
    }
    Ok(())
}
