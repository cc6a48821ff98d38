//! What no two fields of a callers' file may have in common.

use std::{collections::HashMap, hash::Hash};

use crate::config::callers::{fields::Field, mistakes::Mistakes};

/// Values of one kind, each with the field that has it first.
pub(super) struct Unique<K> {
    first: HashMap<K, String>,
}

impl<K> Default for Unique<K> {
    fn default() -> Self {
        Self { first: HashMap::new() }
    }
}

impl<K: Eq + Hash> Unique<K> {
    /// Adds the value of a field. If another field has it already that is a mistake, with this remedy.
    pub(super) fn add(&mut self, value: K, field: &Field<'_, '_>, what: &str, remedy: &str, mistakes: &mut Mistakes) {
        match self.first.get(&value) {
            Some(first) => field.refuse(format!("expected another {what}, `{first}` has the same; {remedy}"), mistakes),
            None => {
                self.first.insert(value, field.path().to_owned());
            }
        }
    }

    /// The values, in no order.
    pub(super) fn into_values(self) -> impl Iterator<Item = K> {
        self.first.into_keys()
    }
}
