//! The live view: who is there now, and each interaction as it is stored.
//!
//! Rows become visible in the order of commits, not of `created_at` nor of `id`. So a stream does not remember how far it came
//! in either, but which transactions' rows it has told: see [`Cursor`].

mod cursor;
mod reading;
mod streams;

pub(crate) use self::cursor::Cursor;
pub(crate) use self::reading::{Interaction, Now, Reading};
pub(crate) use self::streams::{Place, Refused, Streams};

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::auth::ProjectScope;
use crate::db::{Database, DatabaseError};
use crate::metrics::Metrics;
use crate::single_flight::{From, SingleFlight};

/// How often a stream looks, in milliseconds.
const TICK_MS: u64 = 2_000;
/// How long what was read serves whoever opens a stream, in milliseconds: less than [`TICK_MS`], so that each tick reads anew.
const READING_KEPT_MS: u64 = 1_000;
/// What all readings that are kept may take together, in bytes.
const READINGS_BYTES_MAX: u64 = 4 << 20;

/// The live view of one process; clones share it.
#[derive(Clone)]
pub(crate) struct Live {
    readings: SingleFlight<ProjectScope, Arc<Reading>>,
    started: Instant,
    pub(crate) streams: Streams,
    metrics: Metrics,
}

impl Live {
    /// A live view that nobody looks at yet.
    pub(crate) fn new(metrics: Metrics) -> Self {
        let weight = |_: &ProjectScope, reading: &Arc<Reading>| reading.bytes();
        let kept = Duration::from_millis(READING_KEPT_MS);
        Self {
            readings: SingleFlight::new(kept, READINGS_BYTES_MAX, weight),
            started: Instant::now(),
            streams: Streams::new(metrics.clone()),
            metrics,
        }
    }

    /// What there is to see in `scope`: one reading for all who look at the same moment.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn read(
        &self,
        scope: ProjectScope,
        database: Arc<Database>,
    ) -> Result<Arc<Reading>, Arc<DatabaseError>> {
        let (of, metrics) = (scope.clone(), self.metrics.clone());
        let reading = async move {
            let read = database.read(async |snapshot| Reading::read(snapshot, &of).await).await;
            read.map(Arc::new).inspect_err(|error| metrics.database_failed(error))
        };
        let (from, outcome) = self.readings.find(scope, reading).await;
        if from == From::Reading {
            self.metrics.live_read();
        }
        outcome
    }

    /// When those who look at `scope` look next: all of them together, and other scopes at another moment.
    pub(crate) fn next_tick(&self, scope: &ProjectScope) -> Instant {
        let mut hasher = DefaultHasher::new();
        scope.hash(&mut hasher);
        let first = self.started + Duration::from_millis(hasher.finish() % TICK_MS);
        let Some(passed) = Instant::now().checked_duration_since(first) else { return first };
        let ticks = passed.as_millis() / u128::from(TICK_MS) + 1;
        first + Duration::from_millis(TICK_MS) * u32::try_from(ticks).unwrap_or(u32::MAX)
    }
}
