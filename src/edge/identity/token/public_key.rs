//! A public key of an issuer, and the signatures that it verifies.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

use super::algorithm::Algorithm;

/// The sizes of RSA keys that are verified with, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The longest RSA exponent, in bytes: of 33 bits.
const MAX_EXPONENT_BYTES: usize = 5;

/// A public key, whose form was checked.
#[derive(Clone, Debug)]
pub(super) enum PublicKey {
    /// Modulus and exponent, without zeros in front.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// A point of the curve P-256, in the uncompressed form.
    P256(Vec<u8>),
    /// A point of the curve P-384, in the uncompressed form.
    P384(Vec<u8>),
    /// A compressed point of the curve Ed25519.
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// An RSA key of big-endian modulus and exponent, 2048 to 8192 bits long.
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, String> {
        let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !RSA_BITS.contains(&bits) {
            let (min, max) = RSA_BITS.into_inner();
            return Err(format!("its RSA modulus `n` has {bits} bits, and not {min} to {max}"));
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if !is_odd(n) {
            return Err("its RSA modulus `n` is an even number".to_owned());
        }
        if !is_odd(e) || e == [1] || e.len() > MAX_EXPONENT_BYTES {
            return Err("its RSA exponent `e` is not an odd number from 3 up, of at most 5 bytes".to_owned());
        }
        Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() })
    }

    /// A key on the curve P-256 or P-384 by its big-endian coordinates.
    pub(super) fn ec(curve: EcCurve, x: &[u8], y: &[u8]) -> Result<Self, String> {
        let bytes = curve.coordinate_bytes();
        if x.len() != bytes || y.len() != bytes {
            return Err(format!("its coordinates `x` and `y` have not {bytes} bytes each"));
        }
        let point = [&[4], x, y].concat();
        Ok(match curve {
            EcCurve::P256 => Self::P256(point),
            EcCurve::P384 => Self::P384(point),
        })
    }

    /// A key on the curve Ed25519.
    pub(super) fn ed25519(x: Vec<u8>) -> Result<Self, String> {
        if x.len() == 32 { Ok(Self::Ed25519(x)) } else { Err("its public key `x` has not 32 bytes".to_owned()) }
    }

    /// Whether the key is of the algorithm's family, and on its curve.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa { .. } => rsa_parameters(algorithm).is_some(),
            Self::P256(_) => algorithm == Algorithm::Es256,
            Self::P384(_) => algorithm == Algorithm::Es384,
            Self::Ed25519(_) => algorithm == Algorithm::EdDsa,
        }
    }

    /// Whether a signature in the form of RFC 7518 is that of this key. Never for an algorithm that does not fit.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let with = |parameters: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(parameters, key).verify(message, signature).is_ok()
        };
        match self {
            Self::Rsa { n, e } => rsa_parameters(algorithm).is_some_and(|parameters| {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }),
            Self::P256(point) => algorithm == Algorithm::Es256 && with(&ECDSA_P256_SHA256_FIXED, point),
            Self::P384(point) => algorithm == Algorithm::Es384 && with(&ECDSA_P384_SHA384_FIXED, point),
            Self::Ed25519(point) => algorithm == Algorithm::EdDsa && with(&ED25519, point),
        }
    }
}

/// The curves of ECDSA keys.
#[derive(Clone, Copy)]
pub(super) enum EcCurve {
    P256,
    P384,
}

impl EcCurve {
    fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

/// How RSA signatures of an algorithm are verified; none for an algorithm of another family.
fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => None,
    }
}

/// Some issuers write a zero in front where the first bit is set, as DER does.
fn without_leading_zeros(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}
