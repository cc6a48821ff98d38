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
        Error, Question,
        input::{Validator, operator_not_allowed},
    },
};

/// The most questions that a batch may have.
const MAX_ITEMS: usize = 10_000;
/// How many resources a page has at most, and when the request does not say.
const PAGE: (u32, u32) = (1000, 100);

#[tonic::async_trait]
impl AuthorizationService for Handler {
    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        let question = Question {
            subject: subject_ref(asked.subject.as_ref()),
            action: &asked.action,
            resource: resource_ref(asked.resource.as_ref()),
            stated: stated(asked.stated.as_ref()),
        };
        check_question(&mut checked, "", &question);
        checked.finish()?;
        may_ask_about(caller, question.subject)?;
        let freshness = consistency(asked.consistency.as_ref());
        let answer = self.service.check(&asked.tenant, freshness, &question, asked.explain).await?;
        Ok(Response::new(CheckResponse {
            allowed: answer.decision.allowed(),
            reason: to_reason(answer.decision.reason).into(),
            token: to_token(&asked.tenant, answer.revision),
            explanation: answer.explanation.map(to_explanation),
        }))
    }

    async fn batch_check(&self, request: Request<BatchCheckRequest>) -> Result<Response<BatchCheckResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        checked.count("items", asked.items.len(), MAX_ITEMS);
        let mut questions = Vec::with_capacity(asked.items.len());
        for (index, item) in asked.items.iter().enumerate().take(MAX_ITEMS) {
            let question = Question {
                subject: subject_ref(item.subject.as_ref()),
                action: &item.action,
                resource: resource_ref(item.resource.as_ref()),
                stated: stated(item.stated.as_ref()),
            };
            if !sound(&question) {
                check_question(&mut checked, &format!("items[{index}]."), &question);
            }
            questions.push(question);
        }
        checked.finish()?;
        for question in &questions {
            may_ask_about(caller, question.subject)?;
        }
        let freshness = consistency(asked.consistency.as_ref());
        let (decisions, revision) = self.service.batch_check(&asked.tenant, freshness, &questions).await?;
        let results = decisions
            .iter()
            .map(|decision| CheckResult { allowed: decision.allowed(), reason: to_reason(decision.reason).into() });
        Ok(Response::new(BatchCheckResponse { results: results.collect(), token: to_token(&asked.tenant, revision) }))
    }

    async fn list_actions(
        &self,
        request: Request<ListActionsRequest>,
    ) -> Result<Response<ListActionsResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let (subject, resource) = (subject_ref(asked.subject.as_ref()), resource_ref(asked.resource.as_ref()));
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        checked.subject("subject", subject);
        checked.resource("resource", resource);
        checked.finish()?;
        may_ask_about(caller, subject)?;
        let (freshness, stated) = (consistency(asked.consistency.as_ref()), stated(asked.stated.as_ref()));
        let (actions, revision) =
            self.service.list_actions(&asked.tenant, freshness, subject, resource, stated).await?;
        Ok(Response::new(ListActionsResponse { actions, token: to_token(&asked.tenant, revision) }))
    }

    async fn list_resources(
        &self,
        request: Request<ListResourcesRequest>,
    ) -> Result<Response<ListResourcesResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let subject = subject_ref(asked.subject.as_ref());
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        checked.subject("subject", subject);
        checked.name("action", &asked.action);
        checked.name("resource_type", &asked.resource_type);
        let limit = checked.page_size(asked.page_size, PAGE.1, PAGE.0);
        checked.finish()?;
        may_ask_about(caller, subject)?;
        let freshness = consistency(asked.consistency.as_ref());
        let query = (subject, asked.action.as_str(), asked.resource_type.as_str());
        let page = self.service.list_resources(&asked.tenant, freshness, query, limit, &asked.page_token).await?;
        Ok(Response::new(ListResourcesResponse {
            resources: page.resources.into_iter().map(to_resource_ref).collect(),
            next_page_token: page.next.unwrap_or_default(),
            token: to_token(&asked.tenant, page.revision),
        }))
    }
}

/// Whether a question has nothing wrong with it: the quick way, for a batch of thousands.
fn sound(question: &Question<'_>) -> bool {
    let mut checked = Validator::default();
    check_question(&mut checked, "", question);
    checked.finish().is_ok()
}

fn check_question(checked: &mut Validator, at: &str, question: &Question<'_>) {
    checked.subject(&field(at, "subject"), question.subject);
    checked.name(&field(at, "action"), question.action);
    checked.resource(&field(at, "resource"), question.resource);
    if let Some(parent) = question.stated.parent {
        checked.resource(&field(at, "stated.parent"), parent);
    }
    if let Some(owner) = question.stated.owner {
        checked.subject(&field(at, "stated.owner"), owner);
    }
}

/// The path of a field, put together only where it is one of an item of a list.
fn field<'a>(at: &str, name: &'a str) -> Cow<'a, str> {
    if at.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(format!("{at}{name}")) }
}

/// Only a caller that may speak for operators may ask what one may do.
fn may_ask_about(caller: CallerContext<'_>, subject: SubjectRef<'_>) -> Result<(), Error> {
    if subject.is_operator() && !caller.asserts_operators {
        return Err(operator_not_allowed(&caller.name));
    }
    Ok(())
}
