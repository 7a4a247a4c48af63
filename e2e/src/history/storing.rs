//! Days are stored side by side, each from a seed of its own, so the same plan leaves the same events whatever the number of
//! loaders. What batches append is folded meanwhile, and packed, as a writer does; but not what the last seconds bring, since a reader finds
//! some of that at any time. Batches are ten times a writer's: fewer deltas, and the same sums.

use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration as Wait;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use shared::envelope::{DropReason, Dropped, Envelope};
use shared::ids::EnvelopeId;
use time::{Duration, OffsetDateTime};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::{NoContext, Timestamp, Uuid};
use writer::batch::Batch;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::store::Store;
use writer::{fold, maintain};

use super::{DAYS_MAX, EVENTS_MAX, Plan, Stored};
use crate::workload::{Workload, projects};

/// Events of a batch.
const BATCH_EVENTS: usize = 50_000;
/// Days that are stored at a time.
const LOADERS: usize = 2;
/// Events of the last seconds, which are not folded.
const LATEST_EVENTS: u64 = 5_000;
/// How long those took to come, in seconds.
const LATEST_S: i64 = 5;
/// Pause between two looks at what was appended, in milliseconds.
const FOLD_PAUSE_MS: u64 = 500;
/// Pause between two runs of packing, in milliseconds, as a writer makes it.
const PACK_PAUSE_MS: u64 = 60_000;
/// Losing the last moments to a crash of the machine costs a benchmark nothing.
const SESSION: &str = "-c synchronous_commit=off";

/// Stores the plan's events, and folds what their batches appended.
///
/// # Errors
/// When the database refuses, or an event is not stored.
pub async fn store(plan: &Plan) -> Result<Stored> {
    ensure!((1..=EVENTS_MAX).contains(&plan.events), "events: 1 to {EVENTS_MAX}");
    ensure!((1..=DAYS_MAX).contains(&plan.days), "days: 1 to {DAYS_MAX}");
    let started = Instant::now();
    let mut config: tokio_postgres::Config = plan.database_url.parse().context("reading the URL")?;
    let given = config.get_options().unwrap_or_default().to_owned();
    config.options(format!("{given} {SESSION}"));
    let (next_day, stored) = (AtomicU16::new(0), CancellationToken::new());
    let loading = async {
        let _done = stored.clone().drop_guard();
        try_join_all((0..LOADERS).map(|_| load_days(plan, config.clone(), &next_day))).await
    };
    let (loaded, ()) = tokio::try_join!(loading, keep_rollups(config.clone(), stored.clone()))?;
    let mut loader = Loader::new(plan, config)?;
    loader.store(Batches::latest(plan)?).await?;
    let mut whole = loader.stored;
    for Stored { impressions, interactions, .. } in loaded {
        whole.impressions += impressions;
        whole.interactions += interactions;
    }
    Ok(Stored { seconds: started.elapsed().as_secs_f64(), ..whole })
}

/// Stores one day after the other, for as long as one is left.
async fn load_days(plan: &Plan, config: tokio_postgres::Config, next_day: &AtomicU16) -> Result<Stored> {
    let mut loader = Loader::new(plan, config)?;
    loop {
        let day = next_day.fetch_add(1, Ordering::Relaxed);
        if day >= plan.days {
            return Ok(loader.stored);
        }
        loader.store(Batches::of_day(plan, day)?).await?;
    }
}

/// A writer without a queue.
struct Loader {
    store: Store,
    enricher: Enricher,
    stored: Stored,
}

impl Loader {
    fn new(plan: &Plan, config: tokio_postgres::Config) -> Result<Self> {
        let geo = Geo::open(&plan.geo_files).context("opening the geo databases")?;
        Ok(Self { store: Store::new(config), enricher: Enricher::new(geo), stored: Stored::default() })
    }

