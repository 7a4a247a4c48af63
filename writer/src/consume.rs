//! The loop: gather a batch, store it, acknowledge it. And around it: find the database and the queue again.
//!
//! Two work side by side: the intake reads and prepares the next batch while the database stores this one. Between them
//! stands one prepared batch at most, so a loader holds two: one being stored, one being gathered or waiting.

mod intake;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::backoff::Backoff;
use shared::queue::SessionError;
use shared::queue::rabbitmq::{Acker, ConsumeSession, RabbitConfig};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::intake::{Intake, Staged};
use crate::batch::{BatchLimits, FlushReason};
use crate::breaker;
use crate::enrich::{Enricher, PreparedBatch};
use crate::flush::flush;
use crate::loaders::Consuming;
use crate::metrics::{Metrics, Stage};
use crate::pace::Pace;
use crate::progress::{Holding, Progress};
use crate::store::{Store, StoreError};

/// First and longest wait before database and queue are tried again, in milliseconds.
const RECONNECT_MS: (u64, u64) = (200, 10_000);

/// Batches that may stand between intake and database.
const STAGED_MAX: usize = 1;

/// What a loader works with; it owns the loop. A process has one or more, each with a session with the queue and a connection
/// to the database of its own, so each acknowledges what it stored itself.
pub struct Loader {
    /// Where deliveries come from.
    pub rabbit: RabbitConfig,
    /// When a batch is full.
    pub limits: BatchLimits,
    /// Adds what the envelope does not know; all loaders share it.
    pub enricher: Arc<Enricher>,
    /// Where rows go.
    pub store: Store,
    /// What is counted.
    pub metrics: Metrics,
    /// What all loaders together hold of the queue.
    pub progress: Progress,
    /// What `/readyz` says of all loaders together.
    pub consuming: Consuming,
    /// A batch that the database did not take; none at the start.
    pub unstored: Option<(PreparedBatch, FlushReason)>,
}

/// How a round of consuming ended.
enum Ended {
    /// Shutdown: everything gathered is stored and acknowledged.
    Drained,
    /// The queue is gone; what was not acknowledged comes again.
    QueueLost(SessionError),
    /// The database is gone; what was not stored comes again.
    DatabaseAway(StoreError),
}

