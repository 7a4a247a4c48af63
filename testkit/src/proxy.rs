//! A TCP proxy that can hold bytes back, slow them down, cut connections and refuse new ones, in front of any server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

mod relay;

mod pace;

#[cfg(test)]
mod tests;

use pace::Pace;
use relay::{Hold, relay};

/// A running proxy. Dropped, it closes every connection.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    faults: Arc<Faults>,
    accepting: JoinHandle<()>,
}

/// What every connection looks at.
#[derive(Debug)]
struct Faults {
    client_bytes: watch::Sender<Hold>,
    client_pace: Pace,
    server_bytes: watch::Sender<Hold>,
    held: watch::Sender<bool>,
    refuse: watch::Sender<bool>,
    /// Cancelled and replaced by each cut.
    connections: watch::Sender<CancellationToken>,
}

impl Proxy {
    /// Listens on a loopback port and forwards to `target`, as `127.0.0.1:5432`.
    ///
    /// # Errors
    /// When it can't listen.
    pub async fn start(target: impl Into<String>) -> Result<Self> {
        let target = target.into();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let faults = Arc::new(Faults {
            client_bytes: watch::Sender::new(Hold::Nothing),
            client_pace: Pace::unbounded(),
            server_bytes: watch::Sender::new(Hold::Nothing),
            held: watch::Sender::new(false),
            refuse: watch::Sender::new(false),
            connections: watch::Sender::new(CancellationToken::new()),
        });
        let accepting = tokio::spawn(accept(listener, target, Arc::clone(&faults)));
        Ok(Self { addr, faults, accepting })
    }

    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// From now on keeps what clients send; connections stay open.
    pub fn hold_client_bytes(&self) {
        self.faults.client_bytes.send_replace(Hold::Everything);
    }

    /// From now on keeps what the server sends; connections stay open.
    pub fn hold_server_bytes(&self) {
        self.faults.server_bytes.send_replace(Hold::Everything);
    }

    /// Forwards what clients send until `pattern` has gone through (also in pieces), and keeps what follows it.
    ///
    /// Bytes that went through before this call do not count. The first connection that sends it sets off
    /// [`Proxy::held`], and from then on the client bytes of every connection are kept.
    pub fn hold_client_bytes_at(&self, pattern: &[u8]) {
        self.faults.held.send_replace(false);
        self.faults.client_bytes.send_replace(Hold::After(pattern.into()));
    }

    /// Ends when the pattern of [`Proxy::hold_client_bytes_at`] has gone through.
    pub async fn held(&self) {
        // The sender lives in `self`, so the wait can't fail.
        let mut held = self.faults.held.subscribe();
        let _seen = held.wait_for(|held| *held).await;
    }

    /// From now on forwards at most so much of what clients send, all connections together; 0 lifts the bound.
    ///
    /// What is over it waits in the clients' sockets, which then take no more: that is how a slow network feels.
    pub fn throttle_client_bytes(&self, bytes_per_s: u64) {
        self.faults.client_pace.set(bytes_per_s);
    }

    /// Forwards again, what was kept first; a throttle stays.
    pub fn release(&self) {
        self.faults.client_bytes.send_replace(Hold::Nothing);
        self.faults.server_bytes.send_replace(Hold::Nothing);
        self.faults.held.send_replace(false);
    }

    /// Closes every open connection; what was kept for them is lost.
    pub fn cut(&self) {
        self.faults.connections.send_replace(CancellationToken::new()).cancel();
    }

    /// Whether new connections are closed at once.
    pub fn refuse(&self, refuse: bool) {
        self.faults.refuse.send_replace(refuse);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, target: String, faults: Arc<Faults>) {
    while let Ok((client, _)) = listener.accept().await {
        if *faults.refuse.borrow() {
            continue;
        }
        let (target, faults) = (target.clone(), Arc::clone(&faults));
        let cut = faults.connections.borrow().clone();
        tokio::spawn(async move {
            tokio::select! {
                () = cut.cancelled() => {}
                () = join(client, &target, &faults) => {}
            }
        });
    }
}

/// Carries one connection until both directions have ended, or one has failed.
async fn join(mut client: TcpStream, target: &str, faults: &Faults) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let _both = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let pace = Some(&faults.client_pace);
    let upward = relay(from_client, to_server, &faults.client_bytes, Some(&faults.held), pace);
    let downward = relay(from_server, to_client, &faults.server_bytes, None, None);
    let _ended = tokio::try_join!(upward, downward);
}
