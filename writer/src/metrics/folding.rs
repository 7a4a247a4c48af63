//! What the elected writer folds and packs.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry, exponential_buckets};

use crate::fold::{Folded, Packed};

/// The metrics of [`crate::fold`]; clones share the same numbers.
#[derive(Clone)]
pub struct Folding {
    keys: IntCounterVec,
    every_project_keys: IntCounterVec,
    packed_rows: IntCounterVec,
    deltas: IntCounter,
    /// Runs that failed.
    pub failures: IntCounter,
    /// Days whose rows of every project together were made anew.
    pub days_levelled: IntCounter,
    /// A run that found something.
    pub seconds: Histogram,
    /// A run of packing that found something.
    pub pack_seconds: Histogram,
}

impl Folding {
    /// Registers every metric.
    ///
    /// # Errors
    /// When a name is taken already.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let folding = Self {
            keys: IntCounterVec::new(
                Opts::new(
                    "footfall_writer_rollup_keys_total",
                    "Values of a project, day and dimension that got a row of their own or were added to other.",
                ),
                &["row"],
            )?,
            every_project_keys: IntCounterVec::new(
                Opts::new(
                    "footfall_writer_every_project_keys_total",
                    "Values of a day and dimension that got a row of every project together or were added to its other.",
                ),
                &["row"],
            )?,
            packed_rows: IntCounterVec::new(
                Opts::new(
                    "footfall_writer_packed_rows_total",
                    "Rollup rows moved to where a day is one row.",
                ),
                &["row"],
            )?,
            deltas: IntCounter::new("footfall_writer_deltas_folded_total", "Rollup deltas folded.")?,
            failures: IntCounter::new(
                "footfall_writer_fold_failures_total",
                "Runs that fold, pack or level rollups and failed.",
            )?,
            days_levelled: IntCounter::new(
                "footfall_writer_days_levelled_total",
                "Days whose rows of every project together were made anew.",
            )?,
            seconds: Histogram::with_opts(
                HistogramOpts::new("footfall_writer_fold_seconds", "Folding rollup deltas.")
                    .buckets(exponential_buckets(0.001, 2.0, 16)?),
            )?,
            pack_seconds: Histogram::with_opts(
                HistogramOpts::new("footfall_writer_pack_seconds", "Packing rollups.")
                    .buckets(exponential_buckets(0.001, 2.0, 16)?),
            )?,
        };
        registry.register(Box::new(folding.every_project_keys.clone()))?;
        registry.register(Box::new(folding.packed_rows.clone()))?;
        registry.register(Box::new(folding.days_levelled.clone()))?;
        registry.register(Box::new(folding.pack_seconds.clone()))?;
        registry.register(Box::new(folding.keys.clone()))?;
        registry.register(Box::new(folding.deltas.clone()))?;
        registry.register(Box::new(folding.failures.clone()))?;
        registry.register(Box::new(folding.seconds.clone()))?;
        for row in ["own", "other"] {
            folding.keys.with_label_values(&[row]);
            folding.every_project_keys.with_label_values(&[row]);
        }
        for row in ["quarter", "value"] {
            folding.packed_rows.with_label_values(&[row]);
        }
        Ok(folding)
    }

    /// Counts what was folded.
    pub fn folded(&self, folded: &Folded) {
        self.deltas.inc_by(folded.deltas);
        self.keys.with_label_values(&["own"]).inc_by(folded.named);
        self.keys.with_label_values(&["other"]).inc_by(folded.other);
        self.every_project_keys.with_label_values(&["own"]).inc_by(folded.every_named);
        self.every_project_keys.with_label_values(&["other"]).inc_by(folded.every_other);
    }

    /// Counts what was packed.
    pub fn packed(&self, packed: &Packed) {
        self.packed_rows.with_label_values(&["quarter"]).inc_by(packed.quarters);
        self.packed_rows.with_label_values(&["value"]).inc_by(packed.values);
    }
}
