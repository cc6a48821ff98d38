//! Key sets as issuers publish them, and those that are mistakes.

use serde_json::{Value, json};

use super::{
    super::{Algorithm, IssuerKeys},
    issuer::{base64url, issuer},
};

/// What is wrong with a set of one key.
fn mistake(jwk: &Value) -> String {
    IssuerKeys::parse(json!({"keys": [jwk]}).to_string().as_bytes()).expect_err(&jwk.to_string())
}

/// Whether a set of this one key can verify a signature.
fn is_used(jwk: &Value, algorithm: Algorithm) -> bool {
    let keys = IssuerKeys::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
    keys.find(None, algorithm).is_ok()
}

fn with(jwk: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut jwk = jwk.clone();
    jwk[field] = value.into();
    jwk
}

fn without(jwk: &Value, field: &str) -> Value {
    let mut jwk = jwk.clone();
    jwk.as_object_mut().unwrap().remove(field);
    jwk
}

#[test]
fn a_set_without_keys_is_valid() {
    for text in [r#"{"keys":[]}"#, r#" {"keys":[],"spiffe_sequence":7,"spiffe_refresh_hint":300} "#] {
        let keys = IssuerKeys::parse(text.as_bytes()).unwrap();
        assert!(keys.find(None, Algorithm::Rs256).is_err());
    }
}

#[test]
fn what_is_no_key_set_is_a_mistake() {
    for text in [
        "",
        "{",
        "[]",
        "[[]]",
        "{}",
        "null",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":[{}]}"#,
        "{\"keys\":[]}x",
    ] {
        let mistake = IssuerKeys::parse(text.as_bytes()).unwrap_err();
        assert!(mistake.starts_with("not a JSON Web Key Set"), "{text}: {mistake}");
    }
    assert!(IssuerKeys::parse(b"{\"keys\":[],\"a\":\"\xff\"}").is_err());
    let huge = format!("{{\"keys\":[]}}{}", " ".repeat(1 << 20));
    assert_eq!(IssuerKeys::parse(huge.as_bytes()).unwrap_err(), "the key set has 1048587 bytes, over 1048576");
}

#[test]
fn keys_for_signatures_are_used_and_others_ignored() {
    let [rsa, p256, ..] = issuer().jwks();
    for usage in ["sig", "jwt-svid"] {
        assert!(is_used(&with(&rsa, "use", usage), Algorithm::Rs256), "{usage}");
    }
    assert!(is_used(&without(&rsa, "use"), Algorithm::Ps512));
    for usage in ["enc", "x509-svid", "wit-svid", "SIG", ""] {
        assert!(!is_used(&with(&rsa, "use", usage), Algorithm::Rs256), "{usage}");
    }
    assert!(is_used(&with(&p256, "key_ops", json!(["verify"])), Algorithm::Es256));
    assert!(!is_used(&with(&p256, "key_ops", json!(["encrypt"])), Algorithm::Es256));
    assert!(is_used(&with(&rsa, "alg", "RS256"), Algorithm::Rs256));
    assert!(!is_used(&with(&rsa, "alg", "RS256"), Algorithm::Rs384), "it is for one alone");
    for unsupported in ["RSA-OAEP", "RS1", "ES512"] {
        assert!(!is_used(&with(&rsa, "alg", unsupported), Algorithm::Rs256), "{unsupported}");
    }
    for other in [
        json!({"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA"}),
        json!({"kty": "EC", "crv": "P-521", "x": "AAAA", "y": "AAAA"}),
        json!({"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AAAA"}),
        json!({"kty": "OKP", "crv": "Ed448", "x": "AAAA"}),
    ] {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa] {
            assert!(!is_used(&other, algorithm), "{other}");
        }
    }
}

#[test]
fn a_secret_is_a_mistake_whatever_it_is_for() {
    for usage in ["sig", "enc"] {
        let mistake = mistake(&json!({"kty": "oct", "kid": "a", "use": usage, "k": "c2VjcmV0", "alg": "HS256"}));
        assert_eq!(mistake, "key 1, `a`, can't be used: it is a secret, and whoever reads it can make tokens");
    }
    let [_, p256, ..] = issuer().jwks();
    assert!(mistake(&with(&p256, "d", "c2VjcmV0")).contains("it is a private key"));
}

