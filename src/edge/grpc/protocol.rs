//! What makes a request a call of gRPC at all. What does not is answered before anything reads it.

use http::{HeaderName, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use tonic::{Status, body::Body};

const GRPC: &str = "application/grpc";
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const IDENTITY: &str = "identity";

/// The answer to a request that is no call of gRPC, or one in an encoding that is not read; none for the others.
pub(super) fn refusal(request: &Request<Body>) -> Option<Response<Body>> {
    if request.method() != Method::POST {
        return Some(empty(StatusCode::METHOD_NOT_ALLOWED));
    }
    let headers = request.headers();
    if !headers.get(CONTENT_TYPE).is_some_and(|value| is_grpc(value.as_bytes())) {
        return Some(empty(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    // The header is not repeated in the answer: it may be as long as all headers may be.
    let is_read = headers.get_all(GRPC_ENCODING).iter().all(|value| value == IDENTITY);
    (!is_read).then(|| {
        let message = "compressed messages are not read; send them as `grpc-encoding: identity`";
        Status::unimplemented(message).into_http()
    })
}

/// Whether a content type is `application/grpc`, with or without a format and parameters. `application/grpc-web` is
/// another protocol.
fn is_grpc(content_type: &[u8]) -> bool {
    let rest = content_type.split_at_checked(GRPC.len()).filter(|(kind, _)| kind.eq_ignore_ascii_case(GRPC.as_bytes()));
    rest.is_some_and(|(_, rest)| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}

/// An answer for whoever speaks HTTP and not gRPC.
fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_response(method: Method, headers: &[(&str, &str)]) -> Option<(u16, Option<String>)> {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = refusal(&request.body(Body::empty()).unwrap())?;
        let status = response.headers().get("grpc-status").map(|status| status.to_str().unwrap().to_owned());
        Some((response.status().as_u16(), status))
    }

    #[test]
    fn a_call_of_grpc_is_passed_on() {
        for content_type in ["application/grpc", "application/grpc+proto", "Application/gRPC; charset=utf-8"] {
            assert_eq!(find_response(Method::POST, &[("content-type", content_type)]), None, "{content_type}");
        }
        let encoded = [("content-type", GRPC), ("grpc-encoding", IDENTITY)];
        assert_eq!(find_response(Method::POST, &encoded), None);
    }

    #[test]
    fn what_is_no_call_is_answered_in_http() {
        for method in [Method::GET, Method::PUT, Method::OPTIONS, Method::CONNECT] {
            assert_eq!(find_response(method, &[("content-type", GRPC)]), Some((405, None)));
        }
        assert_eq!(find_response(Method::POST, &[]), Some((415, None)));
        for content_type in ["", "text/plain", "application/grpc-web", "application/grpcx", "application/json"] {
            assert_eq!(
                find_response(Method::POST, &[("content-type", content_type)]),
                Some((415, None)),
                "{content_type}"
            );
        }
    }

    #[test]
    fn another_encoding_is_unimplemented_and_not_repeated() {
        for encoding in ["gzip", "identity,gzip", "x", &"x".repeat(10_000)] {
            let headers = [("content-type", GRPC), ("grpc-encoding", encoding)];
            assert_eq!(find_response(Method::POST, &headers), Some((200, Some("12".to_owned()))));
        }
    }
}
