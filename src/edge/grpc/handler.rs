//! The one way from a request to the service. A method says how its message is read and how it is answered; who calls,
//! the tenant, the mistakes, the token and the errors are seen to here, so no method can forget them.

use std::sync::Arc;

use prost::Message as _;
use rollcall_engine::Moment;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

use crate::{
    edge::{
        grpc::{
            convert::{subject, subject_ref, to_refusal},
            messages::{TenantRequest, WithToken, WriteRequest, WriteResponse},
            trace::trace_id,
        },
        identity::{Attempt, Attempts, Callers, Identity},
        listener::ConnectionInfo,
    },
    service::{
        Caller, Error, IdempotencyKey, MAX_REFUSAL_BYTES, RequestContext, Result, Service, Write, input::Validator,
    },
};

/// Implements every service of the contract. Its methods reach the service only through the ways `question`, `write` and
/// `stream`.
#[derive(Clone)]
pub struct Handler {
    service: Arc<Service>,
    callers: Arc<Callers>,
    attempts: Arc<Attempts>,
}

/// What a call is answered with.
#[derive(Clone, Copy)]
pub(super) struct CallContext<'r> {
    /// Who asks, in the name of a subject or for itself.
    pub(super) caller: &'r Arc<Caller>,
    /// The tenant's id, which is valid; there may be no such tenant.
    pub(super) tenant: &'r str,
    pub(super) service: &'r Arc<Service>,
    /// Those that are known, of whom the caller is one.
    pub(super) callers: &'r Arc<Callers>,
    /// When the connection is too old to go on, or what proved who calls has ended; none if that never comes.
    pub(super) ages_at: Option<Instant>,
}

impl Handler {
    /// A handler that answers from `service` those that [`IdentityLayer`](crate::edge::identity::IdentityLayer) lets
    /// through, and nobody else. Attempts at what somebody has no right to, and at invitations, are noted.
    pub fn new(service: Arc<Service>, callers: Arc<Callers>, attempts: Arc<Attempts>) -> Self {
        Self { service, callers, attempts }
    }

