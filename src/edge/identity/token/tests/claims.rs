//! What the claims of a well-signed token must say.

use rollcall_engine::Timestamp;
use serde_json::{Value, json};

use super::{
    super::{Algorithm, Issuer, TokenFault, TokenIdentity, verify},
    issuer::{ALGORITHMS, ISSUER, NOW, claims, claims_with, issuer, key_id, settings, verified},
};

fn fault(claims: &Value) -> Option<TokenFault> {
    verified(&issuer().token(claims)).err()
}

fn without(claim: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(claim);
    claims
}

#[test]
fn the_token_of_a_service_account_counts_by_each_algorithm() {
    for algorithm in ALGORITHMS {
        let header = json!({"kid": key_id(algorithm)});
        let identity = verified(&issuer().sign(algorithm, &header, &claims().to_string())).unwrap();
        let expected = TokenIdentity {
            issuer: ISSUER.to_owned(),
            subject: "system:serviceaccount:shop:web".to_owned(),
            ends_at: Timestamp((NOW + 3610) * 1_000_000),
        };
        assert_eq!(identity, expected, "{algorithm:?}");
    }
}

#[test]
fn one_of_its_audiences_must_be_ours() {
    for audience in [json!("rollcall"), json!("spare"), json!(["rollcall"]), json!(["vault", "rollcall"])] {
        assert_eq!(fault(&claims_with("aud", audience.clone())), None, "{audience}");
    }
    for audience in [json!("vault"), json!("Rollcall"), json!("rollcal"), json!(""), json!([]), json!(["vault", ""])] {
        assert_eq!(fault(&claims_with("aud", audience.clone())), Some(TokenFault::WrongAudience), "{audience}");
    }
    for audience in [json!(null), json!(1), json!({"rollcall": true}), json!(["rollcall", 1]), json!([["rollcall"]])] {
        assert_eq!(fault(&claims_with("aud", audience.clone())), Some(TokenFault::Malformed), "{audience}");
    }
}

#[test]
fn settings_without_an_audience_or_an_algorithm_let_nobody_in() {
    let (token, now) = (issuer().token(&claims()), Timestamp(NOW * 1_000_000));
    let settings = settings(&issuer().jwks());
    let without_audiences = Issuer { audiences: vec![], ..settings.clone() };
    assert_eq!(verify(&token, &[without_audiences], now), Err(TokenFault::WrongAudience));
    let without_algorithms = Issuer { algorithms: vec![], ..settings };
    assert_eq!(verify(&token, &[without_algorithms], now), Err(TokenFault::AlgorithmNotPinned));
    assert_eq!(verify(&token, &[], now), Err(TokenFault::UnknownIssuer));
}

#[test]
fn what_identifies_and_limits_a_token_must_be_there() {
    for claim in ["iss", "sub", "aud", "exp"] {
        assert_eq!(fault(&without(claim)), Some(TokenFault::MissingClaim(claim)));
        assert_eq!(fault(&claims_with(claim, Value::Null)), Some(TokenFault::Malformed), "{claim}");
    }
    for claim in ["iat", "nbf", "jti", "kubernetes.io"] {
        assert_eq!(fault(&without(claim)), None, "{claim}");
    }
}

#[test]
fn the_issuer_is_one_string_of_the_settings() {
    for other in [
        "https://kubernetes.default.svc/",
        "https://kubernetes.default.svc.cluster.local",
        "HTTPS://KUBERNETES.DEFAULT.SVC",
        "",
    ] {
        assert_eq!(fault(&claims_with("iss", other)), Some(TokenFault::UnknownIssuer), "{other}");
    }
    for other in [json!([ISSUER]), json!([ISSUER, "https://other.test"]), json!({}), json!(7)] {
        assert_eq!(fault(&claims_with("iss", other.clone())), Some(TokenFault::Malformed), "{other}");
    }
    assert_eq!(fault(&claims_with("sub", json!(["system:serviceaccount:shop:web"]))), Some(TokenFault::Malformed));
}

#[test]
fn a_token_ends_ten_seconds_after_it_says() {
    for (exp, expected) in [(NOW - 3600, false), (NOW - 11, false), (NOW - 10, false), (NOW - 9, true), (NOW, true)] {
        let expected = (!expected).then_some(TokenFault::Expired);
        assert_eq!(fault(&claims_with("exp", exp)), expected, "{}", exp - NOW);
    }
}

#[test]
fn a_token_begins_ten_seconds_before_it_says() {
    for (nbf, expected) in [(NOW + 3600, false), (NOW + 11, false), (NOW + 10, true), (NOW, true), (0, true)] {
        let expected = (!expected).then_some(TokenFault::NotYetValid);
        assert_eq!(fault(&claims_with("nbf", nbf)), expected, "{}", nbf - NOW);
    }
}

#[test]
fn a_date_may_have_a_fraction() {
    let identity = verified(&issuer().token(&claims_with("exp", 1_800_000_001.5))).unwrap();
    assert_eq!(identity.ends_at, Timestamp(1_800_000_011_500_000));
    assert_eq!(fault(&claims_with("exp", 1_799_999_990.5)), None);
    assert_eq!(fault(&claims_with("exp", 1_799_999_989.5)), Some(TokenFault::Expired));
    assert_eq!(fault(&claims_with("nbf", 1_800_000_010.5)), Some(TokenFault::NotYetValid));
    assert_eq!(fault(&claims_with("exp", 1.8e9)), None);
}

#[test]
fn a_date_that_no_clock_shows_is_refused() {
    let with_exp = |exp: &str| {
        let claims = claims_with("exp", "EXP").to_string().replace("\"EXP\"", exp);
        let header = json!({"kid": "p256"});
        verified(&issuer().sign(Algorithm::Es256, &header, &claims)).err()
    };
    for exp in ["9223372036854", "253402300799", "9223372036854.0"] {
        assert_eq!(with_exp(exp), None, "{exp}");
    }
    for exp in [
        "9223372036855",
        "9223372036855.0",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "1e30",
        "1e308",
        "1e400",
        "-9223372036854775808",
        "-1e300",
        "NaN",
        "Infinity",
        "\"1800003600\"",
        "true",
        "[1800003600]",
    ] {
        assert_eq!(with_exp(exp), Some(TokenFault::Malformed), "{exp}");
    }
    for exp in ["0", "-0.0", "-1", "-1.5"] {
        assert_eq!(with_exp(exp), Some(TokenFault::Expired), "{exp}");
    }
}
