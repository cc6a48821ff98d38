//! A proxy between a client and a real PostgreSQL that sees each message of the protocol: it counts them, and does what
//! a network does at its worst at the one that a test chooses. It speaks TCP without encryption.

mod connection;
mod faults;
mod frames;
mod gate;

pub use self::{
    faults::Fault,
    frames::{CANCEL, STARTUP, Seen, Side},
};

use std::{net::SocketAddr, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use self::{
    connection::Connection,
    faults::Script,
    gate::{Gate, Passage, State},
};

/// A proxy that runs in the test's runtime. Whoever is connected is cut off when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    state: watch::Sender<State>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy on a port of its own, to the server at `host:port`. Everything passes, and nothing is recorded.
    pub async fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("what listens has an address");
        let script = Arc::<Mutex<Script>>::default();
        let (state, watched) = watch::channel(State::default());
        let accepting = tokio::spawn(accept(listener, Arc::from(upstream), Arc::clone(&script), watched));
        Self { address, script, state, accepting }
    }

    /// Where clients find it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts an empty record of what passes, in both directions of every connection. What was recorded, planned or
    /// done before is forgotten, so plan faults after this.
    pub fn record(&self) {
        *self.script.lock() = Script::recording();
    }

    /// Ends the record, which can still be read, and forgets the faults that have not happened.
    pub fn disarm(&self) {
        self.script.lock().disarm();
    }

    /// The messages since [`Self::record`], in the order in which they came to the proxy. A message whose fault is that
    /// it does not arrive is among them, and what the proxy answers itself is not.
    pub fn recorded(&self) -> Vec<Seen> {
        self.script.lock().seen().to_vec()
    }

    /// How often a client has waited for the server since [`Self::record`]. To connect counts as once.
    pub fn round_trips(&self) -> usize {
        self.script.lock().seen().iter().filter(|seen| seen.side == Side::Server && seen.kind == b'Z').count()
    }

    /// Plans a fault for the message that has this place in the record, which starts at 0 and must be running.
    pub fn fault_at(&self, number: usize, fault: Fault) {
        self.script.lock().plan_at(number, fault);
    }

    /// Plans a fault for the first message from now on that matches, recorded or not. What matches must not ask the
    /// proxy.
    pub fn fault_on(&self, matching: impl Fn(&Seen) -> bool + Send + Sync + 'static, fault: Fault) {
        self.script.lock().plan_on(Box::new(matching), fault);
    }

    /// How many faults have happened since [`Self::record`]. Each that is planned happens once.
    pub fn faults_done(&self) -> usize {
        self.script.lock().done()
    }

    /// Cuts every connection, and each new one, until [`Self::restore`].
    pub fn refuse(&self) {
        self.state.send_modify(|state| *state = State { passage: Passage::Refused, cuts: state.cuts + 1 });
    }

    /// Holds everything up until [`Self::restore`]: nothing passes, the end of a connection no more than a message, and
    /// a new connection is taken and hangs.
    pub fn stall(&self) {
        self.state.send_modify(|state| state.passage = Passage::Stalled);
    }

    /// Lets everything pass again, and what was held up first.
    pub fn restore(&self) {
        self.state.send_modify(|state| state.passage = Passage::Open);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Takes connections for as long as it runs. They end with it.
async fn accept(listener: TcpListener, upstream: Arc<str>, script: Arc<Mutex<Script>>, state: watch::Receiver<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.expect("the process may have another socket");
        while connections.try_join_next().is_some() {}
        let Some(gate) = Gate::entered(&state) else {
            client.set_zero_linger().ok();
            continue;
        };
        let connection = Connection { upstream: Arc::clone(&upstream), script: Arc::clone(&script), gate };
        connections.spawn(connection.carry(client));
    }
}
