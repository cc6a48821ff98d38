//! Asks a running Rollcall as a backend service would: two questions, and a write that the policy forbids.
#![allow(clippy::print_stdout, reason = "an example shows its answers")]

use rollcall::proto::{
    ChangeRoleRequest, CheckRequest, ResourceRef, Subject, authorization_service_client::AuthorizationServiceClient,
    membership_service_client::MembershipServiceClient,
};
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:7450".to_owned());
    let channel = Channel::from_shared(address)?.connect().await?;
    let harbour = ResourceRef { r#type: "job_site".to_owned(), id: "harbour".to_owned() };
    let user = |id: &str| Subject { id: id.to_owned(), ..Default::default() };

    let mut authorization = AuthorizationServiceClient::new(channel.clone());
    for id in ["edith", "victor"] {
        let question = CheckRequest {
            tenant: "acme".to_owned(),
            subject: Some(user(id)),
            action: "data.edit".to_owned(),
            resource: Some(harbour.clone()),
            ..Default::default()
        };
        let answer = authorization.check(question).await?.into_inner();
        println!("{id}: {} ({})", answer.allowed, answer.reason().as_str_name());
    }

    let promotion = ChangeRoleRequest {
        tenant: "acme".to_owned(),
        actor: Some(user("victor")),
        member: Some(user("victor")),
        resource: Some(harbour),
        role: "editor".to_owned(),
        ..Default::default()
    };
    if let Err(status) = MembershipServiceClient::new(channel).change_role(promotion).await {
        let reason = status.get_details_error_info().map(|info| info.reason);
        println!("{}: {}", reason.unwrap_or_default(), status.message());
    }
    Ok(())
}
