//! Hash indices over rows that keep their own keys.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Finds rows of a list by a key that the rows themselves keep, so an entry takes little more than four bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowIndex {
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl RowIndex {
    /// The row whose key hashes as `key` does and that `is` recognises.
    pub(crate) fn find(&self, key: impl Hash, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.table.find(self.hasher.hash_one(key), |row| is(*row)).copied()
    }

    /// Adds a row under its key. `key_of` returns the key of any row, for when the table grows.
    pub(crate) fn insert<K: Hash>(&mut self, key: K, row: u32, key_of: impl Fn(u32) -> K) {
        let hasher = &self.hasher;
        self.table.insert_unique(hasher.hash_one(key), row, |row| hasher.hash_one(key_of(*row)));
    }

    /// Removes a row, which was added under this key.
    pub(crate) fn remove(&mut self, key: impl Hash, row: u32) {
        if let Ok(entry) = self.table.find_entry(self.hasher.hash_one(key), |candidate| *candidate == row) {
            entry.remove();
        }
    }

    /// Frees the memory that the table does not use.
    pub(crate) fn shrink<K: Hash>(&mut self, key_of: impl Fn(u32) -> K) {
        let hasher = &self.hasher;
        self.table.shrink_to_fit(|row| hasher.hash_one(key_of(*row)));
    }
}
