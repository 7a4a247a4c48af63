//! One keep-alive connection.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::answer;

/// Room for an answer, in bytes; a longer one makes it grow.
const BUFFER_BYTES: usize = 1024;

/// A connection that is opened when it is first needed, and again after it broke.
pub(crate) struct Connection {
    addr: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self { addr, stream: None, buffer: Vec::with_capacity(BUFFER_BYTES) }
    }

    /// Connects, unless it is connected.
    pub(crate) async fn open(&mut self) -> io::Result<()> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.addr).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// Sends a request and waits for the whole answer, of which it tells the status.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.open().await?;
        let Some(mut stream) = self.stream.take() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        stream.write_all(request).await?;
        self.buffer.clear();
        let answer = loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = answer::parse(&self.buffer)? {
                break answer;
            }
        };
        if answer.len_bytes != self.buffer.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the server sent more than an answer"));
        }
        if !answer.closes {
            self.stream = Some(stream);
        }
        Ok(answer.status)
    }
}
