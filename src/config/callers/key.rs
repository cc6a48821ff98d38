//! Reads a caller's keys. Whoever takes a hash for the key writes the key itself: nothing of them is ever shown.

use crate::{
    config::{
        callers::{
            fields::{Field, Form},
            instant::{UNTIL, instant},
            mistakes::Mistakes,
            table::Table,
            unique::Unique,
        },
        key_hash,
    },
    edge::identity::KeyEntry,
};

/// An entry of `keys`.
pub(super) const KEY: Form =
    Form { name: "keys", what: "a table with the hash of a key", example: "{ sha256 = \"64 HEX DIGITS\" }" };

const SHA256: Form =
    Form { name: "sha256", what: "the SHA-256 of a key as 64 hex digits", example: "sha256 = \"64 HEX DIGITS\"" };

/// Reads an entry of `keys`, of which no two in the file have one hash. None if it is mistaken, which is reported.
pub(super) fn key(field: &Field<'_, '_>, hashes: &mut Unique<[u8; 32]>, mistakes: &mut Mistakes) -> Option<KeyEntry> {
    let table = Table::of_field(field, &[SHA256, UNTIL], mistakes)?;
    let sha256 = table.require(SHA256, mistakes).and_then(|field| hash(field, hashes, mistakes));
    let until = table.field(UNTIL).and_then(|field| instant(field, mistakes));
    Some(KeyEntry { sha256: sha256?, until })
}

fn hash(field: &Field<'_, '_>, hashes: &mut Unique<[u8; 32]>, mistakes: &mut Mistakes) -> Option<[u8; 32]> {
    let Some(sha256) = field.value().as_str().and_then(key_hash::parse) else {
        let problem = "expected the SHA-256 of a key as 64 hex digits, found something else, which may be secret; \
                       make it by `printf %s \"$KEY\" | sha256sum`";
        field.refuse(problem, mistakes);
        return None;
    };
    if key_hash::is_hash_of_nothing(&sha256) {
        let problem = "expected the hash of a key, found that of nothing: the variable with the key was not set when \
                       it was hashed; set it, and hash it again";
        field.refuse(problem, mistakes);
        return None;
    }
    hashes.add(sha256, field, "key", "give each caller keys of its own, each once", mistakes);
    Some(sha256)
}
