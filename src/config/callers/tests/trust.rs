//! Every kind of mistake outside of callers, with its whole text.

use super::mistakes::check;

#[test]
fn a_mistaken_issuer_is_refused() {
    check(
        r#"
7 <
> 6: issuer[0].issuer: expected the issuer as tokens have it in `iss`, found nothing; add `issuer = "https://kubernetes.default.svc"`
8 <
> 6: issuer[0].audiences: expected a list of one or more audiences, found nothing; add `audiences = ["rollcall"]`
8 < audiences = []
> 8: issuer[0].audiences: expected a list of one or more audiences, found an empty list; write `audiences = ["rollcall"]`
8 < audiences = [""]
> 8: issuer[0].audiences[0]: expected an audience as tokens have it in `aud`, found an empty string; write `"rollcall"`
9 <
> 6: issuer[0].algorithms: expected a list of one or more algorithms, found nothing; add `algorithms = ["RS256"]`
9 < algorithms = []
> 9: issuer[0].algorithms: expected a list of one or more algorithms, found an empty list; write `algorithms = ["RS256"]`
9 < algorithms = ["HS256"]
> 9: issuer[0].algorithms[0]: expected one of the algorithms RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA (whoever can verify tokens of a shared secret can also make them), found the string `HS256`
10 <
> 6: issuer[0].keys: expected the path of a JSON Web Key Set, found nothing; add `keys = "FILE.json"`
10 < keys = 1
> 10: issuer[0].keys: expected the path of a JSON Web Key Set, found an integer; write `keys = "FILE.json"`
10 < keys = "jwks.json"\n[[issuer]]\nissuer = "https://issuer.test"\naudiences = ["a"]\nalgorithms = ["RS256"]\nkeys = "k"
> 12: issuer[1].issuer: expected another issuer, `issuer[0].issuer` has the same; make one table of the two
"#,
    );
}

#[test]
fn a_mistaken_trust_domain_is_refused() {
    check(
        r#"
12 <
> 11: trust_domain[0].name: expected the name of a trust domain, found nothing; add `name = "ours.test"`
12 < name = "spiffe://ours.test"
> 12: trust_domain[0].name: expected a name of a-z, 0-9, `.`, `-` and `_`, found the string `spiffe://ours.test`; write it without `spiffe://` and path, as in `ours.test`
13 <
> 11: trust_domain[0].authorities: expected the path of certificate authorities in PEM, found nothing; add `authorities = "FILE.pem"`
13 < ca = "ca.pem"
> 11: trust_domain[0].authorities: expected the path of certificate authorities in PEM, found nothing; add `authorities = "FILE.pem"`
> 13: trust_domain[0].ca: unknown field, the fields are `name`, `authorities`
"#,
    );
}

#[test]
fn unknown_tables_and_fields_are_refused_with_the_nearest() {
    check(
        r"
2 < + icecream = 1
> 3: caller[0].icecream: unknown field, the fields are `name`, `keys`, `certificates`, `tokens`, `rights`, `tenants`, `subjects`, `until`
1 < [[callers]]
> 1: callers: unknown table, the nearest is `caller`
1 < [caller]
> 1: caller: expected tables that are each headed `[[caller]]`, found a table; write `[[caller]]`
1 < [[icecream]]
> 1: icecream: unknown table, the tables are `caller`, `issuer`, `trust_domain`
11 < [[trustdomain]]
> 11: trustdomain: unknown table, the nearest is `trust_domain`
",
    );
}

#[test]
fn a_file_that_is_no_toml_is_refused() {
    check(
        r#"
2 < name =
> 2: string values must be quoted, expected literal string
2 < + name = "web"
> 3: duplicate key
"#,
    );
}
