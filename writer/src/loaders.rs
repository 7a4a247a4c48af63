//! All loaders of the process: run side by side, ended together, and one answer for `/readyz`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use prometheus::IntGauge;
use shared::ops::Readiness;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::consume::Loader;
use crate::store::StoreError;

/// Runs loaders until `shutdown`. One that has to stop for good ends the others, which first store what they have gathered.
///
/// # Errors
/// As [`Loader::run`]; the first one's.
pub async fn run(loaders: Vec<Loader>, shutdown: &CancellationToken) -> Result<(), StoreError> {
    let together = shutdown.child_token();
    let mut running = JoinSet::new();
    for loader in loaders {
        let together = together.clone();
        running.spawn(async move { loader.run(&together).await });
    }
    let mut outcome = Ok(());
    while let Some(ended) = running.join_next().await {
        let ended = ended.unwrap_or_else(|failed| Err(StoreError::Stop(failed.into())));
        if ended.is_err() {
            together.cancel();
        }
        outcome = outcome.and(ended);
    }
    outcome
}

/// How many loaders consume; the process is ready while all do.
#[derive(Clone)]
pub struct Consuming {
    readiness: Readiness,
    gauge: IntGauge,
    count: Arc<AtomicUsize>,
    loaders: usize,
}

impl Consuming {
    /// None of so many yet.
    pub fn none_of(loaders: usize, readiness: Readiness, gauge: IntGauge) -> Self {
        Self { readiness, gauge, count: Arc::default(), loaders }
    }

    /// A loader subscribed; it is no longer when the answer is dropped.
    pub fn began(&self) -> Began {
        self.gauge.inc();
        if self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.loaders {
            self.readiness.set_ready();
        }
        Began(self.clone())
    }

    /// A loader waits, for this reason.
    pub fn paused(&self, reason: &str) {
        self.readiness.set_not_ready(reason);
    }
}

/// A loader that consumes.
pub struct Began(Consuming);

impl Drop for Began {
    fn drop(&mut self) {
        self.0.gauge.dec();
        self.0.count.fetch_sub(1, Ordering::SeqCst);
    }
}
