//! What tells a store from any other.

/// A new id of a store, and a new key that seals its page tokens.
pub(in crate::store) fn draw() -> Result<(Vec<u8>, Vec<u8>), getrandom::Error> {
    let (mut store_id, mut page_key) = (vec![0; 16], vec![0; 32]);
    getrandom::fill(&mut store_id)?;
    getrandom::fill(&mut page_key)?;
    Ok((store_id, page_key))
}
