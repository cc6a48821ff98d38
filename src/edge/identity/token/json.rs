//! What tokens and key sets have in common: JSON objects, and bytes in base64url.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// Reads a JSON object in UTF-8, and nothing after it. A field that `T` has may be there once; others are ignored. An array is
/// refused, which a derived `Deserialize` would take for the fields in their order.
pub(super) fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(serde::de::Error::custom("expected a JSON object"));
    }
    // Of bytes, serde_json would not look at those of ignored fields.
    serde_json::from_str(str::from_utf8(bytes).map_err(serde::de::Error::custom)?)
}

/// Reads a field that may be absent, but not `null`. With `#[serde(default)]`.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

/// Decodes base64url as RFC 7515 has it: without padding, and no two texts for the same bytes.
pub(super) fn base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
