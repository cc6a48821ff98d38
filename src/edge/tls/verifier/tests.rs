//! Two trust domains and an authority of neither, and certificates that each of them signed.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use tokio_rustls::rustls::crypto::ring;

use super::*;

const WEB: &str = "spiffe://ours.test/web";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn certificate(authority: &Authority) -> CertificateDer<'static> {
    authority.der().clone()
}

/// A leaf with a URI, or with a DNS name if that is no URI.
fn leaf(authority: &Authority, name: &str, change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![if name.contains(':') {
        SanType::URI(name.try_into().unwrap())
    } else {
        SanType::DnsName(name.try_into().unwrap())
    }];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    change(&mut params);
    params.signed_by(&KeyPair::generate().unwrap(), authority).unwrap().der().clone()
}

struct World {
    ours: Authority,
    theirs: Authority,
    other: Authority,
    verifier: Verifier,
}

impl World {
    fn new() -> Self {
        let (ours, theirs, other) = (authority("ours"), authority("theirs"), authority("other"));
        let domains = [("ours.test", &ours), ("theirs.test", &theirs)];
        let domains = domains.map(|(name, authority)| (name.to_owned(), vec![certificate(authority)]));
        let verifier = made(domains, vec![certificate(&other)]).unwrap();
        Self { ours, theirs, other, verifier }
    }

    /// What the verifier says of a leaf late in 2026.
    fn judged(&self, leaf: &CertificateDer<'_>) -> Result<(), CertificateError> {
        self.judged_with(leaf, &[])
    }

    /// The same of a leaf that comes with other certificates.
    fn judged_with(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
    ) -> Result<(), CertificateError> {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_795_000_000));
        match self.verifier.verify_client_cert(leaf, intermediates, now) {
            Ok(_) => Ok(()),
            Err(Error::InvalidCertificate(error)) => Err(error),
            Err(error) => panic!("{error}"),
        }
    }
}

fn made(
    domains: impl IntoIterator<Item = (String, Vec<CertificateDer<'static>>)>,
    other: Vec<CertificateDer<'static>>,
) -> Result<Verifier, String> {
    client_verifier(domains.into_iter().collect(), other, true, &Arc::new(ring::default_provider()))
}

#[test]
fn an_authority_makes_the_names_of_its_domain_alone() {
    let world = World::new();
    let (ours, theirs, other) = (&world.ours, &world.theirs, &world.other);
    for (authority, name, is_good) in [
        (ours, WEB, true),
        (ours, "SPIFFE://OURS.test/web", true),
        (theirs, "spiffe://theirs.test/web", true),
        (other, "shop.ours.test", true),
        (other, "https://ours.test/web", true),
        (theirs, WEB, false),
        (ours, "spiffe://theirs.test/web", false),
        (other, WEB, false),
        (ours, "spiffe://nobody.test/web", false),
        (other, "spiffe://nobody.test/web", false),
        (ours, "shop.ours.test", false),
        (ours, "https://ours.test/web", false),
        (&authority("nobody"), WEB, false),
        (&authority("nobody"), "shop.ours.test", false),
    ] {
        let expected = if is_good { Ok(()) } else { Err(CertificateError::UnknownIssuer) };
        assert_eq!(world.judged(&leaf(authority, name, |_| {})), expected, "{name}");
    }
}

#[test]
fn an_authority_of_the_same_name_is_another() {
    let world = World::new();
    for (name, san) in [("ours", WEB), ("other", "shop.ours.test")] {
        let refused = world.judged(&leaf(&authority(name), san, |_| {}));
        assert_eq!(refused, Err(CertificateError::BadSignature), "{name}");
    }
}

#[test]
fn an_intermediate_authority_makes_the_names_of_its_domain_alone() {
    let world = World::new();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name.push(DnType::CommonName, "intermediate");
    let intermediate = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &world.ours).unwrap();
    let chain = [certificate(&intermediate)];
    assert_eq!(world.judged_with(&leaf(&intermediate, WEB, |_| {}), &chain), Ok(()));
    for name in ["spiffe://theirs.test/web", "shop.ours.test"] {
        let refused = world.judged_with(&leaf(&intermediate, name, |_| {}), &chain);
        assert_eq!(refused, Err(CertificateError::UnknownIssuer), "{name}");
    }
    assert!(world.judged_with(&leaf(&intermediate, WEB, |_| {}), &[]).is_err(), "it has to come along");
}

#[test]
fn a_certificate_counts_between_its_dates() {
    let world = World::new();
    let expired = leaf(&world.ours, WEB, |leaf| leaf.not_after = date_time_ymd(2026, 1, 1));
    assert!(matches!(world.judged(&expired), Err(CertificateError::Expired | CertificateError::ExpiredContext { .. })));
    let early = leaf(&world.ours, WEB, |leaf| leaf.not_before = date_time_ymd(2027, 1, 1));
    assert!(matches!(
        world.judged(&early),
        Err(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. })
    ));
}

