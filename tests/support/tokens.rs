//! Tokens taken apart, as no client may: tests move them to revisions, ends and stores that they were not given for.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

/// Where a token has its parts.
const STORE: std::ops::Range<usize> = 1..17;
const REVISION: std::ops::Range<usize> = 21..29;
const WRITE: std::ops::Range<usize> = 29..33;
const PASSED_END: std::ops::Range<usize> = 33..41;

/// The revision that a token stands for.
pub fn revision_of(token: &str) -> i64 {
    i64::from_be_bytes(bytes(token)[REVISION].try_into().expect("eight bytes"))
}

/// The last end that had passed by a token, in microseconds since 1970.
pub fn passed_end_of(token: &str) -> i64 {
    i64::from_be_bytes(bytes(token)[PASSED_END].try_into().expect("eight bytes"))
}

/// The same token for another revision.
pub fn at_revision(token: &str, revision: i64) -> String {
    with(token, REVISION, &revision.to_be_bytes())
}

/// The same token for a moment when another end had passed.
pub fn at_end(token: &str, end: i64) -> String {
    with(token, PASSED_END, &end.to_be_bytes())
}

/// The same token for another write of its revision.
pub fn of_another_write(token: &str) -> String {
    let write: Vec<u8> = bytes(token)[WRITE].iter().map(|byte| !byte).collect();
    with(token, WRITE, &write)
}

/// The same token of another store.
pub fn of_another_store(token: &str) -> String {
    with(token, STORE, &[0; 16])
}

fn with(token: &str, range: std::ops::Range<usize>, part: &[u8]) -> String {
    let mut bytes = bytes(token);
    bytes[range].copy_from_slice(part);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(token: &str) -> Vec<u8> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).expect("the service sends tokens");
    assert_eq!((bytes.len(), bytes[0]), (41, 2), "a token of this version");
    bytes
}
