//! The stream of what happens. A task of its own reads ahead of the client by a few responses.

use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler,
        change::{kinds, to_changes},
        convert::to_token,
    },
    proto::{
        WatchChangesRequest, WatchChangesResponse, watch_changes_request::Start, watch_service_server::WatchService,
    },
    service::{Error, Service, Watch, WatchBatch, WatchFrom, input::Validator},
};

/// How many responses wait for a client that is slower than the log.
const AHEAD: usize = 2;

#[tonic::async_trait]
impl WatchService for Handler {
    type WatchChangesStream = ReceiverStream<Result<WatchChangesResponse, Status>>;

    async fn watch_changes(
        &self,
        request: Request<WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        let kinds = kinds(&mut checked, &asked.kinds);
        checked.finish()?;
        let from = match &asked.start {
            Some(Start::After(token)) if !token.is_empty() => WatchFrom::After(token),
            Some(Start::FromBeginning(true)) => WatchFrom::Beginning,
            _ => WatchFrom::Now,
        };
        let mut watch = self.service.watch(&asked.tenant, from, kinds).await?;
        let (tenant, service) = (asked.tenant.clone(), self.service.clone());
        let (responses, stream) = mpsc::channel(AHEAD + 1);
        // One place is kept for the last word, which a client that does not read gets when it reads again.
        let last_word = responses.clone().reserve_owned().await;
        tokio::spawn(async move {
            if let (Some(error), Ok(last_word)) = (tell(&mut watch, &service, &tenant, &responses).await, last_word) {
                last_word.send(Err(error.into()));
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

/// Tells until the client is gone, or there is an error to end with.
async fn tell(
    watch: &mut Watch,
    service: &Service,
    tenant: &str,
    responses: &Sender<Result<WatchChangesResponse, Status>>,
) -> Option<Error> {
    loop {
        let told = tokio::select! {
            () = responses.closed() => return None,
            told = watch.next() => told,
        };
        let WatchBatch { changes, upto } = match told {
            Ok(told) => told,
            Err(error) => return Some(error),
        };
        let response = WatchChangesResponse {
            changes: to_changes(tenant, &service.policies(), changes),
            token: upto.map_or(String::new(), |upto| to_token(tenant, upto)),
        };
        tokio::select! {
            room = responses.reserve() => match room {
                Ok(room) => room.send(Ok(response)),
                Err(_) => return None,
            },
            error = watch.unread() => return Some(error),
        }
    }
}
