//! Why nobody was found to have sent a request. Who sent it is told no more than that it was refused.

use std::fmt;

use crate::{
    edge::identity::token::TokenFault,
    service::{Error, ErrorKind},
};

/// What is wrong with the credentials of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are none.
    Missing,
    /// The `authorization` header is there more than once.
    SeveralHeaders,
    /// The `authorization` header has no bearer credential.
    NoBearer,
    /// The key is of no caller.
    UnknownKey,
    /// The key has ended.
    EndedKey,
    /// The JSON Web Token does not count.
    Token(TokenFault),
    /// The JSON Web Token is of no caller.
    UnknownToken,
    /// The certificate is of no caller, and nothing else was sent.
    UnknownCertificate,
    /// The certificate has ended since the connection was made.
    EndedCertificate,
    /// The certificate is of one caller, and what else was sent, or another of its names, is of another.
    Disagreement,
    /// The caller has ended.
    EndedCaller,
}

impl Refused {
    /// The word for it in logs.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::SeveralHeaders => "several_headers",
            Self::NoBearer => "no_bearer",
            Self::UnknownKey => "unknown_key",
            Self::EndedKey => "ended_key",
            Self::Token(fault) => fault.name(),
            Self::UnknownToken => "token_of_no_caller",
            Self::UnknownCertificate => "certificate_of_no_caller",
            Self::EndedCertificate => "ended_certificate",
            Self::Disagreement => "two_identities",
            Self::EndedCaller => "ended_caller",
        }
    }

    /// The error that is answered: one text for every credential that does not count, so that nobody learns by trying.
    pub(super) fn to_error(&self) -> Error {
        Error::new(ErrorKind::Unauthenticated, "UNAUTHENTICATED", self.to_string())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "this server wants a key or a token; send it as `authorization: Bearer KEY`",
            Self::SeveralHeaders => "the request has several `authorization` headers; send one",
            Self::NoBearer => "the `authorization` header has no bearer key; send it as `authorization: Bearer KEY`",
            _ => "these credentials are of no caller of this server, or count no more; the server's log says why",
        })
    }
}
