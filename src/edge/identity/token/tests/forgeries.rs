//! Tokens that somebody else made, or changed on the way.

use ring::hmac;
use rollcall_engine::Timestamp;
use serde_json::{Value, json};

use super::{
    super::{Algorithm, Issuer, TokenFault, json::base64url as decode, looks_like_token, verify},
    issuer::{ALGORITHMS, NOW, TestIssuer, base64url, claims, claims_with, issuer, key_id, settings, verified},
};

/// What is wrong with a token of good claims and this header, signed by an algorithm.
fn fault_by(algorithm: Algorithm, header: &Value) -> Option<TokenFault> {
    verified(&issuer().sign(algorithm, header, &claims().to_string())).err()
}

/// What the server says of a token of these settings.
fn fault_in(settings: Issuer, header: &Value) -> Option<TokenFault> {
    let token = issuer().sign(Algorithm::Es256, header, &claims().to_string());
    verify(&token, &[settings], Timestamp(NOW * 1_000_000)).err()
}

#[test]
fn a_token_without_a_signature_is_refused() {
    for name in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({"alg": name, "kid": "p256"}).to_string();
        let token = format!("{}.{}.", base64url(header.as_bytes()), base64url(claims().to_string().as_bytes()));
        assert_eq!(verified(&token), Err(TokenFault::AlgorithmNotPinned), "{name}");
    }
    let good = issuer().token(&claims());
    let (message, _) = good.rsplit_once('.').unwrap();
    assert_eq!(verified(&format!("{message}.")), Err(TokenFault::BadSignature));
    assert_eq!(verified(message), Err(TokenFault::Malformed));
}

#[test]
fn a_public_key_is_no_secret() {
    let key_set = json!({"keys": issuer().jwks()}).to_string();
    for secret in [issuer().rsa_public_key(), key_set.as_bytes(), b""] {
        for (name, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("RS256", hmac::HMAC_SHA256)]
        {
            let header = json!({"alg": name, "kid": "rsa"}).to_string();
            let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims().to_string().as_bytes()));
            let signature = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
            let token = format!("{message}.{}", base64url(signature.as_ref()));
            let expected = if name == "RS256" { TokenFault::BadSignature } else { TokenFault::AlgorithmNotPinned };
            assert_eq!(verified(&token), Err(expected), "{name}");
        }
    }
}

#[test]
fn only_the_algorithms_of_the_settings_count() {
    for pinned in ALGORITHMS {
        let issuers = [Issuer { algorithms: vec![pinned], ..settings(&issuer().jwks()) }];
        for algorithm in ALGORITHMS {
            let token = issuer().sign(algorithm, &json!({"kid": key_id(algorithm)}), &claims().to_string());
            let expected = (algorithm != pinned).then_some(TokenFault::AlgorithmNotPinned);
            assert_eq!(verify(&token, &issuers, Timestamp(NOW * 1_000_000)).err(), expected, "{algorithm:?}");
        }
    }
}

#[test]
fn a_signature_counts_only_as_that_of_its_algorithm() {
    for algorithm in ALGORITHMS {
        for other in ALGORITHMS.into_iter().filter(|other| *other != algorithm) {
            let header = json!({"alg": other.name(), "kid": key_id(algorithm)});
            let same_key = key_id(algorithm) == key_id(other);
            let expected = if same_key { TokenFault::BadSignature } else { TokenFault::KeyOfOtherAlgorithm };
            assert_eq!(fault_by(algorithm, &header), Some(expected), "{algorithm:?} as {other:?}");
        }
    }
}

#[test]
fn a_key_is_picked_by_its_id_alone() {
    for unknown in ["p257", "P256", "", "p256 ", "../p256"] {
        assert_eq!(fault_by(Algorithm::Es256, &json!({"kid": unknown})), Some(TokenFault::UnknownKey), "{unknown}");
    }
    assert_eq!(fault_by(Algorithm::Es256, &json!({"kid": null})), Some(TokenFault::Malformed));
    assert_eq!(fault_by(Algorithm::Es256, &json!({"kid": 256})), Some(TokenFault::Malformed));
    let [jwk, ..] = TestIssuer::new().jwks();
    let brought_along = json!({"kid": "p256", "jwk": jwk, "jku": "https://other.test/keys", "x5c": ["AAAA"]});
    assert_eq!(fault_by(Algorithm::Es256, &brought_along), None, "what is not read changes nothing");
}

#[test]
fn a_token_without_a_key_id_needs_a_set_with_one_key_to_choose() {
    let [rsa, p256, p384, ed25519] = issuer().jwks();
    let mut another = p256.clone();
    another["kid"] = "another".into();
    let mut nameless = p256.clone();
    nameless.as_object_mut().unwrap().remove("kid");
    for (keys, expected) in [
        (vec![p256.clone()], None),
        (vec![rsa.clone(), p256.clone(), p384, ed25519], None),
        (vec![nameless.clone()], None),
        (vec![p256.clone(), another], Some(TokenFault::UnknownKey)),
        (vec![p256, nameless.clone()], Some(TokenFault::UnknownKey)),
        (vec![rsa], Some(TokenFault::UnknownKey)),
        (vec![], Some(TokenFault::UnknownKey)),
    ] {
        assert_eq!(fault_in(settings(&keys), &json!({})), expected, "{keys:?}");
    }
    assert_eq!(fault_in(settings(&[nameless]), &json!({"kid": "p256"})), Some(TokenFault::UnknownKey));
}

