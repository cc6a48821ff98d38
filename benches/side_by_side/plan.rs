//! How much is measured and on which cores, and what the program says of its progress.

use crate::pin::Cores;

/// How much to measure, and where.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Where client and servers run.
    pub cores: Cores,
    /// How many pairs of rounds count.
    pub pairs: usize,
}

impl Plan {
    /// How many pairs of rounds of latency count; each is as long as three others.
    pub fn latency_pairs(&self) -> usize {
        self.pairs.div_ceil(2)
    }
}

/// Says on standard error what is being measured.
pub fn progress(text: &str) {
    eprintln!("side_by_side: {text}");
}
