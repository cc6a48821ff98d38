//! What the methods about suppressed addresses read of their messages, and answer.

use rollcall_engine::{Moment, SuppressedAddress};

use crate::{
    edge::grpc::{
        convert::{store_consistency, to_timestamp},
        handler::CallContext,
        reading::PAGE,
    },
    proto,
    service::{AddressAnswer, Consistency, Result, SetSuppressed, input::Validator},
};

pub(super) fn suppress(validator: &mut Validator, request: &proto::SuppressAddressRequest) -> SetSuppressed {
    let email = validator.email("email", &request.email);
    validator.display_name("detail", &request.detail);
    SetSuppressed { email, detail: Some(request.detail.clone()) }
}

pub(super) fn suppressed(_tenant: &str, answer: AddressAnswer) -> proto::SuppressAddressResponse {
    proto::SuppressAddressResponse { address: Some(to_address(answer.address)), ..Default::default() }
}

pub(super) fn clear(validator: &mut Validator, request: &proto::ClearAddressRequest) -> SetSuppressed {
    SetSuppressed { email: validator.email("email", &request.email), detail: None }
}

pub(super) fn cleared(_tenant: &str, answer: AddressAnswer) -> proto::ClearAddressResponse {
    proto::ClearAddressResponse { address: Some(to_address(answer.address)), ..Default::default() }
}

/// The consistency, the most addresses to return, and the page token.
pub(super) fn list<'r>(
    validator: &mut Validator,
    request: &'r proto::ListSuppressedAddressesRequest,
) -> (Consistency<'r>, u32, &'r str) {
    let consistency = store_consistency(validator, request.consistency.as_ref());
    (consistency, validator.page_size(request.page_size, PAGE.1, PAGE.0), &request.page_token)
}

pub(super) async fn list_suppressed_addresses(
    context: CallContext<'_>,
    (consistency, limit, page_token): (Consistency<'_>, u32, &str),
) -> Result<(proto::ListSuppressedAddressesResponse, Moment)> {
    let page = context.service.list_suppressed(context.tenant, consistency, (limit, page_token)).await?;
    let response = proto::ListSuppressedAddressesResponse {
        addresses: page.addresses.into_iter().map(to_address).collect(),
        next_page_token: page.next.unwrap_or_default(),
        ..Default::default()
    };
    Ok((response, page.moment))
}

pub(super) fn to_address(address: SuppressedAddress) -> proto::SuppressedAddress {
    proto::SuppressedAddress {
        email: address.email,
        detail: address.detail,
        create_time: Some(to_timestamp(address.created_at)),
    }
}