#[test]
fn a_changed_token_is_refused() {
    for algorithm in ALGORITHMS {
        let token = issuer().sign(algorithm, &json!({"kid": key_id(algorithm)}), &claims().to_string());
        let parts: Vec<&str> = token.split('.').collect();
        let other = claims_with("sub", "system:serviceaccount:shop:admin").to_string();
        let changed = format!("{}.{}.{}", parts[0], base64url(other.as_bytes()), parts[2]);
        assert_eq!(verified(&changed), Err(TokenFault::BadSignature), "{algorithm:?}");

        let mut signature = decode(parts[2]).unwrap();
        signature[7] ^= 1;
        let changed = format!("{}.{}.{}", parts[0], parts[1], base64url(&signature));
        assert_eq!(verified(&changed), Err(TokenFault::BadSignature), "{algorithm:?}");
        let header = json!({"alg": algorithm.name(), "kid": key_id(algorithm), "typ": "JWT"}).to_string();
        let changed = format!("{}.{}.{}", base64url(header.as_bytes()), parts[1], parts[2]);
        assert_eq!(verified(&changed), Err(TokenFault::BadSignature), "{algorithm:?}");
    }
    let stranger = TestIssuer::new().token(&claims());
    assert_eq!(verified(&stranger), Err(TokenFault::BadSignature), "another's key of the same id");
}

#[test]
fn a_header_that_is_not_understood_is_refused() {
    for field in ["crit", "b64", "enc", "zip"] {
        for value in [json!(["exp"]), json!([]), json!(null), json!("A128GCM"), json!(true)] {
            let header = json!({"kid": "p256", field: value});
            assert_eq!(fault_by(Algorithm::Es256, &header), Some(TokenFault::UnsupportedHeader(field)), "{header}");
        }
    }
    for typ in ["JWT", "jwt", "JOSE", "at+jwt", "application/at+jwt"] {
        assert_eq!(fault_by(Algorithm::Es256, &json!({"kid": "p256", "typ": typ})), None, "{typ}");
    }
    for typ in ["", "secevent+jwt", "logout+jwt", "dpop+jwt", "JWE", "JWT "] {
        let header = json!({"kid": "p256", "typ": typ});
        assert_eq!(fault_by(Algorithm::Es256, &header), Some(TokenFault::UnsupportedType), "{typ}");
    }
}

#[test]
fn a_claim_that_is_there_twice_is_refused() {
    let text = claims().to_string();
    for claim in ["iss", "sub", "aud", "exp", "nbf"] {
        let again = format!("{},\"{claim}\":{}}}", text.strip_suffix('}').unwrap(), claims()[claim]);
        let token = issuer().sign(Algorithm::Es256, &json!({"kid": "p256"}), &again);
        assert_eq!(verified(&token), Err(TokenFault::Malformed), "{claim}");
    }
    let header = base64url(br#"{"alg":"ES256","kid":"p256","alg":"ES256"}"#);
    let token = format!("{header}.{}.AAAA", base64url(text.as_bytes()));
    assert_eq!(verified(&token), Err(TokenFault::Malformed));
}

#[test]
fn what_is_not_of_the_compact_form_is_refused() {
    let good = issuer().token(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let nested = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "a.b.c".to_owned(),
        "ключ.ключ.ключ".to_owned(),
        format!("{good}.{}", parts[2]),
        format!("{good}.AAAA.AAAA"),
        format!("{good}."),
        format!(".{good}"),
        format!(" {good}"),
        format!("{good}="),
        format!("{good}\n"),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}.{}.{}", parts[1], parts[0], parts[2]),
        format!("{}.{}.{}", base64url(b"[\"ES256\"]"), parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], base64url(nested.as_bytes()), parts[2]),
        json!({"payload": parts[1], "signatures": [{"protected": parts[0], "signature": parts[2]}]}).to_string(),
    ] {
        assert_eq!(verified(&token), Err(TokenFault::Malformed), "{token}");
    }
}

#[test]
fn a_huge_token_is_refused() {
    let padded = |length: usize| issuer().token(&claims_with("padding", "x".repeat(length)));
    assert_eq!(verified(&padded(5500)).err(), None);
    assert!(padded(6000).len() > 8192);
    assert_eq!(verified(&padded(6000)), Err(TokenFault::TooLong));
    assert_eq!(verified(&".".repeat(1 << 20)), Err(TokenFault::TooLong));
}

#[test]
fn a_token_is_told_from_a_key_by_its_form() {
    let good = issuer().token(&claims());
    assert!(looks_like_token(&good));
    for (credential, expected) in [
        ("a.b.c", true),
        ("a.b.", true),
        ("a-_.b9.c", true),
        ("", false),
        ("..", false),
        ("a..c", false),
        (".b.c", false),
        ("a.b", false),
        ("a.b.c.d", false),
        ("a.b.c.d.e", false),
        ("a.b.c=", false),
        ("a.b c.d", false),
        ("a.b.+/", false),
        ("open sesame", false),
        ("ключ.b.c", false),
    ] {
        assert_eq!(looks_like_token(credential), expected, "{credential}");
    }
}