#[test]
fn an_authority_is_no_client() {
    let world = World::new();
    let ca = leaf(&world.ours, WEB, |leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    assert!(world.judged(&ca).is_err());
    assert!(world.judged(world.ours.der()).is_err());
    assert!(world.judged(world.other.der()).is_err());
}

#[test]
fn a_certificate_for_servers_alone_is_refused() {
    let world = World::new();
    let server = leaf(&world.ours, WEB, |leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    assert!(matches!(
        world.judged(&server),
        Err(CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. })
    ));
}

/// That a certificate was refused for this fault of it.
fn refused(judged: Result<(), CertificateError>, fault: &str) {
    match judged {
        Err(CertificateError::Other(OtherError(found))) => assert!(found.to_string().contains(fault), "{found}"),
        other => panic!("{fault}: {other:?}"),
    }
}

#[test]
fn a_good_chain_without_a_good_name_is_refused_with_its_fault() {
    let world = World::new();
    let spiffe = |change: fn(&mut CertificateParams)| world.judged(&leaf(&world.ours, WEB, change));
    refused(spiffe(|leaf| leaf.key_usages.push(KeyUsagePurpose::KeyCertSign)), "may sign");
    let theirs = || SanType::URI("spiffe://theirs.test/web".try_into().unwrap());
    refused(world.judged(&leaf(&world.ours, WEB, |leaf| leaf.subject_alt_names.push(theirs()))), "more than one URI");
    refused(spiffe(|leaf| leaf.subject_alt_names.push(leaf.subject_alt_names[0].clone())), "more than one URI");
    refused(world.judged(&leaf(&world.ours, "spiffe://ours.test", |_| {})), "without a path");
    let plain = |change: fn(&mut CertificateParams)| world.judged(&leaf(&world.other, "shop.test", change));
    refused(plain(|leaf| leaf.subject_alt_names.clear()), "neither a URI nor a DNS name");
    let malformed = plain(|leaf| {
        leaf.subject_alt_names.clear();
        let names = CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 4, 0x82, 9, b'a', b'b']);
        leaf.custom_extensions.push(names);
    });
    refused(malformed, "malformed subject alternative name");
    refused(world.judged(&leaf(&world.other, "spiffe://ours.test:80/web", |_| {})), "a trust domain with");
    assert!(world.judged(&CertificateDer::from(b"certificate".to_vec())).is_err());
}

#[test]
fn what_may_come_without_a_certificate_is_said() {
    for required in [true, false] {
        let other = vec![certificate(&authority("other"))];
        let verifier = client_verifier(BTreeMap::new(), other, required, &Arc::new(ring::default_provider())).unwrap();
        assert!(verifier.offer_client_auth());
        assert_eq!(verifier.client_auth_mandatory(), required);
        assert!(verifier.root_hint_subjects().is_empty());
        assert!(!verifier.supported_verify_schemes().is_empty());
    }
}

#[test]
fn without_other_authorities_a_spiffe_id_is_needed() {
    let ours = authority("ours");
    let verifier = made([("ours.test".to_owned(), vec![certificate(&ours)])], Vec::new()).unwrap();
    let world = World { verifier, ours, theirs: authority("theirs"), other: authority("other") };
    assert_eq!(world.judged(&leaf(&world.ours, WEB, |_| {})), Ok(()));
    assert_eq!(world.judged(&leaf(&world.ours, "shop.test", |_| {})), Err(CertificateError::UnknownIssuer));
    assert_eq!(world.judged(&leaf(&world.other, "shop.test", |_| {})), Err(CertificateError::UnknownIssuer));
}

#[test]
fn authorities_that_can_not_be_told_apart_are_refused() {
    let (one, two) = (certificate(&authority("one")), certificate(&authority("two")));
    let domain = |name: &str, authorities: &[&CertificateDer<'static>]| {
        (name.to_owned(), authorities.iter().map(|&authority| authority.clone()).collect())
    };
    let problem = |domains: Vec<(String, Vec<CertificateDer<'static>>)>, other: Vec<CertificateDer<'static>>| {
        made(domains, other).map(drop).unwrap_err()
    };
    assert!(problem(vec![domain("ours.test", &[])], vec![]).contains("`ours.test`"));
    for name in ["Ours.test", "", "ours.test/web", "ours.test:80"] {
        assert!(problem(vec![domain(name, &[&one])], vec![]).contains("not the name"), "{name}");
    }
    let garbage = CertificateDer::from(b"certificate".to_vec());
    assert!(problem(vec![], vec![one.clone(), garbage]).contains("can't be used"));
    assert!(problem(vec![domain("a.test", &[&one, &two])], vec![two.clone()]).contains("another trust domain"));
    assert!(problem(vec![domain("a.test", &[&one]), domain("b.test", &[&one])], vec![]).contains("`b.test`"));
    assert!(made([domain("a.test", &[&one, &one])], vec![two]).is_ok(), "a file may have one twice");
}
