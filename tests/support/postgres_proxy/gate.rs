//! What the proxy does to the whole database: it lets pass, holds up or refuses.

use std::io;

use tokio::sync::watch;

/// What becomes of everything that comes to the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Passage {
    #[default]
    Open,
    Stalled,
    Refused,
}

/// What holds of the proxy now.
#[derive(Debug, Clone, Copy, Default)]
pub struct State {
    pub passage: Passage,
    /// How often all connections were cut.
    pub cuts: usize,
}

/// What one connection knows of the proxy's state.
#[derive(Debug, Clone)]
pub struct Gate {
    state: watch::Receiver<State>,
    /// How often all connections had been cut when this one came.
    cuts: usize,
}

impl Gate {
    /// The gate of a connection that comes now; none when it is refused.
    pub fn entered(state: &watch::Receiver<State>) -> Option<Self> {
        let now = *state.borrow();
        (now.passage != Passage::Refused).then(|| Self { state: state.clone(), cuts: now.cuts })
    }

    /// Waits until something may pass, or fails because the connection is cut.
    pub async fn opened(&mut self) -> io::Result<()> {
        let cuts = self.cuts;
        match self.state.wait_for(|state| state.cuts != cuts || state.passage == Passage::Open).await {
            Ok(state) if state.cuts == cuts => Ok(()),
            _ => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }

    /// Waits until the connection is cut, with all others or because the proxy is gone.
    pub async fn cut(&mut self) {
        let cuts = self.cuts;
        self.state.wait_for(|state| state.cuts != cuts).await.ok();
    }
}
