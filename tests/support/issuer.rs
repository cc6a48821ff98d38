//! An issuer of JSON Web Tokens, which signs whatever header and claims a test makes up.

use std::time::{Duration, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
        RsaPublicKeyComponents,
    },
};
use serde_json::{Value, json};

/// *ring* makes no RSA keys.
const RSA_KEY: &[u8] = include_bytes!("keys/issuer.pk8");

/// The audience of tokens that are good.
pub const AUDIENCE: &str = "rollcall";

/// A name, and the keys that sign in it.
pub struct TestIssuer {
    name: String,
    random: SystemRandom,
    ec_key_id: String,
    ec: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl TestIssuer {
    /// An issuer with an ES256 key of its own, which has this id, and the RSA key of all tests, whose id is `rsa`.
    pub fn new(name: &str, ec_key_id: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        let rsa = RsaKeyPair::from_pkcs8(RSA_KEY).unwrap();
        Self { name: name.to_owned(), random, ec_key_id: ec_key_id.to_owned(), ec, rsa }
    }

    /// Its public ES256 key as a JSON Web Key.
    pub fn ec_key(&self) -> Value {
        let (x, y) = self.ec.public_key().as_ref()[1..].split_at(32);
        json!({"kty": "EC", "kid": self.ec_key_id, "crv": "P-256", "x": base64url(x), "y": base64url(y)})
    }

    /// Its public RSA key as a JSON Web Key.
    pub fn rsa_key(&self) -> Value {
        let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        json!({"kty": "RSA", "kid": "rsa", "use": "sig", "n": base64url(&rsa.n), "e": base64url(&rsa.e)})
    }

    /// Its public RSA key in DER, which a server that confuses keys would take for a secret.
    pub fn rsa_der(&self) -> &[u8] {
        self.rsa.public().as_ref()
    }

    /// Claims that are good for an hour.
    pub fn claims(&self, subject: &str) -> Value {
        json!({"iss": self.name, "sub": subject, "aud": AUDIENCE, "exp": seconds_from_now(3600)})
    }

    /// A token with these claims and a good header, signed by the ES256 key.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(&json!({"alg": "ES256", "kid": self.ec_key_id}), claims)
    }

    /// A token with these claims and a good header, signed by the RSA key.
    pub fn rsa_token(&self, claims: &Value) -> String {
        self.sign(&json!({"alg": "RS256", "kid": "rsa"}), claims)
    }

    /// A token with any header and claims, signed by the RSA key if `alg` is `RS256`, else by the ES256 key.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = if header["alg"] == "RS256" {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            self.rsa.sign(&RSA_PKCS1_SHA256, &self.random, message.as_bytes(), &mut signature).unwrap();
            signature
        } else {
            self.ec.sign(&self.random, message.as_bytes()).unwrap().as_ref().to_vec()
        };
        format!("{message}.{}", base64url(&signature))
    }
}

/// A token that is signed by HS256 with a secret.
pub fn sign_by_secret(secret: &[u8], header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", base64url(signature.as_ref()))
}

/// Header and claims as they are signed.
pub fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()))
}

/// A JSON Web Key Set.
pub fn key_set(keys: &[Value]) -> String {
    json!({"keys": keys}).to_string()
}

/// An instant as tokens have it: so many seconds from now, or ago.
pub fn seconds_from_now(seconds: i64) -> i64 {
    i64::try_from(since_epoch().as_secs()).unwrap() + seconds
}

/// How long it is since 1970.
pub fn since_epoch() -> Duration {
    UNIX_EPOCH.elapsed().expect("it is later than 1970")
}

/// Bytes in base64url.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
