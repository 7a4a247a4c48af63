//! Group commit: envelopes that arrive while others wait for their confirm share the next message.
//!
//! One task owns the session with the broker and everything in flight on it; a request's future owns nothing, so a
//! client that goes away leaks nothing. An idle collector sends each envelope at once. A busy one has its few messages
//! in flight, and what arrives meanwhile gathers into the next: the broker then sees hundreds of messages a second
//! where HTTP sees tens of thousands of requests, without a timer.

mod group;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use shared::backoff::Backoff;
use shared::envelope::EncodedEnvelope;
use shared::queue::PublishError;
use shared::queue::rabbitmq::{PublishSession, RabbitConfig};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use self::group::groups;
use crate::metrics::Metrics;

/// Most requests that wait for a confirm; the next one is answered 503.
const WAITING_REQUESTS_MAX: usize = 8_192;
/// Most bytes of envelopes that wait for a confirm.
const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most messages in flight; while they are, what arrives gathers into the next one.
const IN_FLIGHT_MESSAGES_MAX: usize = 4;
/// Longest a request waits for its confirm, in seconds; the publish goes on without it.
const ANSWER_LIMIT_S: u64 = 5;
/// First and longest wait before the broker is tried again, in milliseconds.
const RECONNECT_MS: (u64, u64) = (200, 5_000);

/// Why an envelope is not known to be in the queue. Its client keeps it and tries again with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unpublished {
    /// More waits already than may.
    #[error("the collector is at its limit; try again later with the same envelope_id")]
    Overloaded,
    /// The queue holds all it may.
    #[error("the queue is full; try again later with the same envelope_id")]
    QueueFull,
    /// The queue can't be reached, or was lost before it confirmed.
    #[error("the queue is not available; try again later with the same envelope_id")]
    Unavailable,
    /// The confirm did not come in time.
    #[error("the queue did not confirm in time; try again later with the same envelope_id")]
    TimedOut,
}

/// The way into the queue; clones share one session.
#[derive(Clone)]
pub struct Publisher {
    requests: mpsc::Sender<Pending>,
    waiting_bytes: Arc<Semaphore>,
}

/// An envelope that waits for its confirm, and whom to tell.
#[derive(Debug)]
struct Pending {
    envelope: EncodedEnvelope,
    answer: oneshot::Sender<Result<(), Unpublished>>,
    /// Returned to the budget when the envelope's fate is known.
    _bytes: OwnedSemaphorePermit,
}

impl Publisher {
    /// Starts the task that owns the session; it ends when every `Publisher` is gone and all in flight is answered.
    ///
    /// Call it on the main runtime: lapin's tasks stay where the connection is opened.
    pub(crate) fn start(config: RabbitConfig, metrics: Metrics) -> (Self, JoinHandle<()>) {
        let (requests, waiting) = mpsc::channel(WAITING_REQUESTS_MAX);
        let task = tokio::spawn(supervise(config, waiting, metrics));
        (Self { requests, waiting_bytes: Arc::new(Semaphore::new(WAITING_BYTES_MAX)) }, task)
    }

    /// Publishes an envelope and waits until the queue has it safe.
    ///
    /// # Errors
    /// [`Unpublished`]. The envelope may still get into the queue: the same id then counts once.
    pub async fn publish(&self, envelope: EncodedEnvelope) -> Result<(), Unpublished> {
        let size = u32::try_from(envelope.len_bytes()).map_err(|_too_large| Unpublished::Overloaded)?;
        let budget = Arc::clone(&self.waiting_bytes);
        let bytes = budget.try_acquire_many_owned(size).map_err(|_spent| Unpublished::Overloaded)?;
        let (answer, answered) = oneshot::channel();
        let pending = Pending { envelope, answer, _bytes: bytes };
        self.requests.try_send(pending).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Unpublished::Overloaded,
            mpsc::error::TrySendError::Closed(_) => Unpublished::Unavailable,
        })?;
        match timeout(Duration::from_secs(ANSWER_LIMIT_S), answered).await {
            Ok(Ok(outcome)) => outcome,
            // The session was lost with this envelope in flight.
            Ok(Err(_dropped)) => Err(Unpublished::Unavailable),
            Err(_elapsed) => Err(Unpublished::TimedOut),
        }
    }
}