#[test]
fn two_keys_of_one_id_are_a_mistake() {
    let [rsa, p256, ..] = issuer().jwks();
    let same = with(&p256, "kid", "rsa");
    let keys = json!({"keys": [rsa, same]}).to_string();
    assert_eq!(IssuerKeys::parse(keys.as_bytes()).unwrap_err(), "key 2, `rsa`, has the `kid` of a key before it");
    let ignored = with(&same, "use", "enc");
    let keys = json!({"keys": [rsa, ignored, without(&rsa, "kid"), without(&rsa, "kid")]}).to_string();
    assert!(IssuerKeys::parse(keys.as_bytes()).is_ok(), "no token names those without one");
    let twice = r#"{"keys":[{"kty":"AKP","kid":"a","kid":"b"}]}"#;
    assert!(IssuerKeys::parse(twice.as_bytes()).is_err());
}

#[test]
fn an_rsa_key_is_long_enough_and_odd() {
    let [rsa, ..] = issuer().jwks();
    let modulus = |bytes: usize, first: u8| {
        let mut modulus = vec![0xff; bytes];
        modulus[0] = first;
        with(&rsa, "n", base64url(&modulus))
    };
    assert!(mistake(&modulus(128, 0x80)).contains("`n` has 1024 bits, and not 2048 to 8192"));
    assert!(mistake(&modulus(256, 0x7f)).contains("`n` has 2047 bits"));
    assert!(mistake(&modulus(1025, 0x01)).contains("`n` has 8193 bits"));
    assert!(mistake(&with(&rsa, "n", "")).contains("`n` has 0 bits"));
    assert!(is_used(&modulus(256, 0x80), Algorithm::Rs256));
    assert!(is_used(&modulus(257, 0x00), Algorithm::Rs256), "as DER has it");
    assert!(mistake(&with(&rsa, "n", base64url(&[0xfe; 256]))).contains("an even number"));
    for exponent in [&[][..], &[0], &[1], &[0, 1], &[4], &[1, 0, 0, 0, 0, 1]] {
        assert!(mistake(&with(&rsa, "e", base64url(exponent))).contains("its RSA exponent `e`"), "{exponent:?}");
    }
    assert!(is_used(&with(&rsa, "e", "AAEAAQ"), Algorithm::Rs256));
}

#[test]
fn the_parts_of_a_key_fit_each_other_and_its_algorithm() {
    let [rsa, p256, p384, ed25519] = issuer().jwks();
    let thirty_two = base64url(&[7; 32]);
    for (jwk, expected) in [
        (without(&rsa, "n"), "it has no `n`"),
        (without(&rsa, "e"), "it has no `e`"),
        (with(&rsa, "n", "AQ=="), "its `n` is not in base64url without padding"),
        (with(&rsa, "n", "+/"), "its `n` is not in base64url without padding"),
        (without(&p256, "crv"), "it has no curve, `crv`"),
        (without(&p256, "y"), "it has no `y`"),
        (without(&ed25519, "x"), "it has no `x`"),
        (with(&p256, "crv", "P-384"), "its coordinates `x` and `y` have not 48 bytes each"),
        (with(&p384, "crv", "P-256"), "its coordinates `x` and `y` have not 32 bytes each"),
        (with(&p384, "x", thirty_two), "its coordinates `x` and `y` have not 48 bytes each"),
        (with(&ed25519, "x", "AAAA"), "its public key `x` has not 32 bytes"),
        (with(&p256, "alg", "ES384"), "its type or curve does not fit its `alg`, ES384"),
        (with(&p384, "alg", "ES256"), "its type or curve does not fit its `alg`, ES256"),
        (with(&rsa, "alg", "ES256"), "its type or curve does not fit its `alg`, ES256"),
        (with(&ed25519, "alg", "RS256"), "its type or curve does not fit its `alg`, RS256"),
    ] {
        let mistake = mistake(&jwk);
        assert!(mistake.ends_with(&format!(" can't be used: {expected}")), "{mistake}");
    }
}

#[test]
fn a_point_off_its_curve_verifies_nothing() {
    let [_, p256, ..] = issuer().jwks();
    let off = with(&p256, "x", base64url(&[7; 32]));
    let keys = IssuerKeys::parse(json!({"keys": [off]}).to_string().as_bytes()).unwrap();
    let key = keys.find(Some("p256"), Algorithm::Es256).unwrap();
    assert!(!key.verifies(Algorithm::Es256, b"", &[0; 64]));
    assert!(!key.verifies(Algorithm::Es256, b"", &[]));
    assert!(!key.verifies(Algorithm::Rs256, b"", &[0; 256]));
}