impl Loader {
    /// Stores what comes until `shutdown`.
    ///
    /// Subscribes only while the database is proven writable: what waits belongs into the queue, not into this
    /// process, and each return of a delivery counts towards its limit.
    ///
    /// # Errors
    /// [`StoreError::Stop`]: the database is not the one this build was made for. Everything stays in the queue.
    pub async fn run(mut self, shutdown: &CancellationToken) -> Result<(), StoreError> {
        let first = Duration::from_millis(RECONNECT_MS.0);
        let mut backoff = Backoff::new(first, Duration::from_millis(RECONNECT_MS.1));
        while !shutdown.is_cancelled() {
            let ended = tokio::select! {
                opened = self.open() => match opened {
                    Ok(session) => self.consume(session, shutdown, &mut backoff).await?,
                    Err(StoreError::Stop(problem)) => return Err(StoreError::Stop(problem)),
                    Err(away) => Ended::DatabaseAway(away),
                },
                () = shutdown.cancelled() => Ended::Drained,
            };
            match ended {
                Ended::Drained => break,
                Ended::QueueLost(error) => {
                    tracing::warn!(%error, "the queue is not available");
                    self.consuming.paused("the queue is not available");
                }
                Ended::DatabaseAway(StoreError::Alarm(problem)) => {
                    breaker::alarm(&self.metrics, &self.consuming, &problem);
                }
                Ended::DatabaseAway(error) => {
                    tracing::warn!(error = crate::batch::chain(&error), "the database is not available");
                    self.consuming.paused("the database is not available");
                }
            }
            tokio::select! {
                () = sleep(backoff.next_wait(fastrand::f64())) => {}
                () = shutdown.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Proves that the database takes writes, then subscribes. The outer error is the database's.
    ///
    /// The best proof is the batch that it did not take before. Its deliveries went back to the queue and will meet the
    /// ledger; had they to fail again themselves, each failure would bring them nearer to their delivery limit.
    async fn open(&mut self) -> Result<Result<ConsumeSession, SessionError>, StoreError> {
        match self.unstored.take() {
            Some((batch, reason)) => self.store_or_keep(batch, reason).await?,
            None => self.store.prove_writable().await?,
        }
        Ok(ConsumeSession::open(&self.rabbit, prefetch(&self.limits)).await)
    }

    /// Consumes until something is lost or the writer is asked to stop.
    async fn consume(
        &mut self,
        session: Result<ConsumeSession, SessionError>,
        shutdown: &CancellationToken,
        backoff: &mut Backoff,
    ) -> Result<Ended, StoreError> {
        let mut session = match session {
            Ok(session) => session,
            Err(error) => return Ok(Ended::QueueLost(error)),
        };
        // Dropped after the session is closed: only then are its deliveries in the queue again.
        let holding = match session.watch(&self.rabbit).await {
            Ok(watch) => self.progress.began(watch, prefetch(&self.limits)),
            Err(error) => return Ok(Ended::QueueLost(error)),
        };
        tracing::info!("consuming");
        let _consuming = self.consuming.began();
        self.metrics.breaker_open.set(0);
        let ended = match self.gather_and_load(&mut session, &holding, shutdown, backoff).await {
            Ok(()) => Ended::Drained,
            Err(StepError::Queue(error)) => Ended::QueueLost(error),
            Err(StepError::Store(StoreError::Stop(problem))) => return Err(StoreError::Stop(problem)),
            Err(StepError::Store(error)) => Ended::DatabaseAway(error),
        };
        session.close().await;
        Ok(ended)
    }

    /// Both sides, until shutdown or until one fails; what the database says counts more.
    async fn gather_and_load(
        &mut self,
        session: &mut ConsumeSession,
        holding: &Holding,
        shutdown: &CancellationToken,
        backoff: &mut Backoff,
    ) -> Result<(), StepError> {
        let pace = Mutex::new(Pace::new(self.limits));
        let storing = AsyncMutex::new(());
        let acknowledging = Acknowledging { acker: session.acker(), holding };
        let (enricher, metrics) = (Arc::clone(&self.enricher), self.metrics.clone());
        let (staged, to_store) = mpsc::channel(STAGED_MAX);
        let mut gathering = Box::pin(
            Intake { session, pace: &pace, enricher, metrics, holding, storing: &storing, shutdown }
                .run(staged),
        );
        let mut loading = Box::pin(self.load(to_store, &acknowledging, &pace, &storing, backoff));
        tokio::select! {
            // What is gathered or staged was not acknowledged, and comes again.
            loaded = &mut loading => loaded,
            gathered = &mut gathering => {
                loading.await?;
                Ok(gathered?)
            }
        }
    }

    /// Stores and acknowledges batch after batch, until there are no more.
    async fn load(
        &mut self,
        mut to_store: mpsc::Receiver<Staged>,
        acknowledging: &Acknowledging<'_>,
        pace: &Mutex<Pace>,
        storing: &AsyncMutex<()>,
        backoff: &mut Backoff,
    ) -> Result<(), StepError> {
        while let Some(Staged { batch, reason, last_tag }) = to_store.recv().await {
            let _storing = storing.lock().await;
            let started = Instant::now();
            self.store_or_keep(batch, reason).await?;
            pace.lock().unwrap_or_else(PoisonError::into_inner).stored(reason, started.elapsed());
            let mut clock = self.metrics.stages.clock();
            acknowledging.acker.ack_up_to(last_tag).await?;
            acknowledging.holding.acknowledged(last_tag);
            clock.lap(Stage::Ack);
            backoff.reset();
        }
        Ok(())
    }

    /// Stores a batch; one that the database does not take is kept for [`Loader::open`].
    async fn store_or_keep(
        &mut self,
        mut batch: PreparedBatch,
        reason: FlushReason,
    ) -> Result<(), StoreError> {
        let timer = self.metrics.flush_seconds.start_timer();
        match flush(&mut self.store, &mut batch).await {
            Ok(receipt) => {
                timer.observe_duration();
                self.metrics.flushed(reason, &receipt, batch.oldest_received_at());
                // To free some ten thousand texts takes a millisecond, and the database would wait for it.
                drop(spawn_blocking(move || drop(batch)));
                Ok(())
            }
            Err(error) => {
                timer.stop_and_discard();
                self.unstored = Some((batch, reason));
                Err(error)
            }
        }
    }
}

/// What a stored batch is taken out of.
struct Acknowledging<'a> {
    acker: Acker,
    holding: &'a Holding,
}

/// Messages that the broker hands out unacknowledged.
fn prefetch(limits: &BatchLimits) -> u16 {
    limits.messages_max * 2
}

/// What can go wrong within a step.
enum StepError {
    Queue(SessionError),
    Store(StoreError),
}

impl From<SessionError> for StepError {
    fn from(error: SessionError) -> Self {
        Self::Queue(error)
    }
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
