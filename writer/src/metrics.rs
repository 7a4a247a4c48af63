//! Every metric of the writer; the README's table tells what they mean.

mod folding;
mod stages;

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};
use shared::clock;
use shared::envelope::DropReason;
use time::OffsetDateTime;

pub use self::folding::Folding;
pub use self::stages::{Clock, Stage, Stages};
use crate::batch::FlushReason;
use crate::row::Table;
use crate::store::{QuarantineReason, Receipt};

/// The writer's metrics; clones share the same numbers.
#[derive(Clone)]
pub struct Metrics {
    rows: IntCounterVec,
    quarantined: IntCounterVec,
    dropped: IntCounterVec,
    duplicates: IntCounter,
    batches: IntCounterVec,
    /// Loaders that are subscribed to the queue.
    pub consuming: IntGauge,
    /// 1 while nothing is consumed because too much is refused.
    pub breaker_open: IntGauge,
    /// Whole months ahead that both raw tables have a partition for, when last looked at.
    pub partitions_ahead: IntGauge,
    /// Runs of [`crate::maintain`] that failed, and steps that they left.
    pub maintain_failures: IntCounter,
    /// Looks at the queue, and reports of how far this writer has come, that failed.
    pub progress_failures: IntCounter,
    /// What is folded.
    pub folding: Folding,
    /// Storing a batch, isolation included.
    pub flush_seconds: Histogram,
    /// What each stage of a batch takes.
    pub stages: Stages,
    lag_seconds: Histogram,
}

impl Metrics {
    /// Registers every metric.
    ///
    /// # Errors
    /// When a name is taken already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counters = |name: &str, help: &str, label| IntCounterVec::new(Opts::new(name, help), &[label]);
        let metrics = Self {
            rows: counters("footfall_writer_rows_total", "Events stored, by table.", "table")?,
            quarantined: counters(
                "footfall_writer_quarantined_total",
                "Entries put in quarantine.",
                "reason",
            )?,
            dropped: counters(
                "footfall_writer_events_dropped_total",
                "Events dropped by a rule of their project, counted once.",
                "reason",
            )?,
            duplicates: IntCounter::new(
                "footfall_writer_duplicate_envelopes_total",
                "Envelopes that met their twin in the ledger.",
            )?,
            batches: counters(
                "footfall_writer_batches_total",
                "Batches stored, by what made them full.",
                "reason",
            )?,
            consuming: IntGauge::new(
                "footfall_writer_consuming",
                "Loaders that are subscribed to the queue.",
            )?,
            breaker_open: IntGauge::new(
                "footfall_writer_breaker_open",
                "Whether nothing is consumed because too many rows are refused: 1 or 0.",
            )?,
            partitions_ahead: IntGauge::new(
                "footfall_writer_partitions_ahead",
                "Whole months ahead that have their partitions.",
            )?,
            maintain_failures: IntCounter::new(
                "footfall_writer_maintain_failures_total",
                "Runs that keep up partitions and retention and failed, and steps that they left.",
            )?,
            progress_failures: IntCounter::new(
                "footfall_writer_progress_failures_total",
                "Looks at the queue, and reports of how far this writer has come, that failed.",
            )?,
            folding: Folding::new(registry)?,
            flush_seconds: Histogram::with_opts(
                HistogramOpts::new("footfall_writer_flush_seconds", "Storing a batch.")
                    .buckets(exponential_buckets(0.001, 2.0, 16)?),
            )?,
            stages: Stages::new(registry)?,
            lag_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "footfall_writer_lag_seconds",
                    "At a commit: since the collector had received what waited longest.",
                )
                .buckets(exponential_buckets(0.01, 2.5, 16)?),
            )?,
        };
        registry.register(Box::new(metrics.rows.clone()))?;
        registry.register(Box::new(metrics.quarantined.clone()))?;
        registry.register(Box::new(metrics.dropped.clone()))?;
        registry.register(Box::new(metrics.duplicates.clone()))?;
        registry.register(Box::new(metrics.batches.clone()))?;
        registry.register(Box::new(metrics.consuming.clone()))?;
        registry.register(Box::new(metrics.breaker_open.clone()))?;
        registry.register(Box::new(metrics.partitions_ahead.clone()))?;
        registry.register(Box::new(metrics.maintain_failures.clone()))?;
        registry.register(Box::new(metrics.progress_failures.clone()))?;
        registry.register(Box::new(metrics.flush_seconds.clone()))?;
        registry.register(Box::new(metrics.lag_seconds.clone()))?;
        metrics.start_at_zero();
        Ok(metrics)
    }

    /// Shows every series from the start, so that a first event shows as a rise from zero.
    fn start_at_zero(&self) {
        for table in [Table::Impressions, Table::Interactions] {
            self.rows.with_label_values(&[table.name()]);
        }
        for reason in QuarantineReason::ALL {
            self.quarantined.with_label_values(&[reason.as_str()]);
        }
        for reason in DropReason::ALL {
            self.dropped.with_label_values(&[reason.as_str()]);
        }
        for reason in FlushReason::ALL {
            self.batches.with_label_values(&[reason.as_str()]);
        }
    }

    /// Counts what became of a batch whose oldest envelope was received then.
    pub fn flushed(&self, reason: FlushReason, receipt: &Receipt, oldest: Option<OffsetDateTime>) {
        if let Some(oldest) = oldest {
            self.lag_seconds.observe((clock::now() - oldest).as_seconds_f64().max(0.0));
        }
        self.batches.with_label_values(&[reason.as_str()]).inc();
        self.rows.with_label_values(&[Table::Impressions.name()]).inc_by(receipt.impressions);
        self.rows.with_label_values(&[Table::Interactions.name()]).inc_by(receipt.interactions);
        self.duplicates.inc_by(receipt.duplicate_envelopes);
        for (reason, count) in &receipt.quarantined {
            self.quarantined.with_label_values(&[reason.as_str()]).inc_by(*count);
        }
        for (reason, count) in &receipt.dropped {
            self.dropped.with_label_values(&[reason.as_str()]).inc_by(*count);
        }
    }
}
