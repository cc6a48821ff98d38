//! The algorithms that sign tokens: those of RFC 7518 and RFC 8037 with a public key that *ring* verifies.

/// An algorithm with a key pair. There is none with a shared secret and none without a signature, so no setting and no
/// token can choose one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with the hash SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with the hash SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with the hash SHA-512.
    Rs512,
    /// RSASSA-PSS with the hash SHA-256 and a salt as long.
    Ps256,
    /// RSASSA-PSS with the hash SHA-384 and a salt as long.
    Ps384,
    /// RSASSA-PSS with the hash SHA-512 and a salt as long.
    Ps512,
    /// ECDSA with the curve P-256 and SHA-256.
    Es256,
    /// ECDSA with the curve P-384 and SHA-384.
    Es384,
    /// EdDSA with the curve Ed25519, not Ed448.
    EdDsa,
}

impl Algorithm {
    /// All of them, in the order in which messages list them.
    const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The name in `alg` of headers and keys, and in settings: `RS256`. Its case counts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of this name; none for `none`, those with a shared secret, and those that are not supported.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// Parses the name of an algorithm in the settings: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`,
/// `ES384` or `EdDSA`.
///
/// # Errors
/// What was expected instead, as a text that begins with `expected `. It says why where the name is that of an
/// algorithm that this server leaves out.
pub fn parse_algorithm(text: &str) -> Result<Algorithm, String> {
    if let Some(algorithm) = Algorithm::named(text) {
        return Ok(algorithm);
    }
    let why = match text {
        "HS256" | "HS384" | "HS512" => " (whoever can verify tokens of a shared secret can also make them)",
        "none" => " (anybody can make a token without a signature)",
        "ES512" => " (the library that verifies signatures has no curve P-521)",
        _ => "",
    };
    let names = Algorithm::ALL.map(Algorithm::name).join(", ");
    Err(format!("expected one of the algorithms {names}{why}"))
}
