//! Files that change while the server runs: they are read every so often, and what they have counts once two readings in a row
//! find the same, for one may be half written.

use std::{future, time::Duration};

use tokio::{task, time};

/// Has `reader` look at its files every so often, where it may block; zero: never. Never ends. `what` names the files.
pub(super) async fn look_every<R: Send + 'static>(reader: R, every: Duration, what: &str, look: fn(&mut R)) {
    let mut reader = reader;
    while !every.is_zero() {
        time::sleep(every).await;
        let reading = task::spawn_blocking(move || {
            look(&mut reader);
            reader
        });
        match reading.await {
            Ok(read) => reader = read,
            Err(error) => {
                tracing::error!(%error, what, "files are no longer read; restart the server to load their changes");
                break;
            }
        }
    }
    future::pending::<()>().await;
}

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

    /// What was found last.
    pub(super) fn found(&self) -> &T {
        &self.found
    }

    /// Whether what was found last was dealt with.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled
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
