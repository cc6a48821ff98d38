//! Why a token does not count, for the log: whoever sent it gets the same answer for each.

use std::fmt;

/// Why a token does not count. It has no text of the token, which anybody may have made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenFault {
    /// It is longer than 8 KiB.
    TooLong,
    /// It is not a JSON Web Token in the compact form with a signature, or a field has a value of another type.
    Malformed,
    /// Its header has a field that demands what this server does not do: `crit`, `b64`, `enc` or `zip`.
    UnsupportedHeader(&'static str),
    /// Its `typ` is that of something else than a token for access or identity.
    UnsupportedType,
    /// Its `iss` is no issuer of the settings.
    UnknownIssuer,
    /// Its `alg` is none of those that its issuer signs by.
    AlgorithmNotPinned,
    /// Its issuer has no key with its `kid`, or it has none and the issuer has several keys to choose from.
    UnknownKey,
    /// The key with its `kid` is for another algorithm than its `alg`.
    KeyOfOtherAlgorithm,
    /// Its signature is not that of the key.
    BadSignature,
    /// It lacks the claim of this name: `iss`, `sub`, `aud` or `exp`.
    MissingClaim(&'static str),
    /// Its `aud` has no audience of the settings.
    WrongAudience,
    /// Its `exp` is over.
    Expired,
    /// Its `nbf` is still to come.
    NotYetValid,
}

impl TokenFault {
    /// A word for logs and counts, in lower case with `_` between its parts: `wrong_audience`. It is one for all
    /// claims, and one for all fields of the header.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLong => "token_too_long",
            Self::Malformed => "token_malformed",
            Self::UnsupportedHeader(_) => "token_unsupported_header",
            Self::UnsupportedType => "token_unsupported_type",
            Self::UnknownIssuer => "token_unknown_issuer",
            Self::AlgorithmNotPinned => "token_algorithm_not_pinned",
            Self::UnknownKey => "token_unknown_key",
            Self::KeyOfOtherAlgorithm => "token_key_of_other_algorithm",
            Self::BadSignature => "token_bad_signature",
            Self::MissingClaim(_) => "token_missing_claim",
            Self::WrongAudience => "token_wrong_audience",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
        }
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the token is longer than 8 KiB"),
            Self::Malformed => f.write_str("the token is not a signed JSON Web Token in the compact form"),
            Self::UnsupportedHeader(field) => {
                write!(f, "the header of the token has `{field}`, which is not supported")
            }
            Self::UnsupportedType => f.write_str("the `typ` of the token is none of `JWT`, `JOSE` and `at+jwt`"),
            Self::UnknownIssuer => f.write_str("the issuer of the token is not in the settings"),
            Self::AlgorithmNotPinned => f.write_str("the settings do not list the token's algorithm for its issuer"),
            Self::UnknownKey => f.write_str("the issuer's key set has no key that the token names"),
            Self::KeyOfOtherAlgorithm => f.write_str("the key that the token names is for another algorithm"),
            Self::BadSignature => f.write_str("the signature of the token is wrong"),
            Self::MissingClaim(claim) => write!(f, "the token has no claim `{claim}`"),
            Self::WrongAudience => f.write_str("the token is for another audience"),
            Self::Expired => f.write_str("the token is expired"),
            Self::NotYetValid => f.write_str("the token is not valid yet"),
        }
    }
}
