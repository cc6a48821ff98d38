//! TLS of the server: its certificate, the authorities of its clients, and what is taken over when their files change.

mod files;
mod options;
mod verifier;

use std::sync::Arc;

use parking_lot::RwLock;
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

pub use files::{AuthoritySet, ClientFiles, OwnFiles};
pub use options::{ClientCertificates, TlsOptions, TlsVersion};

/// How connections are encrypted now. What is replaced counts for those that are made from then on.
pub struct Tls(RwLock<Arc<ServerConfig>>);

impl Tls {
    /// Encrypts connections as the files say.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn new(own: &OwnFiles, clients: &ClientFiles, options: &TlsOptions) -> Result<Self, String> {
        Ok(Self(RwLock::new(Arc::new(own.server_config(clients, options)?))))
    }

    /// Encrypts the next connections as the files say.
    ///
    /// # Errors
    /// What is wrong with the files; then nothing changes.
    pub fn replace(&self, own: &OwnFiles, clients: &ClientFiles, options: &TlsOptions) -> Result<(), String> {
        let config = Arc::new(own.server_config(clients, options)?);
        *self.0.write() = config;
        Ok(())
    }

    /// Accepts one connection.
    pub(in crate::edge) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0.read()))
    }
}
