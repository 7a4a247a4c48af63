//! The loop: gather a batch, store it, acknowledge it. And around it: find the database and the queue again.

use std::time::Duration;

use shared::backoff::Backoff;
use shared::ops::Readiness;
use shared::queue::SessionError;
use shared::queue::rabbitmq::{ConsumeSession, RabbitConfig};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::batch::{Batch, BatchLimits, FlushReason};
use crate::breaker;
use crate::enrich::{Enricher, PreparedBatch};
use crate::flush::flush;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// First and longest wait before database and queue are tried again, in milliseconds.
const RECONNECT_MS: (u64, u64) = (200, 10_000);

/// What a writer works with; it owns the loop.
pub struct Writer {
    /// Where deliveries come from.
    pub rabbit: RabbitConfig,
    /// When a batch is full.
    pub limits: BatchLimits,
    /// Adds what the envelope does not know.
    pub enricher: Enricher,
    /// Where rows go.
    pub store: Store,
    /// What is counted.
    pub metrics: Metrics,
    /// What `/readyz` says.
    pub readiness: Readiness,
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

impl Writer {
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
            self.metrics.consuming.set(0);
            match ended {
                Ended::Drained => break,
                Ended::QueueLost(error) => {
                    tracing::warn!(%error, "the queue is not available");
                    self.readiness.set_not_ready("the queue is not available");
                }
                Ended::DatabaseAway(StoreError::Alarm(problem)) => {
                    breaker::alarm(&self.metrics, &self.readiness, &problem);
                }
                Ended::DatabaseAway(error) => {
                    tracing::warn!(error = crate::batch::chain(&error), "the database is not available");
                    self.readiness.set_not_ready("the database is not available");
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
        Ok(ConsumeSession::open(&self.rabbit, self.limits.messages_max * 2).await)
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
        tracing::info!("consuming");
        self.readiness.set_ready();
        self.metrics.consuming.set(1);
        self.metrics.breaker_open.set(0);
        let ended = loop {
            match self.step(&mut session, shutdown).await {
                Ok(FlushReason::Shutdown) => break Ended::Drained,
                Ok(_stored) => backoff.reset(),
                Err(StepError::Queue(error)) => break Ended::QueueLost(error),
                Err(StepError::Store(StoreError::Stop(problem))) => return Err(StoreError::Stop(problem)),
                Err(StepError::Store(error)) => break Ended::DatabaseAway(error),
            }
        };
        session.close().await;
        Ok(ended)
    }

    /// One batch, from the first delivery to its acknowledgement.
    async fn step(
        &mut self,
        session: &mut ConsumeSession,
        shutdown: &CancellationToken,
    ) -> Result<FlushReason, StepError> {
        let (batch, reason) = self.gather(session, shutdown).await?;
        if !batch.is_empty() {
            let last_tag = batch.last_tag();
            self.store_or_keep(self.enricher.prepare(batch), reason).await?;
            session.ack_up_to(last_tag).await?;
        }
        Ok(reason)
    }

    /// Stores a batch; one that the database does not take is kept for [`Writer::open`].
    async fn store_or_keep(
        &mut self,
        mut batch: PreparedBatch,
        reason: FlushReason,
    ) -> Result<(), StoreError> {
        let timer = self.metrics.flush_seconds.start_timer();
        match flush(&mut self.store, &mut batch).await {
            Ok(receipt) => {
                timer.observe_duration();
                self.metrics.flushed(reason, &receipt);
                Ok(())
            }
            Err(error) => {
                timer.stop_and_discard();
                self.unstored = Some((batch, reason));
                Err(error)
            }
        }
    }

    async fn gather(
        &mut self,
        session: &mut ConsumeSession,
        shutdown: &CancellationToken,
    ) -> Result<(Batch, FlushReason), SessionError> {
        let mut batch = Batch::default();
        tokio::select! {
            delivery = session.next() => batch.add(delivery?),
            () = shutdown.cancelled() => return Ok((batch, FlushReason::Shutdown)),
        }
        let deadline = Instant::now() + self.limits.age_max;
        loop {
            if let Some(full) = batch.full(&self.limits) {
                return Ok((batch, full));
            }
            tokio::select! {
                next = timeout_at(deadline, session.next_unless(Batch::is_suspect)) => match next {
                    Ok(Ok(Some(delivery))) => batch.add(delivery),
                    Ok(Ok(None)) => return Ok((batch, FlushReason::Suspect)),
                    Ok(Err(error)) => return Err(error),
                    Err(_elapsed) => return Ok((batch, FlushReason::Age)),
                },
                () = shutdown.cancelled() => return Ok((batch, FlushReason::Shutdown)),
            }
        }
    }
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
