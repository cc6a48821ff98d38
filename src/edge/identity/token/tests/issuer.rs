//! An issuer with a key of each kind, which signs whatever a test makes up.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
        RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use rollcall_engine::Timestamp;
use serde_json::{Value, json};

use super::super::{Algorithm, Issuer, IssuerKeys, TokenFault, TokenIdentity, verify};

/// *ring* makes no RSA keys.
const RSA_KEY: &[u8] = include_bytes!("../../../../../tests/support/keys/issuer.pk8");

/// The instant at which tests verify, in seconds.
pub(super) const NOW: i64 = 1_800_000_000;

pub(super) const ISSUER: &str = "https://kubernetes.default.svc";

/// All that an issuer may sign by.
pub(super) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::EdDsa,
];

pub(super) struct TestIssuer {
    random: SystemRandom,
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

/// The one of all tests.
pub(super) fn issuer() -> &'static TestIssuer {
    static ISSUER: OnceLock<TestIssuer> = OnceLock::new();
    ISSUER.get_or_init(TestIssuer::new)
}

impl TestIssuer {
    pub(super) fn new() -> Self {
        let random = SystemRandom::new();
        let ec = |algorithm: &'static EcdsaSigningAlgorithm| {
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
        };
        let (p256, p384) = (ec(&ECDSA_P256_SHA256_FIXED_SIGNING), ec(&ECDSA_P384_SHA384_FIXED_SIGNING));
        let document = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let ed25519 = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        Self { rsa: RsaKeyPair::from_pkcs8(RSA_KEY).unwrap(), p256, p384, ed25519, random }
    }

    /// Its public keys: `rsa`, `p256`, `p384` and `ed25519`.
    pub(super) fn jwks(&self) -> [Value; 4] {
        let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        let ec = |pair: &EcdsaKeyPair, id: &str, curve: &str| {
            let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
            json!({"kty": "EC", "kid": id, "crv": curve, "x": base64url(x), "y": base64url(y)})
        };
        [
            json!({"kty": "RSA", "kid": "rsa", "use": "sig", "n": base64url(&rsa.n), "e": base64url(&rsa.e)}),
            ec(&self.p256, "p256", "P-256"),
            ec(&self.p384, "p384", "P-384"),
            json!({"kty": "OKP", "kid": "ed25519", "crv": "Ed25519", "x": base64url(self.ed25519.public_key().as_ref())}),
        ]
    }

    /// Its public RSA key in DER, which a server that confuses keys would take for a secret.
    pub(super) fn rsa_public_key(&self) -> &[u8] {
        self.rsa.public().as_ref()
    }

    /// Signs by an algorithm, and says so in the header unless it has another `alg`.
    pub(super) fn sign(&self, algorithm: Algorithm, header: &Value, claims: &str) -> String {
        let mut header = header.clone();
        let fields = header.as_object_mut().unwrap();
        fields.entry("alg").or_insert_with(|| algorithm.name().into());
        let message = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.as_bytes()));
        let signature = self.signature(algorithm, message.as_bytes());
        format!("{message}.{}", base64url(&signature))
    }

    fn signature(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let rsa = |encoding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            self.rsa.sign(encoding, &self.random, message, &mut signature).unwrap();
            signature
        };
        match algorithm {
            Algorithm::Rs256 => rsa(&RSA_PKCS1_SHA256),
            Algorithm::Rs384 => rsa(&RSA_PKCS1_SHA384),
            Algorithm::Rs512 => rsa(&RSA_PKCS1_SHA512),
            Algorithm::Ps256 => rsa(&RSA_PSS_SHA256),
            Algorithm::Ps384 => rsa(&RSA_PSS_SHA384),
            Algorithm::Ps512 => rsa(&RSA_PSS_SHA512),
            Algorithm::Es256 => self.p256.sign(&self.random, message).unwrap().as_ref().to_vec(),
            Algorithm::Es384 => self.p384.sign(&self.random, message).unwrap().as_ref().to_vec(),
            Algorithm::EdDsa => self.ed25519.sign(message).as_ref().to_vec(),
        }
    }

    /// A token of ES256 with a `kid` and these claims, which is good if they are.
    pub(super) fn token(&self, claims: &Value) -> String {
        self.sign(Algorithm::Es256, &json!({"kid": "p256"}), &claims.to_string())
    }
}

/// The `kid` of the key for an algorithm.
pub(super) fn key_id(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => "p256",
        Algorithm::Es384 => "p384",
        Algorithm::EdDsa => "ed25519",
        _ => "rsa",
    }
}

/// The claims of a service account of Kubernetes.
pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "system:serviceaccount:shop:web",
        "aud": ["rollcall"],
        "exp": NOW + 3600,
        "iat": NOW - 10,
        "nbf": NOW - 10,
        "jti": "1d7a8c1e-6b3a-4a55-9a59-2f0f3f1f0f9e",
        "kubernetes.io": {"namespace": "shop", "serviceaccount": {"name": "web", "uid": "6b3a"}},
    })
}

/// The same with one claim changed.
pub(super) fn claims_with(claim: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[claim] = value.into();
    claims
}

/// The settings of the issuer, with these keys.
pub(super) fn settings(jwks: &[Value]) -> Issuer {
    let keys = IssuerKeys::parse(json!({"keys": jwks}).to_string().as_bytes()).unwrap();
    let audiences = vec!["spare".to_owned(), "rollcall".to_owned()];
    Issuer { issuer: ISSUER.to_owned(), audiences, algorithms: ALGORITHMS.to_vec(), keys }
}

/// What the server says of a token, which knows all keys of the issuer.
pub(super) fn verified(token: &str) -> Result<TokenIdentity, TokenFault> {
    verify(token, &[settings(&issuer().jwks())], Timestamp(NOW * 1_000_000))
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
