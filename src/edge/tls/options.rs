//! How connections are to be encrypted.

use std::{path::PathBuf, time::Duration};

/// The settings of TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsOptions {
    /// The file with the server's certificate and those above it, in PEM; none: connections are not encrypted.
    pub certificate: Option<PathBuf>,
    /// The file with the certificate's private key, in PEM.
    pub key: Option<PathBuf>,
    /// The file with the authorities of certificates without a SPIFFE id, in PEM; none: there are no such.
    pub client_authorities: Option<PathBuf>,
    /// Whether clients send certificates.
    pub client_certificates: ClientCertificates,
    /// The oldest version that is spoken.
    pub minimum_version: TlsVersion,
    /// How long a handshake may take.
    pub handshake_timeout: Duration,
}

/// Whether clients send certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They are not asked for one.
    None,
    /// They may; one that is sent must count.
    Optional,
    /// There is no connection without one.
    Required,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2, which RFC 5246 has.
    V1_2,
    /// TLS 1.3, which RFC 8446 has.
    V1_3,
}
