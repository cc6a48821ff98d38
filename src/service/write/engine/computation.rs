//! Long computations of plans, beside the runtime's own threads: few at a time, and none goes on without its caller.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{sync::Semaphore, task};

use crate::service::error::{Error, Result};

/// How many long computations run at a time: each keeps a processor busy.
const AT_A_TIME: usize = 1;

/// Runs long computations; the others wait for as long as their callers do.
pub(crate) struct Computations {
    permits: Arc<Semaphore>,
}

impl Default for Computations {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

/// Stops the computation when it is dropped.
struct Caller(Arc<AtomicBool>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Computations {
    /// Runs `compute` on a thread of its own. It is given what says whether to go on, which it asks often: no, once the
    /// future was dropped.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(Error::internal)?;
        let has_left = Arc::new(AtomicBool::new(false));
        let _caller = Caller(Arc::clone(&has_left));
        let computed = task::spawn_blocking(move || {
            let _permit = permit;
            compute(&mut || !has_left.load(Ordering::Relaxed))
        });
        computed.await.map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_computation_ends_when_its_caller_has_left() {
        let computations = Computations::default();
        let endless = computations.run(|goes_on| {
            while goes_on() {
                std::thread::yield_now();
            }
            Ok(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(5), endless).await.is_err());
        assert_eq!(computations.run(|_| Ok(7)).await.unwrap(), 7, "the first has given its permit back");
    }
}
