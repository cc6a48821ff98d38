//! A certificate authority of a test's own, and the certificates that it signs for servers and clients, good and bad.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The name of the server in its certificate, by which clients call it.
pub const SERVER_NAME: &str = "localhost";
/// The object identifier of subject alternative names.
const ALTERNATIVE_NAMES: &[u64] = &[2, 5, 29, 17];

/// A year, a month and a day.
pub type Date = (i32, u8, u8);

/// An authority that signs its own certificate.
pub struct Authority {
    name: String,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its private key.
pub struct Leaf {
    certificate: Certificate,
    key: KeyPair,
}

/// What a client's certificate is to say. Without anything it has no name, and is made for clients.
#[derive(Clone)]
pub struct ClientLeaf(CertificateParams);

impl Authority {
    /// A new authority, with a key of its own.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { name: name.to_owned(), issuer }
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Its certificate, as a client trusts it.
    pub fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// Writes its certificate into a directory, as `NAME.pem`.
    pub fn write(&self, dir: &Path) -> PathBuf {
        let path = dir.join(format!("{}.pem", self.name));
        fs::write(&path, self.pem()).unwrap();
        path
    }

    /// A certificate for a server, [`SERVER_NAME`].
    pub fn server(&self) -> Leaf {
        let mut params = CertificateParams::new([SERVER_NAME.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(&params)
    }

    /// A certificate for a client.
    pub fn client(&self, leaf: &ClientLeaf) -> Leaf {
        self.sign(&leaf.0)
    }

    fn sign(&self, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        Leaf { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }
}

impl Leaf {
    /// The certificate alone, which its authority's follows nowhere.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    /// Its private key.
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.serialize_der().into())
    }

    /// Writes certificate and key into a directory, as `NAME.crt` and `NAME.key`. The settings with which a server uses them.
    pub fn write(&self, dir: &Path, name: &str) -> [String; 2] {
        let file = |suffix: &str| dir.join(format!("{name}.{suffix}"));
        fs::write(file("crt"), self.certificate.pem()).unwrap();
        fs::write(file("key"), self.key.serialize_pem()).unwrap();
        [("tls.certificate", "crt"), ("tls.key", "key")]
            .map(|(key, suffix)| format!("{key}={}", file(suffix).display()))
    }
}

impl ClientLeaf {
    /// A certificate without a name.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        Self(params)
    }

    /// One with a URI among its names; several may be added.
    pub fn uri(mut self, uri: &str) -> Self {
        self.0.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
        self
    }

    /// One with the name of a host; several may be added.
    pub fn host(mut self, host: &str) -> Self {
        self.0.subject_alt_names.push(SanType::DnsName(host.try_into().unwrap()));
        self
    }

    /// One whose subject alternative names are these bytes, instead of any that can be read.
    pub fn raw_names(mut self, bytes: &[u8]) -> Self {
        self.0.custom_extensions.push(CustomExtension::from_oid_content(ALTERNATIVE_NAMES, bytes.to_vec()));
        self
    }

    /// One that is valid from a day until another.
    pub fn dates(mut self, first: Date, last: Date) -> Self {
        let day = |(year, month, day)| date_time_ymd(year, month, day);
        (self.0.not_before, self.0.not_after) = (day(first), day(last));
        self
    }

    /// That of an authority.
    pub fn authority(mut self) -> Self {
        self.0.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        self
    }

    /// One whose key is for these uses.
    pub fn usages(mut self, usages: &[KeyUsagePurpose]) -> Self {
        self.0.key_usages = usages.to_vec();
        self
    }

    /// One that is made for these purposes.
    pub fn purposes(mut self, purposes: &[ExtendedKeyUsagePurpose]) -> Self {
        self.0.extended_key_usages = purposes.to_vec();
        self
    }
}
