//! What a table of a policy file has under a key.

use toml::{Table, Value};

/// The texts of a list; none where there is no such list.
pub(crate) fn texts(table: &Table, key: &str) -> Vec<String> {
    let list = table.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A flag; false where there is none.
pub(crate) fn flag(table: &Table, key: &str) -> bool {
    table.get(key).and_then(Value::as_bool).unwrap_or(false)
}
