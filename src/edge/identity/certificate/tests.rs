//! Leaves with each property that a rule is about, made for the test.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

use super::*;

const WEB: &str = "spiffe://ours.test/ns/shop/sa/web";

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

fn dns(text: &str) -> SanType {
    SanType::DnsName(text.try_into().unwrap())
}

fn leaf(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut leaf = CertificateParams::default();
    leaf.distinguished_name.push(DnType::CommonName, "dns.of.the.subject.test");
    change(&mut leaf);
    leaf.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn named(names: &[SanType]) -> Vec<u8> {
    leaf(|leaf| leaf.subject_alt_names = names.to_vec())
}

/// A leaf whose subject alternative names are these bytes.
fn raw(extension: &[u8]) -> Vec<u8> {
    leaf(|leaf| {
        leaf.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 17], extension.to_vec()));
    })
}

fn names_of(der: &[u8]) -> Result<Vec<String>, LeafFault> {
    Ok(read_leaf(der)?.names.iter().map(ToString::to_string).collect())
}

#[test]
fn a_spiffe_id_is_the_only_name() {
    let der = named(&[dns("shop.ours.test"), uri("SPIFFE://Ours.test/ns/shop/sa/web"), dns("other.test")]);
    assert_eq!(names_of(&der).unwrap(), [WEB]);
    assert_eq!(read_leaf(&der).unwrap().trust_domain(), Some("ours.test"));
    assert_eq!(claimed_trust_domain(&der).as_deref(), Some("ours.test"));
}

#[test]
fn without_a_spiffe_id_every_name_counts() {
    let der = named(&[
        dns("Shop.Ours.TEST"),
        uri("https://ours.test/Web"),
        dns("*.ours.test"),
        dns("other.test"),
        SanType::IpAddress([127, 0, 0, 1].into()),
    ]);
    assert_eq!(names_of(&der).unwrap(), ["uri:https://ours.test/Web", "dns:shop.ours.test", "dns:other.test"]);
    assert_eq!(read_leaf(&der).unwrap().trust_domain(), None);
    assert_eq!(claimed_trust_domain(&der), None);
}

#[test]
fn a_certificate_without_a_usable_name_is_refused() {
    let address = SanType::IpAddress([127, 0, 0, 1].into());
    let mail = SanType::Rfc822Name("web@ours.test".try_into().unwrap());
    for names in [vec![], vec![address], vec![mail], vec![dns("*.ours.test")]] {
        assert_eq!(names_of(&named(&names)), Err(LeafFault::NoName), "{names:?}");
    }
    assert_eq!(names_of(&raw(&[0x30, 0])), Err(LeafFault::NoName));
}

#[test]
fn two_uris_are_refused_whatever_they_are() {
    for (one, other) in [
        (WEB, "spiffe://ours.test/ns/shop/sa/api"),
        (WEB, WEB),
        (WEB, "https://ours.test"),
        ("https://ours.test", WEB),
        ("https://ours.test", "https://other.test"),
    ] {
        assert_eq!(names_of(&named(&[uri(one), uri(other)])), Err(LeafFault::SeveralUris), "{one} {other}");
    }
}

#[test]
fn a_spiffe_uri_that_names_no_workload_is_refused() {
    for id in ["spiffe://ours.test:80/web", "spiffe:web", "SPIFFE://ours.test/web/", "spiffe://ours.test/w%65b"] {
        let fault = names_of(&named(&[uri(id), dns("shop.ours.test")])).unwrap_err();
        assert_eq!(fault.name(), "bad_spiffe_id", "{id}");
        assert!(!fault.to_string().contains(id), "{fault}");
    }
    assert_eq!(names_of(&named(&[uri("spiffe://ours.test")])), Err(LeafFault::RootSpiffeId));
}

#[test]
fn a_name_that_is_none_is_refused() {
    for name in
        [uri("web"), uri("https:"), uri("https://ours.test/a b"), dns("a..b"), dns("a\0b"), dns(""), dns("a.b.")]
    {
        let names = [dns("shop.ours.test"), name];
        assert_eq!(names_of(&named(&names)), Err(LeafFault::MalformedName), "{names:?}");
    }
}

