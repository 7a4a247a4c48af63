//! Group commit: envelopes that arrive while others wait for their confirm share the next message.
//!
//! Each HTTP worker has an `Outbox` on its own thread: a request is queued, grouped, confirmed and answered without
//! waking another thread for it. One task on the main runtime owns the session with the broker and the circuit: while
//! that is open, requests are refused before their bodies are read, until a probe is confirmed in time.
//!
//! Three things bound what waits. The `Budget` bounds memory, in requests and bytes, for the whole process. The pace
//! bounds time: it lets in as many as are confirmed well within the limit. The circuit bounds damage: what can't be
//! confirmed now is not even taken.

mod budget;
mod circuit;
mod group;
mod outbox;
mod pace;
mod session;

use std::sync::Arc;
use std::time::Duration;

use shared::queue::rabbitmq::RabbitConfig;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use self::budget::{Budget, Reservation};
pub(crate) use self::circuit::Trouble;
use self::circuit::{Circuit, Report};
pub use self::group::GroupLimits;
pub(crate) use self::outbox::Outbox;
use crate::metrics::Metrics;

/// Reports of trouble that wait for the session's task; one is enough to open the circuit, so more may be lost.
const REPORTS_MAX: usize = 64;

/// Why an envelope is not known to be in the queue. Its client keeps it and tries again with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unpublished {
    /// More waits already than may, or than can be confirmed in time.
    #[error("the collector is at its limit; try again later with the same envelope_id")]
    Overloaded,
    /// The queue holds all it may.
    #[error("the queue is full; try again later with the same envelope_id")]
    QueueFull,
    /// The queue can't be reached, blocks publishers, or was lost before it confirmed.
    #[error("the queue is not available; try again later with the same envelope_id")]
    Unavailable,
    /// The confirm did not come in time, or has not for others.
    #[error("the queue did not confirm in time; try again later with the same envelope_id")]
    TimedOut,
}

impl From<Trouble> for Unpublished {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unavailable => Self::Unavailable,
            Trouble::Slow => Self::TimedOut,
            Trouble::Full => Self::QueueFull,
        }
    }
}

/// What the workers' outboxes share; clones are the same.
#[derive(Clone)]
pub struct Publisher {
    circuit: watch::Receiver<Circuit>,
    reports: mpsc::Sender<Report>,
    budget: Arc<Budget>,
    group: GroupLimits,
    answer_limit: Duration,
    metrics: Metrics,
}

impl Publisher {
    /// Starts the task that owns the session with the broker; it ends after `stop`, with the session closed.
    ///
    /// Call it on the main runtime: lapin's tasks stay where the connection is opened.
    pub(crate) fn start(
        rabbit: RabbitConfig,
        group: GroupLimits,
        answer_limit: Duration,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        let (reports, reported) = mpsc::channel(REPORTS_MAX);
        let (opened, circuit) = watch::channel(Circuit::Open(Trouble::Unavailable));
        let keeper =
            session::Keeper { rabbit, circuit: opened, reported, answer_limit, metrics: metrics.clone() };
        let task = tokio::spawn(async move { keeper.run(&stop).await });
        let budget = metrics.budget.clone();
        (Self { circuit, reports, budget, group, answer_limit, metrics }, task)
    }

    /// An outbox for the worker whose thread this is called on.
    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::start(self.clone())
    }
}
