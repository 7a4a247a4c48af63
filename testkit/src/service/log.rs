//! What a service says: its last log lines, and where it listens.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::watch;

use crate::eventually::within;
use crate::process::ProcessGroup;

/// How long a service may take until it listens, in seconds.
const LISTEN_WAIT_S: u64 = 30;
/// Log lines kept for error messages.
const LOG_LINES_MAX: usize = 200;
/// How long the last words of a service that has ended may take to be read, in seconds.
const LAST_WORDS_WAIT_S: u64 = 5;

/// The fields of the log line by which a service says that it listens.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Addresses {
    pub(super) public_addr: Option<SocketAddr>,
    pub(super) ops_addr: Option<SocketAddr>,
}

/// A service's output as it comes: the last lines, and the addresses once they are known.
#[derive(Debug, Clone)]
pub(super) struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
    addresses: Arc<watch::Sender<Option<Addresses>>>,
    /// Pipes not yet read to their end.
    open_pipes: Arc<AtomicUsize>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            lines: Arc::default(),
            addresses: Arc::new(watch::Sender::new(None)),
            open_pipes: Arc::default(),
        }
    }
}

impl Log {
    /// Reads a pipe to its end, in a task.
    pub(super) fn read(&self, pipe: Option<impl AsyncRead + Unpin + Send + 'static>) {
        let Some(pipe) = pipe else { return };
        let log = self.clone();
        log.open_pipes.fetch_add(1, SeqCst);
        tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                log.take(line);
            }
            log.open_pipes.fetch_sub(1, SeqCst);
        });
    }

    fn take(&self, line: String) {
        #[derive(Deserialize)]
        struct Line {
            message: String,
            #[serde(flatten)]
            addresses: Addresses,
        }
        if let Ok(Line { message, addresses }) = serde_json::from_str(&line)
            && message == "listening"
        {
            self.addresses.send_replace(Some(addresses));
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LOG_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    pub(super) async fn until_listening(&self, name: &str, process: &mut ProcessGroup) -> Addresses {
        let outcome = within(Duration::from_secs(LISTEN_WAIT_S), async || {
            let addresses = self.addresses.borrow().clone();
            addresses.map(Ok).or_else(|| process.ended().map(Err))
        });
        match outcome.await {
            Some(Ok(addresses)) => addresses,
            Some(Err(status)) => {
                // It has ended, but what it said last may still be in the pipes.
                let limit = Duration::from_secs(LAST_WORDS_WAIT_S);
                within(limit, async || (self.open_pipes.load(SeqCst) == 0).then_some(())).await;
                panic!("{name} ended with {status} before it listened; {}", self.shown())
            }
            None => panic!("{name} does not listen after {LISTEN_WAIT_S} s; {}", self.shown()),
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn shown(&self) -> String {
        format!("its last log lines:\n{}", self.lines().join("\n"))
    }
}
