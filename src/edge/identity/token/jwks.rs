//! The keys of an issuer: a JSON Web Key Set (RFC 7517), as an issuer publishes it and a SPIFFE bundle contains it.

use std::collections::HashSet;

use serde::{Deserialize, de::IgnoredAny};

use super::{
    algorithm::Algorithm,
    fault::TokenFault,
    json::{base64url, object, present},
    public_key::{EcCurve, PublicKey},
};

/// No key set is longer, in bytes.
const MAX_KEY_SET_BYTES: usize = 1024 * 1024;

/// The public keys that verify the signatures of an issuer. There may be none, then no token of the issuer counts.
#[derive(Clone, Debug, Default)]
pub struct IssuerKeys {
    keys: Vec<IssuerKey>,
}

/// A key that is used.
#[derive(Clone, Debug)]
struct IssuerKey {
    /// `kid`, by which tokens name it.
    id: Option<String>,
    /// `alg`: the only algorithm that it is for; none if it is for all that fit.
    algorithm: Option<Algorithm>,
    public_key: PublicKey,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use", default, deserialize_with = "present")]
    usage: Option<String>,
    #[serde(default, deserialize_with = "present")]
    key_ops: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    alg: Option<String>,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// What only a private key has.
    d: Option<IgnoredAny>,
}

impl IssuerKeys {
    /// Parses a JSON Web Key Set of at most 1 MiB. Keys of other types and curves, for other uses and for algorithms that
    /// are not [`Algorithm`]s are ignored; fields that are not known too, such as those of a SPIFFE bundle. A set
    /// without keys is valid, and revokes all that were there before.
    ///
    /// # Errors
    /// What is wrong with it, for the settings: not a key set, a secret (`oct`) or private key, two keys of one `kid`,
    /// an RSA key of fewer than 2048 bits, or a key whose parts are missing, or do not fit each other or its `alg`.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_KEY_SET_BYTES {
            return Err(format!("the key set has {} bytes, over {MAX_KEY_SET_BYTES}", bytes.len()));
        }
        let set: JwkSet = object(bytes).map_err(|error| {
            // The error of serde may show a part of a secret.
            format!("not a JSON Web Key Set, at line {} column {}", error.line(), error.column())
        })?;
        let mut ids = HashSet::new();
        let mut keys = Vec::new();
        for (number, jwk) in (1..).zip(set.keys) {
            let name = jwk.kid.as_ref().map_or_else(|| format!("key {number}"), |id| format!("key {number}, `{id}`,"));
            let Some(key) = jwk.read().map_err(|mistake| format!("{name} can't be used: {mistake}"))? else { continue };
            if key.id.clone().is_some_and(|id| !ids.insert(id)) {
                return Err(format!("{name} has the `kid` of a key before it"));
            }
            keys.push(key);
        }
        Ok(Self { keys })
    }

    /// The key that verifies a token with this `kid`. Without one, the only key of the algorithm's family.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&PublicKey, TokenFault> {
        let key = if let Some(id) = id {
            self.keys.iter().find(|key| key.id.as_deref() == Some(id))
        } else {
            let mut fitting = self.keys.iter().filter(|key| key.public_key.fits(algorithm));
            fitting.next().filter(|_| fitting.next().is_none())
        };
        let key = key.ok_or(TokenFault::UnknownKey)?;
        let is_for = key.algorithm.is_none_or(|only| only == algorithm) && key.public_key.fits(algorithm);
        if is_for { Ok(&key.public_key) } else { Err(TokenFault::KeyOfOtherAlgorithm) }
    }
}

impl Jwk {
    /// The key; none for one that is ignored.
    fn read(self) -> Result<Option<IssuerKey>, String> {
        if self.kty == "oct" {
            return Err("it is a secret, and whoever reads it can make tokens".to_owned());
        }
        let algorithm = match self.alg.as_deref().map(Algorithm::named) {
            // For encryption, or not supported.
            Some(None) => return Ok(None),
            Some(algorithm) => algorithm,
            None => None,
        };
        if !self.verifies_tokens() {
            return Ok(None);
        }
        let Some(public_key) = self.public_key()? else { return Ok(None) };
        if self.d.is_some() {
            return Err("it is a private key, and whoever reads it can make tokens".to_owned());
        }
        match algorithm {
            Some(algorithm) if !public_key.fits(algorithm) => {
                Err(format!("its type or curve does not fit its `alg`, {}", algorithm.name()))
            }
            _ => Ok(Some(IssuerKey { id: self.kid, algorithm, public_key })),
        }
    }

    /// Whether it says nothing of its use, or that it is for signatures, or for those of JWT-SVIDs.
    fn verifies_tokens(&self) -> bool {
        let has_use = matches!(self.usage.as_deref(), None | Some("sig" | "jwt-svid"));
        has_use && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "verify"))
    }

    /// The key itself; none if it is of another type or on another curve.
    fn public_key(&self) -> Result<Option<PublicKey>, String> {
        let key = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => PublicKey::rsa(&number("n", self.n.as_deref())?, &number("e", self.e.as_deref())?),
            ("EC", Some("P-256")) => {
                PublicKey::ec(EcCurve::P256, &number("x", self.x.as_deref())?, &number("y", self.y.as_deref())?)
            }
            ("EC", Some("P-384")) => {
                PublicKey::ec(EcCurve::P384, &number("x", self.x.as_deref())?, &number("y", self.y.as_deref())?)
            }
            ("OKP", Some("Ed25519")) => PublicKey::ed25519(number("x", self.x.as_deref())?),
            ("EC" | "OKP", None) => Err("it has no curve, `crv`".to_owned()),
            _ => return Ok(None),
        };
        key.map(Some)
    }
}

/// A part of a key, in base64url.
fn number(name: &str, part: Option<&str>) -> Result<Vec<u8>, String> {
    let part = part.ok_or_else(|| format!("it has no `{name}`"))?;
    base64url(part).ok_or_else(|| format!("its `{name}` is not in base64url without padding"))
}
