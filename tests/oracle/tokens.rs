//! The tokens of invitations, as an application that sends the invitations has them.

use sha2::{Digest as _, Sha256};

/// An invitation that a write issued, and its token.
#[derive(Clone, Debug)]
pub struct IssuedInvitation {
    pub email: String,
    pub id: String,
    pub token: String,
}

/// All invitations that were issued, in the order of issue; one that was issued anew is there again.
#[derive(Default)]
pub struct Tokens(pub Vec<IssuedInvitation>);

impl Tokens {
    /// Keeps what a write issued.
    pub fn learn(&mut self, issued: &[IssuedInvitation]) {
        self.0.extend_from_slice(issued);
    }

    /// The newest token that was issued to an email.
    pub fn newest(&self, email: &str) -> Option<&str> {
        self.0.iter().rfind(|issued| issued.email == email).map(|issued| issued.token.as_str())
    }
}

/// The hash by which facts know a token: SHA-256 in lower-case hexadecimal.
pub fn token_hash(token: &str) -> String {
    Sha256::digest(token).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"))
}
