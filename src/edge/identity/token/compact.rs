//! The compact form of a token (RFC 7515): three parts in base64url with dots between.

use serde::Deserialize;
use serde_json::Value;

use super::{
    fault::TokenFault,
    json::{base64url, object, present},
};

/// No token is longer, in bytes. The headers of a request have 16 KiB together.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// What `typ` may be, in any case: a token, or an access token as RFC 9068 has it.
const TYPES: [&str; 4] = ["JWT", "JOSE", "at+jwt", "application/at+jwt"];

/// A token in its parts. Nothing in it is verified yet.
pub(super) struct Compact<'t> {
    /// `alg` of the header.
    pub(super) algorithm: String,
    /// `kid` of the header.
    pub(super) key_id: Option<String>,
    /// `iss` of the payload.
    pub(super) issuer: String,
    /// The claims, in JSON.
    pub(super) payload: Vec<u8>,
    /// What is signed: header and payload as they came.
    pub(super) message: &'t [u8],
    pub(super) signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    b64: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    enc: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    zip: Option<Value>,
}

/// Of the claims what picks the issuer.
#[derive(Deserialize)]
struct ClaimedIssuer {
    #[serde(default, deserialize_with = "present")]
    iss: Option<String>,
}

impl<'t> Compact<'t> {
    /// Splits and decodes a token.
    pub(super) fn parse(token: &'t str) -> Result<Self, TokenFault> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenFault::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenFault::Malformed)?;
        // A third dot is in the payload then, and not of base64url.
        let decoded = |part: &str| base64url(part).ok_or(TokenFault::Malformed);
        let (header, payload, signature) = (decoded(header)?, decoded(payload)?, decoded(signature)?);

        let header: Header = object(&header).map_err(|_| TokenFault::Malformed)?;
        header.check()?;
        let claimed: ClaimedIssuer = object(&payload).map_err(|_| TokenFault::Malformed)?;
        let issuer = claimed.iss.ok_or(TokenFault::MissingClaim("iss"))?;
        let (algorithm, key_id) = (header.alg, header.kid);
        Ok(Self { algorithm, key_id, issuer, payload, message: message.as_bytes(), signature })
    }
}

impl Header {
    /// Refuses what changes the meaning of a token in ways that this server does not know.
    fn check(&self) -> Result<(), TokenFault> {
        let fields = [("crit", &self.crit), ("b64", &self.b64), ("enc", &self.enc), ("zip", &self.zip)];
        if let Some((name, _)) = fields.into_iter().find(|(_, value)| value.is_some()) {
            return Err(TokenFault::UnsupportedHeader(name));
        }
        match &self.typ {
            Some(typ) if !TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ)) => Err(TokenFault::UnsupportedType),
            _ => Ok(()),
        }
    }
}

/// Whether a bearer credential has the form of a token in the compact form: exactly two dots, and letters of base64url
/// before, between and after them. After the last there may be none, as in a token without a signature.
pub(in crate::edge::identity) fn looks_like_token(credential: &str) -> bool {
    let Some((message, signature)) = credential.rsplit_once('.') else { return false };
    let Some((header, payload)) = message.split_once('.') else { return false };
    let is_base64url = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    !header.is_empty() && !payload.is_empty() && [header, payload, signature].into_iter().all(is_base64url)
}
