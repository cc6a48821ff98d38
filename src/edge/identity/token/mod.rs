//! JSON Web Tokens (RFC 7519) as credentials: whether one counts, and whose it is.
//!
//! Signatures are verified by *ring*, which TLS uses as well, and what is around them is read here. The crate
//! `jsonwebtoken` would have left as much to this module: it takes its cryptography from a variable of the whole process,
//! for *ring* the provider would be written here, it takes an `oct` key for an HMAC secret, ignores the curve of a key,
//! `crit`, and an `iss` that is an array, and compares times with the system's clock. What it does besides is to split
//! the token and to decode base64.
//!
//! Nothing in a token is believed before its signature was verified, but for the names that pick the key: `iss` picks
//! the issuer among those of the settings, `alg` must be one that is pinned to it, and `kid` picks the key among its
//! own. A token can't bring its key along: `jwk`, `jku`, `x5c` and `x5u` are not read.

mod algorithm;
mod claims;
mod compact;
mod fault;
mod json;
mod jwks;
mod public_key;
#[cfg(test)]
mod tests;

use rollcall_engine::Timestamp;

pub use algorithm::{Algorithm, parse_algorithm};
pub(super) use compact::looks_like_token;
pub use fault::TokenFault;
pub use jwks::IssuerKeys;

use claims::Claims;
use compact::Compact;

/// An issuer whose tokens count, with its keys as its file has them now.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Its name, exactly as the tokens have it in `iss`.
    pub issuer: String,
    /// The audiences of which a token must have one in `aud`. With none, no token of the issuer counts.
    pub audiences: Vec<String>,
    /// The algorithms by which it signs. With none, no token of the issuer counts.
    pub algorithms: Vec<Algorithm>,
    /// The public keys that verify its signatures.
    pub keys: IssuerKeys,
}

/// Whom a token that counts identifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenIdentity {
    /// The name of the issuer, which is that of an [`Issuer`].
    pub issuer: String,
    /// The subject, exactly as the token has it in `sub`.
    pub subject: String,
    /// The first instant at which the token counts no more: its `exp`, and the leeway for clocks that differ.
    pub ends_at: Timestamp,
}

/// Whom a token identifies, which came as a bearer credential at `now`. Of two issuers of one name the first counts.
///
/// # Errors
/// What is wrong with the token first: its form, its issuer, its algorithm, its key, its signature, then its claims.
pub(super) fn verify(token: &str, issuers: &[Issuer], now: Timestamp) -> Result<TokenIdentity, TokenFault> {
    let compact = Compact::parse(token)?;
    let issuer = issuers.iter().find(|known| known.issuer == compact.issuer).ok_or(TokenFault::UnknownIssuer)?;
    let algorithm = Algorithm::named(&compact.algorithm)
        .filter(|algorithm| issuer.algorithms.contains(algorithm))
        .ok_or(TokenFault::AlgorithmNotPinned)?;
    let key = issuer.keys.find(compact.key_id.as_deref(), algorithm)?;
    if !key.verifies(algorithm, compact.message, &compact.signature) {
        return Err(TokenFault::BadSignature);
    }
    let Claims { subject, ends_at } = Claims::check(&compact.payload, &issuer.audiences, now)?;
    Ok(TokenIdentity { issuer: compact.issuer, subject, ends_at })
}
