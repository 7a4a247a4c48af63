//! From the queue to a batch that is ready to be stored, while the batch before it is being stored.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use shared::envelope::unpacked_bytes;
use shared::queue::rabbitmq::ConsumeSession;
use shared::queue::{Delivery, SessionError};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::batch::{Batch, Decoded, FlushReason};
use crate::enrich::{Enricher, PreparedBatch};
use crate::metrics::{Metrics, Stage};
use crate::pace::Pace;
use crate::progress::Holding;

/// Messages from here on are decoded on a thread of their own, in bytes unpacked: handing a smaller one over costs more than
/// reading it.
const DECODED_ASIDE_FROM_BYTES: usize = 32 * 1024;

/// A batch that only has to be stored.
pub(super) struct Staged {
    pub(super) batch: PreparedBatch,
    pub(super) reason: FlushReason,
    /// The tag up to which everything is acknowledged once it is stored.
    pub(super) last_tag: u64,
}

/// Gathers batches and prepares them.
pub(super) struct Intake<'a> {
    pub(super) session: &'a mut ConsumeSession,
    pub(super) pace: &'a Mutex<Pace>,
    pub(super) enricher: Arc<Enricher>,
    pub(super) metrics: Metrics,
    /// Knows what was taken and not acknowledged.
    pub(super) holding: &'a Holding,
    /// Held by the loader while it stores and acknowledges.
    pub(super) storing: &'a AsyncMutex<()>,
    pub(super) shutdown: &'a CancellationToken,
}

impl Intake<'_> {
    /// Hands batch after batch to `staged`, which bounds them: the next is begun when the one before was taken out.
    ///
    /// Ends well at shutdown, with what was gathered handed over, and when nobody takes batches any more.
    ///
    /// # Errors
    /// When the session is lost.
    pub(super) async fn run(mut self, staged: mpsc::Sender<Staged>) -> Result<(), SessionError> {
        while let Ok(permit) = staged.reserve().await {
            let (batch, reason) = self.gather().await?;
            if !batch.is_empty() {
                let (last_tag, enricher) = (batch.last_tag(), Arc::clone(&self.enricher));
                let mut clock = self.metrics.stages.clock();
                let batch = aside(move || enricher.prepare(batch)).await?;
                clock.lap(Stage::Enrich);
                permit.send(Staged { batch, reason, last_tag });
            }
            if reason == FlushReason::Shutdown {
                break;
            }
        }
        Ok(())
    }

    /// One batch, from its first delivery to what made it full.
    async fn gather(&mut self) -> Result<(Batch, FlushReason), SessionError> {
        let mut batch = Batch::default();
        let delivery = tokio::select! {
            // A long queue has always another delivery; whoever is to end takes no more.
            biased;
            () = self.shutdown.cancelled() => return Ok((batch, FlushReason::Shutdown)),
            delivery = self.session.next() => delivery?,
        };
        self.holding.took(&delivery);
        if Batch::is_suspect(&delivery) {
            // Should it end the process when it is read, the batch before it has been acknowledged.
            drop(self.storing.lock().await);
        }
        let limits = self.pace.lock().unwrap_or_else(PoisonError::into_inner).limits();
        let deadline = Instant::now() + limits.age_max;
        self.add(&mut batch, delivery).await?;
        loop {
            if let Some(full) = batch.full(&limits) {
                return Ok((batch, full));
            }
            let quiet = Instant::now() + limits.quiet_max;
            let (until, reason) =
                if quiet < deadline { (quiet, FlushReason::Quiet) } else { (deadline, FlushReason::Age) };
            let delivery = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return Ok((batch, FlushReason::Shutdown)),
                // What is here already goes along, however late it is.
                next = timeout_at(until, self.session.next_unless(Batch::is_suspect)) => match next {
                    Ok(Ok(Some(delivery))) => delivery,
                    Ok(Ok(None)) => return Ok((batch, FlushReason::Suspect)),
                    Ok(Err(error)) => return Err(error),
                    Err(_elapsed) => return Ok((batch, reason)),
                },
            };
            self.holding.took(&delivery);
            self.add(&mut batch, delivery).await?;
        }
    }

    async fn add(&self, batch: &mut Batch, delivery: Delivery) -> Result<(), SessionError> {
        let mut clock = self.metrics.stages.clock();
        let decoded = if unpacked_bytes(&delivery.body) < DECODED_ASIDE_FROM_BYTES {
            Decoded::of(delivery)
        } else {
            aside(|| Decoded::of(delivery)).await?
        };
        self.holding.read(&decoded);
        batch.add_decoded(decoded);
        clock.lap(Stage::Decode);
        Ok(())
    }
}

/// Does work that keeps a processor busy where it holds nobody up.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SessionError> {
    match spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Only at the runtime's own end.
            Err(cancelled) => Err(SessionError::new("preparing a batch", cancelled)),
        },
    }
}