/// How a session ended.
enum Ended {
    /// Everything was answered and nobody is left to ask.
    Drained,
    /// The broker is gone, or can't be trusted.
    Lost(String),
}

async fn supervise(config: RabbitConfig, mut waiting: mpsc::Receiver<Pending>, metrics: Metrics) {
    let mut backoff =
        Backoff::new(Duration::from_millis(RECONNECT_MS.0), Duration::from_millis(RECONNECT_MS.1));
    let mut wait = Duration::ZERO;
    while let Some(session) = connect(&config, &mut waiting, wait, &mut backoff).await {
        tracing::info!("connected to the queue");
        metrics.queue_connected.set(1);
        let ended = serve(&session, &mut waiting, &metrics).await;
        metrics.queue_connected.set(0);
        match ended {
            Ended::Drained => return session.close().await,
            Ended::Lost(reason) => tracing::warn!(reason, "lost the queue"),
        }
        if refusing(&mut waiting, session.close()).await.is_none() {
            return;
        }
        wait = backoff.next_wait(fastrand::f64());
    }
}

/// A session, however long it takes; who asks meanwhile is refused at once. `None` when nobody is left to ask.
async fn connect(
    config: &RabbitConfig,
    waiting: &mut mpsc::Receiver<Pending>,
    mut wait: Duration,
    backoff: &mut Backoff,
) -> Option<PublishSession> {
    loop {
        let opened = async {
            sleep(wait).await;
            PublishSession::open(config).await
        };
        match refusing(waiting, opened).await? {
            Ok(session) => {
                backoff.reset();
                return Some(session);
            }
            Err(error) => tracing::warn!(%error, "the queue is not available"),
        }
        wait = backoff.next_wait(fastrand::f64());
    }
}

/// Runs `work` while refusing whoever asks to publish; `None` when nobody is left to ask.
async fn refusing<T>(waiting: &mut mpsc::Receiver<Pending>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            asked = waiting.recv() => answer([asked?], Err(Unpublished::Unavailable)),
        }
    }
}

async fn serve(session: &PublishSession, waiting: &mut mpsc::Receiver<Pending>, metrics: &Metrics) -> Ended {
    let mut lost = std::pin::pin!(session.lost());
    let mut in_flight = FuturesUnordered::new();
    let mut open = true;
    while open || !in_flight.is_empty() {
        let mut gathered = Vec::new();
        tokio::select! {
            reason = &mut lost => return Ended::Lost(reason),
            Some((group, outcome)) = in_flight.next() => match outcome {
                Ok(()) => answer(group, Ok(())),
                Err(PublishError::Refused) => answer(group, Err(Unpublished::QueueFull)),
                // Dropping the rest answers it, too: its senders go, and its requests see that.
                Err(PublishError::SessionLost(reason)) => return Ended::Lost(reason),
            },
            taken = waiting.recv_many(&mut gathered, WAITING_REQUESTS_MAX),
                if open && in_flight.len() < IN_FLIGHT_MESSAGES_MAX =>
            {
                open = taken > 0;
                if session.is_blocked() {
                    answer(gathered, Err(Unpublished::Unavailable));
                } else {
                    in_flight.extend(groups(gathered).into_iter().map(|group| send(session, group, metrics)));
                }
            }
        }
    }
    Ended::Drained
}

async fn send(
    session: &PublishSession,
    group: Vec<Pending>,
    metrics: &Metrics,
) -> (Vec<Pending>, Result<(), PublishError>) {
    let body = shared::envelope::encode_message(group.iter().map(|pending| &pending.envelope));
    metrics.group_envelopes.observe(group.len() as f64);
    let timer = metrics.confirm_seconds.start_timer();
    let outcome = session.publish(Uuid::now_v7(), &body).await;
    timer.observe_duration();
    (group, outcome)
}

fn answer(group: impl IntoIterator<Item = Pending>, outcome: Result<(), Unpublished>) {
    for pending in group {
        // Who timed out or went away needs no answer.
        let _gone = pending.answer.send(outcome);
    }
}
