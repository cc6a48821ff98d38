//! Who calls: found from a request's headers and its connection's certificate before its body is read, for every protocol
//! alike.

mod attempts;
mod book;
mod callers;
mod certificate;
mod certificate_name;
mod entry;
mod layer;
mod refused;
mod spiffe;
mod token;

pub use attempts::{Attempt, Attempts, source_of};
pub use book::CallerBook;
pub use callers::{Callers, Identity};
pub(crate) use certificate::claimed_trust_domain;
pub use certificate::{LeafFault, PeerCertificate, read_leaf};
pub use certificate_name::CertificateName;
pub use entry::{CallerEntry, CallersFile, IssuerEntry, KeyEntry, TokenEntry, TrustDomain};
pub use layer::{Answer, IdentityLayer};
pub use spiffe::SpiffeId;
pub use token::{Algorithm, Issuer, IssuerKeys, TokenFault, TokenIdentity, parse_algorithm};
