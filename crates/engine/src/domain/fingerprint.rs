//! A fingerprint by which a mistaken name is noticed.

/// FNV-1a, 32 bits, big-endian. It notices a tenant that was mixed up by mistake; it is no protection against forgery.
pub(crate) fn fingerprint(bytes: &[u8]) -> [u8; 4] {
    bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)).to_be_bytes()
}
