//! The names of algorithms in settings, and the words for what is wrong with tokens.

use std::collections::HashSet;

use super::{
    super::{TokenFault, parse_algorithm},
    issuer::ALGORITHMS,
};

#[test]
fn algorithms_with_a_key_pair_have_names() {
    for algorithm in ALGORITHMS {
        assert_eq!(parse_algorithm(algorithm.name()), Ok(algorithm));
    }
}

#[test]
fn other_algorithms_are_refused_with_the_reason() {
    let names = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
    for (text, why) in [
        ("HS256", " (whoever can verify"),
        ("HS384", " (whoever can verify"),
        ("HS512", " (whoever can verify"),
        ("none", " (anybody can make"),
        ("ES512", " (the library"),
        ("rs256", ""),
        ("RS256 ", ""),
        ("", ""),
    ] {
        let message = parse_algorithm(text).unwrap_err();
        let expected = format!("expected one of the algorithms {names}{why}");
        assert!(message.starts_with(&expected), "{message}");
        assert_eq!(message.len() == expected.len(), why.is_empty(), "{message}");
    }
}

#[test]
fn every_fault_has_a_word_and_a_text_of_its_own() {
    let faults = [
        TokenFault::TooLong,
        TokenFault::Malformed,
        TokenFault::UnsupportedHeader("crit"),
        TokenFault::UnsupportedType,
        TokenFault::UnknownIssuer,
        TokenFault::AlgorithmNotPinned,
        TokenFault::UnknownKey,
        TokenFault::KeyOfOtherAlgorithm,
        TokenFault::BadSignature,
        TokenFault::MissingClaim("sub"),
        TokenFault::WrongAudience,
        TokenFault::Expired,
        TokenFault::NotYetValid,
    ];
    let names: HashSet<&str> = faults.iter().map(|fault| fault.name()).collect();
    let texts: HashSet<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!((names.len(), texts.len()), (faults.len(), faults.len()));
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')), "{names:?}");
    assert_eq!(TokenFault::MissingClaim("sub").to_string(), "the token has no claim `sub`");
}