    async fn store(&mut self, batches: Batches) -> Result<()> {
        for batch in batches {
            let prepared = self.enricher.prepare(batch?);
            let sent: usize = prepared.envelopes.iter().map(|prepared| prepared.envelope.events.len()).sum();
            let receipt = self.store.commit(&prepared.envelopes, &prepared.undecodable).await?;
            let stored = receipt.impressions + receipt.interactions;
            ensure!(stored == sent as u64, "{sent} events were sent, {stored} stored");
            self.stored.impressions += receipt.impressions;
            self.stored.interactions += receipt.interactions;
        }
        Ok(())
    }
}

/// Folds what is appended and packs what is over until `stored`, and then the rest.
async fn keep_rollups(config: tokio_postgres::Config, stored: CancellationToken) -> Result<()> {
    let mut client = maintain::connect(&config).await.map_err(anyhow::Error::from_boxed)?;
    let mut packed_at = Instant::now();
    loop {
        let was_last = stored.is_cancelled();
        let folded = fold::fold(&mut client).await?;
        if packed_at.elapsed() > Wait::from_millis(PACK_PAUSE_MS) {
            fold::pack(&client).await?;
            packed_at = Instant::now();
        }
        match folded.deltas {
            0 if was_last => break,
            0 => sleep(Wait::from_millis(FOLD_PAUSE_MS)).await,
            _ => {}
        }
    }
    while fold::pack(&client).await?.is_cut_off {}
    Ok(())
}

/// Batches of a stretch of time, in the order they were received.
struct Batches {
    workload: Workload,
    starts_at: OffsetDateTime,
    length: Duration,
    events: u64,
    made: u64,
}

impl Batches {
    /// Those of a day; day 0 is the oldest.
    fn of_day(plan: &Plan, day: u16) -> Result<Self> {
        let (before, days) = (|day: u16| plan.events * u64::from(day), u64::from(plan.days));
        let starts_at = plan.ends_at()? - Duration::days(i64::from(plan.days - day));
        let events = before(day + 1) / days - before(day) / days;
        Ok(Self::new(plan, u64::from(day), starts_at, Duration::DAY - Duration::seconds(LATEST_S), events))
    }

    /// Those of the last seconds.
    fn latest(plan: &Plan) -> Result<Self> {
        let length = Duration::seconds(LATEST_S);
        Ok(Self::new(plan, u64::from(plan.days), plan.ends_at()? - length, length, LATEST_EVENTS))
    }

    fn new(plan: &Plan, stretch: u64, starts_at: OffsetDateTime, length: Duration, events: u64) -> Self {
        let seed = plan.seed.wrapping_mul(u64::from(DAYS_MAX) + 1).wrapping_add(stretch);
        Self { workload: Workload::new(seed), starts_at, length, events, made: 0 }
    }

    fn batch(&mut self) -> Result<Batch> {
        let (mut batch, mut events) = (Batch::default(), 0);
        // An owner's rules drop a little everywhere.
        for (project_id, _) in projects() {
            let (id, at) = self.at(self.made)?;
            let dropped = Dropped { reason: DropReason::Gpc, events: 1 };
            batch.envelopes.push(Envelope::of_dropped(id, project_id.parse()?, at, dropped));
        }
        while self.made < self.events && events < BATCH_EVENTS {
            let (id, at) = self.at(self.made)?;
            let envelope = self.workload.envelope(id, at)?;
            events += envelope.events.len();
            self.made += envelope.events.len() as u64;
            batch.envelopes.push(envelope);
        }
        Ok(batch)
    }

    /// When the event of this number is received, and an id as a tracker minted it then.
    fn at(&self, event: u64) -> Result<(EnvelopeId, OffsetDateTime)> {
        let at = self.starts_at + self.length * (event as f64 / self.events as f64);
        let seconds = u64::try_from(at.unix_timestamp())?;
        let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.nanosecond()));
        Ok((EnvelopeId::try_from(id)?, at))
    }
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.made < self.events).then(|| self.batch())
    }
}

impl Plan {
    fn ends_at(&self) -> Result<OffsetDateTime> {
        Ok(OffsetDateTime::from_unix_timestamp(self.ends_at_s)?)
    }
}
