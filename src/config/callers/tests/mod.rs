//! Callers' files: what is read of a good one, and that a bad one never stops the reader.

mod mistakes;
mod mutations;
mod together;
mod trust;

use std::fmt::Write as _;

use super::*;
use crate::{
    edge::identity::{Algorithm, CertificateName, TokenEntry},
    service::{Right, TenantPattern},
};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF";

/// A file with everything that there is.
const WHOLE: &str = r#"
[[caller]]
name = "shop"
keys = [
    { sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF", until = 2027-01-31T01:00:00+01:00 },
    { sha256 = "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
]
certificates = ["spiffe://ours.test/ns/shop/sa/web", "dns:shop.internal"]
tokens = [{ issuer = "https://kubernetes.default.svc", subject = "system:serviceaccount:shop:web" }]
rights = ["read", "write"]
tenants = ["acme", "eu-*"]
subjects = ["user", "service", "email"]
until = 2027-12-31T00:00:00Z

[[caller]]
name = "audit-2"
certificates = ["dns:audit.internal"]
rights = ["audit"]
tenants = ["*"]

[[issuer]]
issuer = "https://kubernetes.default.svc"
audiences = ["rollcall"]
algorithms = ["RS256", "ES256"]
keys = "keys/cluster.json"

[[trust_domain]]
name = "ours.test"
authorities = "/run/spire/bundle.pem"
"#;

fn parse(text: &str) -> Result<CallersFile, String> {
    parse_callers("callers.toml", Path::new("/etc/rollcall"), text).map_err(|mistakes| mistakes.to_string())
}

#[test]
fn a_whole_file_is_read() {
    let file = parse(WHOLE).unwrap();
    let [shop, audit] = file.callers.try_into().unwrap();
    let name = |text| CertificateName::parse(text).unwrap();
    assert_eq!(shop.caller.name, "shop");
    assert_eq!(shop.caller.rights, [Right::Read, Right::Write].into_iter().collect());
    assert_eq!(shop.caller.tenants, ["acme", "eu-*"].map(|text| TenantPattern::parse(text).unwrap()));
    assert_eq!(shop.caller.subjects.unwrap(), ["user", "service", "email"]);
    assert_eq!(shop.caller.until.unwrap().to_string(), "2027-12-31T00:00:00Z");
    let keys = shop.keys.iter().map(|key| (key.sha256[0], key.sha256[31], key.until.map(|end| end.to_string())));
    let expected = [(0x01, 0xef, Some("2027-01-31T00:00:00Z".to_owned())), (0x11, 0xef, None)];
    assert_eq!(keys.collect::<Vec<_>>(), expected);
    assert_eq!(shop.certificates, [name("spiffe://ours.test/ns/shop/sa/web"), name("dns:shop.internal")]);
    let issuer = "https://kubernetes.default.svc".to_owned();
    assert_eq!(shop.tokens, [TokenEntry { issuer, subject: "system:serviceaccount:shop:web".to_owned() }]);

    assert_eq!((audit.caller.name.as_str(), audit.keys.len(), audit.tokens.len()), ("audit-2", 0, 0));
    assert_eq!((audit.caller.subjects, audit.caller.until), (None, None));

    let [issuer] = file.issuers.try_into().unwrap();
    assert_eq!(issuer.issuer, "https://kubernetes.default.svc");
    assert_eq!(
        (issuer.audiences, issuer.algorithms),
        (vec!["rollcall".to_owned()], vec![Algorithm::Rs256, Algorithm::Es256])
    );
    assert_eq!(issuer.keys, Path::new("/etc/rollcall/keys/cluster.json"));
    let [domain] = file.trust_domains.try_into().unwrap();
    assert_eq!((domain.name.as_str(), domain.authorities.to_str()), ("ours.test", Some("/run/spire/bundle.pem")));
}

#[test]
fn an_empty_file_has_nobody() {
    for text in ["", "# nobody\n", "caller = []"] {
        let file = parse(text).unwrap();
        assert!(file.callers.is_empty() && file.issuers.is_empty() && file.trust_domains.is_empty(), "{text}");
    }
}

#[test]
fn ten_thousand_callers_are_read_and_all_their_mistakes() {
    let mut good = String::new();
    for number in 0..10_000 {
        write!(
            good,
            "[[caller]]\nname = \"caller-{number}\"\nkeys = [{{ sha256 = \"{:064x}\" }}]\n\
             certificates = [\"dns:caller-{number}.test\"]\nrights = [\"read\"]\ntenants = [\"*\"]\n",
            number + 1
        )
        .unwrap();
    }
    assert_eq!(parse(&good).unwrap().callers.len(), 10_000);
    let mistakes = parse(&good.replace("read", "raed")).unwrap_err();
    assert_eq!(mistakes.lines().count(), 10_000);
    let last = mistakes.lines().last().unwrap();
    assert!(last.starts_with("callers.toml:59999: caller[9999].rights[0]: expected "), "{last}");
}
