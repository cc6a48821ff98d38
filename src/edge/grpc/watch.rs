//! `WatchService`: streams the change log. Each watch has a task that reads ahead of its client by a few responses.

use std::{future, sync::Arc};

use tokio::{
    sync::mpsc::{self, Sender},
    time::{self, Instant},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::{
    edge::{
        grpc::{
            Handler,
            change::{kinds, to_changes},
            handler::CallContext,
            messages::TenantRequest as _,
        },
        listener::ConnectionInfo,
    },
    proto::{
        Reset, WatchChangesRequest, WatchChangesResponse, watch_changes_request::Start,
        watch_service_server::WatchService,
    },
    service::{Caller, Error, Service, WatchBatch, WatchFrom, Watcher},
};

/// What a client is told that followed a history which was lost.
const WHY_RESET: &str = "the tenant has another history than the one that was sent, for the store was put back to an \
                         earlier state; drop what you know, list everything anew, and go on from here";
/// How many responses are buffered for a client that reads slower than changes come.
const AHEAD: usize = 2;

#[tonic::async_trait]
impl WatchService for Handler {
    type WatchChangesStream = ReceiverStream<Result<WatchChangesResponse, Status>>;

    async fn watch_changes(
        &self,
        request: Request<WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        self.stream(
            &request,
            |validator, message| {
                match &message.start {
                    Some(Start::After(token)) => drop(validator.required("after", token)),
                    Some(Start::FromBeginning(false)) => {
                        let description = "is `false`, which is no start; leave it out to begin with what happens now";
                        validator.add(Error::field("FIELD_INVALID", "from_beginning", description));
                    }
                    Some(Start::FromBeginning(true)) | None => {}
                }
                kinds(validator, &message.kinds)
            },
            async |context, kinds| {
                let from = match &request.get_ref().start {
                    Some(Start::After(token)) => WatchFrom::After(token),
                    Some(Start::FromBeginning(_)) => WatchFrom::Beginning,
                    None => WatchFrom::Now,
                };
                let watch = context.service.watch(context.tenant, from, kinds).await?;
                Ok(responses(watch, context, &request).await)
            },
        )
        .await
    }
}

/// The responses of a watch, which a task of its own sends.
async fn responses(
    mut watch: Watcher,
    context: CallContext<'_>,
    request: &Request<WatchChangesRequest>,
) -> ReceiverStream<Result<WatchChangesResponse, Status>> {
    let (tenant, service) = (context.tenant.to_owned(), Arc::clone(context.service));
    let (ages_at, callers, caller) = (context.ages_at, Arc::clone(context.callers), Arc::clone(context.caller));
    let headers = request.metadata().clone().into_headers();
    let connection = request.extensions().get::<ConnectionInfo>().cloned();
    let (responses, stream) = mpsc::channel(AHEAD + 1);
    // One slot is reserved for the final error, so that a client that stopped reading still gets it.
    let last_slot = responses.clone().reserve_owned().await;
    tokio::spawn(async move {
        let certificate = connection.as_ref().and_then(ConnectionInfo::certificate);
        let may_watch = |known: &Caller| known.name == caller.name && known.may(WatchChangesRequest::RIGHT, &tenant);
        let error = tokio::select! {
            error = send_batches(&mut watch, &service, &tenant, &responses) => error,
            // Its client goes on over another connection, by the certificate that it has then.
            () = aged(ages_at) => Some(ended()),
            () = callers.lost(&headers, certificate, may_watch) => Some(ended()),
        };
        if let (Some(error), Ok(slot)) = (error, last_slot) {
            slot.send(Err(error.into()));
        }
    });
    ReceiverStream::new(stream)
}

/// Waits until its connection is too old to go on, or what proved who calls has ended; for ever, if that does not come.
async fn aged(ages_at: Option<Instant>) {
    match ages_at {
        Some(ages_at) => time::sleep_until(ages_at).await,
        None => future::pending().await,
    }
}

/// The error that ends a watch which may go on no longer.
fn ended() -> Error {
    Error::draining(
        "this connection is too old, or its caller's credentials or right have ended; watch again, after the last token that \
         came",
    )
}

/// Sends batches until the client is gone (`None`), or there is an error to end the stream with.
async fn send_batches(
    watch: &mut Watcher,
    service: &Service,
    tenant: &str,
    responses: &Sender<Result<WatchChangesResponse, Status>>,
) -> Option<Error> {
    loop {
        let batch = tokio::select! {
            () = responses.closed() => return None,
            batch = watch.next() => batch,
        };
        let WatchBatch { changes, up_to, is_reset } = match batch {
            Ok(batch) => batch,
            Err(error) => return Some(error),
        };
        let response = WatchChangesResponse {
            changes: to_changes(tenant, service, changes),
            token: up_to.map_or(String::new(), |up_to| service.token(tenant, &up_to)),
            reset: is_reset.then(|| Reset { message: WHY_RESET.to_owned() }),
        };
        tokio::select! {
            slot = responses.reserve() => match slot {
                Ok(slot) => slot.send(Ok(response)),
                Err(_) => return None,
            },
            error = watch.unread() => return Some(error),
        }
    }
}
