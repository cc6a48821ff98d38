//! Files that change while they are read: what they have counts once two readings in a row find the same.

/// What was found at the last look, and whether that was dealt with.
pub(super) struct Settled<T> {
    found: T,
    is_settled: bool,
}

impl<T: PartialEq> Settled<T> {
    /// What was found at the start, and dealt with.
    pub(super) fn new(found: T) -> Self {
        Self { found, is_settled: true }
    }

    /// Takes what was found now: returns it once it was found twice, and not again before it has changed.
    pub(super) fn look(&mut self, found: T) -> Option<&T> {
        if found != self.found {
            (self.found, self.is_settled) = (found, false);
            return None;
        }
        (!std::mem::replace(&mut self.is_settled, true)).then_some(&self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_at_its_second_reading_and_once() {
        let mut settled = Settled::new(1);
        let looks = [1, 2, 3, 3, 3, 1, 3, 3].map(|found| settled.look(found).copied());
        assert_eq!(looks, [None, None, None, Some(3), None, None, None, Some(3)]);
    }
}
