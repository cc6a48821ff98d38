//! Secrets in memory.

use std::fmt;

/// A secret, which can be used and neither printed nor logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Hidden<T>(T);

impl<T> Hidden<T> {
    /// Hides a value from whatever prints or logs what has it.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for whoever uses it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_used_and_not_printed() {
        let hidden = Hidden::new("open sesame".to_owned());
        assert_eq!(hidden.expose(), "open sesame");
        assert_eq!(format!("{hidden:?} {:?}", Some(&hidden)), "(hidden) Some((hidden))");
    }
}