#[test]
fn malformed_alternative_names_are_refused() {
    for (why, bytes) in [
        ("nothing", &[][..]),
        ("no sequence", &[0x04, 0]),
        ("a name that is cut", &[0x30, 4, 0x82, 9, b'a', b'b']),
        ("a name that is no text", &[0x30, 6, 0x82, 1, b'a', 0x82, 1, 0xff]),
        ("a URI that is no text", &[0x30, 6, 0x82, 1, b'a', 0x86, 1, 0xff]),
        ("a tag of no name", &[0x30, 6, 0x82, 1, b'a', 0x8b, 1, b'a']),
        ("a class of no name", &[0x30, 6, 0x82, 1, b'a', 0x0c, 1, b'a']),
        ("bytes after them", &[0x30, 3, 0x82, 1, b'a', 0x82, 1, b'b']),
    ] {
        assert_eq!(names_of(&raw(bytes)), Err(LeafFault::MalformedName), "{why}");
    }
    assert_eq!(names_of(&raw(&[0x30, 3, 0x82, 1, b'a'])).unwrap(), ["dns:a"]);
}

#[test]
fn what_is_no_certificate_is_refused() {
    let good = named(&[uri(WEB)]);
    let cut = good.split_last().unwrap().1;
    for der in [&[][..], b"certificate", cut, &[&good[..], &[0]].concat(), &[&good[..], &good[..]].concat()] {
        assert_eq!(names_of(der), Err(LeafFault::Malformed));
        assert_eq!(claimed_trust_domain(der), None);
    }
    let twice = leaf(|leaf| {
        leaf.subject_alt_names = vec![dns("shop.ours.test")];
        let extension = CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 3, 0x82, 1, b'a']);
        leaf.custom_extensions.push(extension);
    });
    assert_eq!(names_of(&twice), Err(LeafFault::Malformed));
}

#[test]
fn malformed_basic_constraints_and_usages_are_refused() {
    for last in [19, 15, 37] {
        let der = leaf(|leaf| {
            leaf.subject_alt_names = vec![uri(WEB)];
            leaf.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, last], vec![0x04, 0]));
        });
        assert_eq!(names_of(&der), Err(LeafFault::Malformed), "2.5.29.{last}");
    }
}

#[test]
fn an_authority_is_no_caller() {
    for (ca, expected) in [
        (IsCa::ExplicitNoCa, Ok(vec![WEB.to_owned()])),
        (IsCa::Ca(BasicConstraints::Unconstrained), Err(LeafFault::Authority)),
        (IsCa::Ca(BasicConstraints::Constrained(0)), Err(LeafFault::Authority)),
    ] {
        let der = leaf(|leaf| {
            leaf.subject_alt_names = vec![uri(WEB)];
            leaf.is_ca = ca;
        });
        assert_eq!(names_of(&der), expected);
    }
}

#[test]
fn a_key_that_signs_certificates_is_no_callers() {
    let with = |usages: &[KeyUsagePurpose]| {
        names_of(&leaf(|leaf| {
            leaf.subject_alt_names = vec![uri(WEB)];
            leaf.key_usages = usages.to_vec();
        }))
    };
    assert_eq!(with(&[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyAgreement]).unwrap(), [WEB]);
    for usage in [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign] {
        assert_eq!(with(&[KeyUsagePurpose::DigitalSignature, usage]), Err(LeafFault::Signs));
    }
}

#[test]
fn extended_usages_without_that_of_clients_are_refused() {
    let with = |usages: &[ExtendedKeyUsagePurpose]| {
        names_of(&leaf(|leaf| {
            leaf.subject_alt_names = vec![uri(WEB)];
            leaf.extended_key_usages = usages.to_vec();
        }))
    };
    assert_eq!(with(&[]).unwrap(), [WEB]);
    assert_eq!(with(&[ExtendedKeyUsagePurpose::ClientAuth]).unwrap(), [WEB]);
    assert_eq!(with(&[ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]).unwrap(), [WEB]);
    for usage in [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::Any] {
        assert_eq!(with(&[usage]), Err(LeafFault::NotForClients));
    }
}

#[test]
fn the_end_is_the_certificates() {
    let der = leaf(|leaf| {
        leaf.subject_alt_names = vec![uri(WEB)];
        leaf.not_after = date_time_ymd(2001, 1, 1);
    });
    assert_eq!(read_leaf(&der).unwrap().ends_at.to_string(), "2001-01-01T00:00:00Z");
}
