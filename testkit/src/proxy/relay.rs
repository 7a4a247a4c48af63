//! One direction of one proxied connection.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::pace::Pace;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// What a direction keeps back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hold {
    /// Forwards all.
    Nothing,
    /// Forwards nothing.
    Everything,
    /// Forwards up to and with this pattern.
    After(Arc<[u8]>),
}

/// Forwards until the sender ends or either end fails. Kept bytes wait here, and behind them in the sender's socket.
pub(super) async fn relay(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    hold: &watch::Sender<Hold>,
    held: Option<&watch::Sender<bool>>,
    pace: Option<&Pace>,
) -> io::Result<()> {
    let mut changes = hold.subscribe();
    let mut search = Search::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = from.read(&mut chunk).await?;
        if length == 0 {
            wait_until_free(&mut changes).await;
            return to.shutdown().await;
        }
        let mut rest = &chunk[..length];
        while !rest.is_empty() {
            let state = changes.borrow_and_update().clone();
            let free = match &state {
                Hold::Nothing => rest.len(),
                Hold::Everything => 0,
                Hold::After(pattern) => search.end_of(pattern, rest).unwrap_or(rest.len()),
            };
            let (mut going, kept) = rest.split_at(free);
            while !going.is_empty() {
                let granted = match pace {
                    Some(pace) => pace.grant(going.len()).await,
                    None => going.len(),
                };
                to.write_all(&going[..granted]).await?;
                going = &going[granted..];
            }
            rest = kept;
            if matches!(state, Hold::After(_)) && search.is_complete() {
                // Only if the pattern still is what is asked for: it may have been released meanwhile.
                hold.send_if_modified(|now| {
                    let is_current = *now == state;
                    if is_current {
                        *now = Hold::Everything;
                        if let Some(held) = held {
                            held.send_replace(true);
                        }
                    }
                    is_current
                });
                search = Search::default();
            }
            if free == 0 {
                wait_until_free(&mut changes).await;
            }
        }
    }
}

async fn wait_until_free(changes: &mut watch::Receiver<Hold>) {
    // The sender outlives every relay.
    let _free = changes.wait_for(|hold| *hold != Hold::Everything).await;
}

/// Finds a pattern in a stream that comes in chunks.
#[derive(Debug, Default)]
struct Search {
    /// The pattern looked for, and the last bytes seen, fewer than it has.
    pattern: Option<Arc<[u8]>>,
    seen: Vec<u8>,
    complete: bool,
}

impl Search {
    /// How many bytes of `chunk` belong to what ends with the pattern; `None` where it did not end in here.
    fn end_of(&mut self, pattern: &Arc<[u8]>, chunk: &[u8]) -> Option<usize> {
        if self.pattern.as_ref() != Some(pattern) {
            *self = Self { pattern: Some(Arc::clone(pattern)), ..Self::default() };
        }
        let before = self.seen.len();
        self.seen.extend_from_slice(chunk);
        let at = self.seen.windows(pattern.len().max(1)).position(|window| window == &**pattern);
        self.complete = at.is_some();
        let kept_from = self.seen.len().saturating_sub(pattern.len().saturating_sub(1));
        self.seen.drain(..kept_from);
        at.map(|at| at + pattern.len() - before)
    }

    fn is_complete(&self) -> bool {
        self.complete
    }
}
