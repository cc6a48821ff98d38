//! Whatever arrives: no text makes the server fail, and none but a token of the issuer counts.

use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use super::{
    super::{IssuerKeys, looks_like_token},
    issuer::{ALGORITHMS, base64url, claims, issuer, key_id, verified},
};

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn arbitrary_text_is_refused() {
    let outcome = runner(512).run(&(".{0,200}", "[-_.A-Za-z0-9]{0,200}"), |(text, letters)| {
        for credential in [text, letters] {
            looks_like_token(&credential);
            prop_assert!(verified(&credential).is_err());
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn arbitrary_parts_of_a_token_are_refused() {
    let json_like = r#"[\[\]{}:,"a-z0-9.eE+-]{0,60}"#;
    let strategy = (json_like, json_like, vec(any::<u8>(), 0..300));
    let good_claims = claims().to_string();
    let outcome = runner(512).run(&strategy, |(header, payload, signature)| {
        let good_header = json!({"alg": "ES256", "kid": "p256"}).to_string();
        for (header, payload) in
            [(&header, &payload), (&good_header, &payload), (&header, &good_claims), (&good_header, &good_claims)]
        {
            let (header, payload) = (base64url(header.as_bytes()), base64url(payload.as_bytes()));
            let token = format!("{header}.{payload}.{}", base64url(&signature));
            prop_assert!(verified(&token).is_err());
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_mutated_token_is_refused() {
    let good: Vec<String> = ALGORITHMS
        .into_iter()
        .map(|algorithm| issuer().sign(algorithm, &json!({"kid": key_id(algorithm)}), &claims().to_string()))
        .collect();
    let strategy = (any::<Index>(), any::<Index>(), any::<char>(), "[-_.A-Za-z0-9=]", 0..4_u8);
    let outcome = runner(2048).run(&strategy, |(token, at, letter, likely, kind)| {
        let token = token.get(&good);
        let mut mutated: Vec<char> = token.chars().collect();
        let at = at.index(mutated.len());
        match kind {
            0 => mutated[at] = letter,
            1 => mutated[at] = likely.chars().next().unwrap(),
            2 => drop(mutated.remove(at)),
            _ => mutated.insert(at, likely.chars().next().unwrap()),
        }
        let mutated: String = mutated.into_iter().collect();
        prop_assert_eq!(verified(&mutated).is_ok(), mutated == *token);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn arbitrary_claims_that_are_signed_never_fail() {
    let value = prop_oneof![
        any::<f64>().prop_map(|number| json!(number)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(|text| json!(text)),
        Just(json!(null)),
        Just(json!([[], {}])),
    ];
    let outcome = runner(256).run(&("iss|sub|aud|exp|nbf", value), |(claim, value)| {
        let mut claims = claims();
        claims[claim.as_str()] = value;
        if let Ok(identity) = verified(&issuer().token(&claims)) {
            prop_assert_eq!(Some(identity.subject.as_str()), claims["sub"].as_str());
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn arbitrary_key_sets_never_fail() {
    let part = vec(any::<u8>(), 0..300);
    let kind = "RSA|EC|OKP|oct|AKP";
    let curve = "P-256|P-384|P-521|Ed25519";
    let strategy = (kind, curve, part.clone(), part, "\\PC{0,50}");
    let outcome = runner(512).run(&strategy, |(kind, curve, x, y, text)| {
        let (x, y) = (base64url(&x), base64url(&y));
        let jwk = json!({"kty": kind, "crv": curve, "x": x, "y": y, "n": x, "e": y, "kid": text});
        if let Ok(keys) = IssuerKeys::parse(json!({"keys": [jwk]}).to_string().as_bytes()) {
            for algorithm in ALGORITHMS {
                let verifies = keys.find(None, algorithm).is_ok_and(|key| key.verifies(algorithm, b"", &[0; 64]));
                prop_assert!(!verifies);
            }
        }
        prop_assert!(IssuerKeys::parse(text.as_bytes()).is_err());
        Ok(())
    });
    outcome.unwrap();
}
