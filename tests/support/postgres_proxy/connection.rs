//! One connection through the proxy: whole messages are passed on in each direction, until one of them has a fault.

use std::{future, io, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy, sink},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    time::sleep,
};

use super::{
    faults::{Fault, Script},
    frames::{ENCRYPTION, Frames, Side},
    gate::Gate,
};

/// The most that is read at once, and so about the most that is written at once.
const READ: usize = 1 << 16;

/// What a connection shares with the proxy.
pub struct Connection {
    pub upstream: Arc<str>,
    pub script: Arc<Mutex<Script>>,
    pub gate: Gate,
}

/// Why a connection ends before both sides have said goodbye.
enum End {
    /// Both sides are reset.
    Cut,
    /// This side's message was the last.
    After(Side),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Cut
    }
}

impl Connection {
    /// Carries what a client and the server say, until it ends or is cut.
    pub async fn carry(self, client: TcpStream) {
        let mut gate = self.gate.clone();
        tokio::select! {
            biased;
            () = gate.cut() => {}
            // An error is the end of the connection, and both sides see it.
            _ = self.converse(client) => {}
        }
    }

    async fn converse(mut self, mut client: TcpStream) -> io::Result<()> {
        prepare(&client)?;
        self.gate.opened().await?;
        let mut server = TcpStream::connect(&*self.upstream).await?;
        prepare(&server)?;
        let Err(End::After(side)) = self.exchange(&mut client, &mut server).await else { return Ok(()) };
        let (sender, mut receiver) = match side {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        drop(sender);
        // A reset could overtake the message, so the receiver is left to go by itself.
        receiver.shutdown().await?;
        copy(&mut receiver, &mut sink()).await?;
        Ok(())
    }

    async fn exchange(&self, client: &mut TcpStream, server: &mut TcpStream) -> Result<(), End> {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let there = self.direction(Side::Client, from_client, to_server);
        let back = self.direction(Side::Server, from_server, to_client);
        tokio::try_join!(there.run(), back.run())?;
        Ok(())
    }

    fn direction<'a>(&'a self, side: Side, from: ReadHalf<'a>, to: WriteHalf<'a>) -> Direction<'a> {
        let (script, gate) = (&*self.script, self.gate.clone());
        Direction { side, from, to, frames: Frames::of(side), script, gate, batch: Vec::new(), swallows: false }
    }
}

/// What one side says to the other.
struct Direction<'a> {
    side: Side,
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    frames: Frames,
    script: &'a Mutex<Script>,
    gate: Gate,
    /// Messages that go out with the next write.
    batch: Vec<u8>,
    /// Whether everything vanishes by now.
    swallows: bool,
}

impl Direction<'_> {
    /// Passes everything on, the end too.
    async fn run(mut self) -> Result<(), End> {
        let mut bytes = vec![0; READ];
        loop {
            let read = self.from.read(&mut bytes).await;
            if self.swallows && !matches!(read, Ok(1..)) {
                return future::pending().await;
            }
            let length = read?;
            self.gate.opened().await?;
            if length == 0 {
                self.to.shutdown().await?;
                return Ok(());
            }
            self.frames.add(&bytes[..length]);
            self.pass().await?;
        }
    }

    /// Passes on the messages that are there as a whole, in one write unless a fault is between them.
    async fn pass(&mut self) -> Result<(), End> {
        while let Some(frame) = self.frames.take().inspect_err(|error| eprintln!("the proxy cuts {error}"))? {
            if frame.seen.kind == ENCRYPTION {
                decline(self.from.as_ref()).await?;
                continue;
            }
            let fault = self.script.lock().pass(&frame.seen);
            match fault {
                None => {}
                Some(Fault::CutBefore) => {
                    self.send().await?;
                    return Err(End::Cut);
                }
                Some(Fault::CutAfter) => {
                    self.batch.extend(frame.bytes);
                    self.send().await?;
                    return Err(End::After(self.side));
                }
                Some(Fault::Swallow) => {
                    self.send().await?;
                    self.swallows = true;
                }
                Some(Fault::Delay(time)) => {
                    self.send().await?;
                    sleep(time).await;
                    self.gate.opened().await?;
                }
            }
            self.batch.extend(frame.bytes);
        }
        self.send().await?;
        Ok(())
    }

    async fn send(&mut self) -> io::Result<()> {
        if !self.swallows {
            self.to.write_all(&self.batch).await?;
        }
        self.batch.clear();
        Ok(())
    }
}

/// Has a socket send at once what is written, and reset its peer when it is dropped before both have said goodbye.
fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_zero_linger()
}

/// Tells a client that there is no encryption.
async fn decline(client: &TcpStream) -> io::Result<()> {
    loop {
        client.writable().await?;
        match client.try_write(b"N") {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => return written.map(|_| ()),
        }
    }
}