    /// Answers a question: `read` notes the mistakes of the message, and `answer` is called if there are none. The
    /// token is that of the moment which `answer` returns.
    pub(super) async fn question<'r, M, P, A, F>(
        &'r self,
        request: &'r Request<M>,
        read: impl FnOnce(&mut Validator, &'r M) -> P,
        answer: impl FnOnce(CallContext<'r>, P) -> F,
    ) -> std::result::Result<Response<A>, Status>
    where
        M: TenantRequest,
        A: WithToken,
        F: Future<Output = Result<(A, Moment)>>,
    {
        let (context, parts) = self.read(request, |validator, _| read(validator, request.get_ref()))?;
        let (mut response, moment) = answer(context, parts).await?;
        response.set_token(context.service.token(context.tenant, &moment));
        Ok(Response::new(response))
    }

    /// Begins a stream, which `open` returns.
    pub(super) async fn stream<'r, M, P, S, F>(
        &'r self,
        request: &'r Request<M>,
        read: impl FnOnce(&mut Validator, &'r M) -> P,
        open: impl FnOnce(CallContext<'r>, P) -> F,
    ) -> std::result::Result<Response<S>, Status>
    where
        M: TenantRequest,
        F: Future<Output = Result<S>>,
    {
        let (context, parts) = self.read(request, |validator, _| read(validator, request.get_ref()))?;
        Ok(Response::new(open(context, parts).await?))
    }

    /// Does a write: `read` notes the mistakes of the fields that not every write has, and `respond` makes the answer
    /// for a tenant, but for its token.
    pub(super) async fn write<'r, M, W>(
        &'r self,
        request: &'r Request<M>,
        read: impl FnOnce(&mut Validator, &'r M) -> W,
        respond: impl FnOnce(&str, W::Answer) -> M::Response,
    ) -> std::result::Result<Response<M::Response>, Status>
    where
        M: WriteRequest,
        W: Write,
    {
        let (context, (write_context, write)) = self.read(request, |validator, context| {
            (write_context(validator, context, request), read(validator, request.get_ref()))
        })?;
        let explains = request.get_ref().validate_only() && request.get_ref().explain();
        match context.service.write(write_context, write).await {
            Ok(written) => {
                let mut response = respond(context.tenant, written.answer);
                response.set_token(context.service.token(context.tenant, &written.moment));
                Ok(Response::new(response))
            }
            Err(error) if error.is_wrong_invitation_token() => {
                let source = format!("{} in `{}`", context.caller.name, context.tenant);
                let penalty = self.attempts.note(Attempt::InvitationToken, &source, error.reason);
                let own_room = request.extensions().get::<ConnectionInfo>().map(ConnectionInfo::slowed);
                if let Some(penalty) = penalty.and_then(|penalty| penalty.within(own_room)) {
                    penalty.wait().await;
                }
                if explains { Ok(Response::new(refused(error))) } else { Err(error.into()) }
            }
            Err(error) if explains && error.is_refusal() => Ok(Response::new(refused(error))),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds who calls, about which tenant, and reads the message; its mistakes are one error.
    fn read<'r, M: TenantRequest, P>(
        &'r self,
        request: &'r Request<M>,
        read: impl FnOnce(&mut Validator, CallContext<'r>) -> P,
    ) -> Result<(CallContext<'r>, P)> {
        let Some(Identity { caller, ends_at }) = request.extensions().get::<Identity>() else {
            return Err(Error::internal("a request reached its handler without the identity layer"));
        };
        let ages_at = request.extensions().get::<ConnectionInfo>().and_then(ConnectionInfo::ages_at);
        let ages_at = [ages_at, *ends_at].into_iter().flatten().min();
        let tenant = request.get_ref().tenant();
        let context = CallContext { caller, tenant, service: &self.service, callers: &self.callers, ages_at };
        let mut validator = Validator::default();
        validator.tenant(context.tenant);
        let parts = read(&mut validator, context);
        validator.finish()?;
        // Before the store or a view is looked at: what a caller has no right to is as if it were not there.
        if let Some(subject) = request.get_ref().spoken_for() {
            caller.check_speaks_for(subject_ref(Some(subject)).kind)?;
        }
        if !caller.may(M::RIGHT, context.tenant) {
            // Who may learn of it is whoever reads the log.
            let source = format!("{}: {} in `{}`", caller.name, M::RIGHT.name(), context.tenant);
            self.attempts.note(Attempt::Right, &source, "no_right");
            return Err(Error::tenant_not_found(context.tenant));
        }
        Ok((context, parts))
    }
}

/// The context of a write, from the fields that every write has, whose mistakes are noted. A retry under the same
/// `request_id` must have the same method and body.
fn write_context<M: WriteRequest>(
    validator: &mut Validator,
    context: CallContext<'_>,
    request: &Request<M>,
) -> RequestContext {
    let message = request.get_ref();
    let (actor, request_id) = (subject(validator, "actor", message.actor()), message.request_id());
    validator.actor("actor", actor.as_ref());
    validator.request_id(request_id, M::MIN_REQUEST_ID);
    validator.explain(message.explain(), message.validate_only());
    validator.reason(message.reason());
    validator.not_supported("impersonator", message.impersonator().is_some());
    let key =
        || IdempotencyKey::new((context.tenant, &context.caller.name), request_id, M::METHOD, &message.encode_to_vec());
    RequestContext {
        tenant: context.tenant.to_owned(),
        actor,
        caller: Arc::clone(context.caller),
        trace_id: trace_id(request.metadata()),
        reason: message.reason().to_owned(),
        idempotency_key: (!request_id.is_empty()).then(key),
        validate_only: message.validate_only(),
    }
}

/// The answer of a dry run that explains a refusal.
fn refused<R: WriteResponse>(error: Error) -> R {
    let (total, refusals) = error.into_refusals();
    let mut bytes = 0;
    let refusals = refusals.into_iter().map(to_refusal).take_while(|refusal| {
        bytes += refusal.encoded_len();
        bytes <= MAX_REFUSAL_BYTES
    });
    R::refused(total, refusals.collect())
}
