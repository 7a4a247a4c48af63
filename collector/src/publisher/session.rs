//! The task that owns the session with the broker, finds it again, and opens and closes the circuit.

use std::sync::Arc;
use std::time::Duration;

use shared::backoff::Backoff;
use shared::envelope::encode_message;
use shared::queue::PublishError;
use shared::queue::rabbitmq::{PublishChannel, PublishSession, RabbitConfig};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::circuit::{Circuit, Report, Trouble};
use crate::metrics::Metrics;

/// First and longest wait before the broker is tried again, in milliseconds.
const RECONNECT_MS: (u64, u64) = (200, 5_000);
/// Shortest and longest wait between two probes of a queue that refuses, in milliseconds.
const PROBE_MS: (u64, u64) = (250, 1_000);

/// What the task works with.
pub(super) struct Keeper {
    pub(super) rabbit: RabbitConfig,
    pub(super) circuit: watch::Sender<Circuit>,
    pub(super) reported: mpsc::Receiver<Report>,
    /// A confirm that takes longer does not close the circuit.
    pub(super) answer_limit: Duration,
    pub(super) metrics: Metrics,
}

impl Keeper {
    /// Keeps a session until `stop`; one that is lost is dropped whole, and another opened.
    pub(super) async fn run(mut self, stop: &CancellationToken) {
        let (first, longest) = (Duration::from_millis(RECONNECT_MS.0), Duration::from_millis(RECONNECT_MS.1));
        let mut backoff = Backoff::new(first, longest);
        loop {
            self.turn(Circuit::Open(Trouble::Unavailable));
            let Some(opened) = stop.run_until_cancelled(PublishSession::open(&self.rabbit)).await else {
                return;
            };
            match opened {
                Ok(session) => {
                    tracing::info!("connected to the queue");
                    let session = Arc::new(session);
                    let lost = stop.run_until_cancelled(self.watch_over(&session, &mut backoff)).await;
                    self.turn(Circuit::Open(Trouble::Unavailable));
                    session.close().await;
                    let Some(reason) = lost else { return };
                    tracing::warn!(reason, "lost the queue");
                }
                Err(error) => tracing::warn!(%error, "the queue is not available"),
            }
            let wait = backoff.next_wait(fastrand::f64());
            if stop.run_until_cancelled(sleep(wait)).await.is_none() {
                return;
            }
        }
    }

    /// Opens and closes the circuit until the session is lost; answers why it was.
    async fn watch_over(&mut self, session: &Arc<PublishSession>, backoff: &mut Backoff) -> String {
        let mut lost = std::pin::pin!(session.lost());
        let mut probes = match session.channel().await {
            Ok(channel) => channel,
            Err(error) => return error.to_string(),
        };
        loop {
            tokio::select! {
                reason = &mut lost => return reason,
                probed = self.until_confirmed(&mut probes) => if let Err(reason) = probed { return reason },
            }
            backoff.reset();
            // They are about the time before the probe.
            while self.reported.try_recv().is_ok() {}
            self.turn(Circuit::Closed(Arc::clone(session)));
            tokio::select! {
                reason = &mut lost => return reason,
                trouble = self.trouble(session) => match trouble {
                    Ok(trouble) => self.turn(Circuit::Open(trouble)),
                    Err(reason) => return reason,
                },
            }
        }
    }

    /// The next trouble that a worker reports; the error is the reason why `session` is lost.
    async fn trouble(&mut self, session: &Arc<PublishSession>) -> Result<Trouble, String> {
        loop {
            match self.reported.recv().await {
                Some(Report::Trouble(trouble)) => return Ok(trouble),
                Some(Report::Lost(which, reason)) if Arc::ptr_eq(&which, session) => return Err(reason),
                Some(Report::Lost(..)) => {}
                None => return Err("no worker is left".to_owned()),
            }
        }
    }

    /// Sends messages of no envelopes until one is confirmed in time; the error is the reason why the session is lost.
    async fn until_confirmed(&self, probes: &mut PublishChannel) -> Result<(), String> {
        let probe = encode_message([]);
        loop {
            let sent_at = Instant::now();
            self.metrics.probes.inc();
            match probes.publish(Uuid::now_v7(), &probe).await {
                Ok(()) if sent_at.elapsed() <= self.answer_limit => return Ok(()),
                // The queue moves again, perhaps; it is asked again at once.
                Ok(()) => {}
                Err(PublishError::Refused) => {
                    self.turn(Circuit::Open(Trouble::Full));
                    sleep(Duration::from_millis(fastrand::u64(PROBE_MS.0..=PROBE_MS.1))).await;
                }
                Err(PublishError::SessionLost(reason)) => return Err(reason),
            }
        }
    }

    fn turn(&self, circuit: Circuit) {
        match &circuit {
            Circuit::Closed(_) => tracing::info!("the queue confirms; requests are accepted"),
            Circuit::Open(trouble) => tracing::debug!(trouble = trouble.as_str(), "requests are refused"),
        }
        self.metrics.circuit(match &circuit {
            Circuit::Closed(_) => None,
            Circuit::Open(trouble) => Some(*trouble),
        });
        self.circuit.send_replace(circuit);
    }
}
