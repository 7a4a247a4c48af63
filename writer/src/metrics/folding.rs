//! What the elected writer folds.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry, exponential_buckets};

use crate::fold::Folded;

/// The metrics of [`crate::fold`]; clones share the same numbers.
#[derive(Clone)]
pub struct Folding {
    keys: IntCounterVec,
    deltas: IntCounter,
    /// Runs that failed.
    pub failures: IntCounter,
    /// A run that found something.
    pub seconds: Histogram,
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
            deltas: IntCounter::new("footfall_writer_deltas_folded_total", "Rollup deltas folded.")?,
            failures: IntCounter::new(
                "footfall_writer_fold_failures_total",
                "Runs that fold rollup deltas and failed.",
            )?,
            seconds: Histogram::with_opts(
                HistogramOpts::new("footfall_writer_fold_seconds", "Folding rollup deltas.")
                    .buckets(exponential_buckets(0.001, 2.0, 16)?),
            )?,
        };
        registry.register(Box::new(folding.keys.clone()))?;
        registry.register(Box::new(folding.deltas.clone()))?;
        registry.register(Box::new(folding.failures.clone()))?;
        registry.register(Box::new(folding.seconds.clone()))?;
        for row in ["own", "other"] {
            folding.keys.with_label_values(&[row]);
        }
        Ok(folding)
    }

    /// Counts what was folded.
    pub fn folded(&self, folded: &Folded) {
        self.deltas.inc_by(folded.deltas);
        self.keys.with_label_values(&["own"]).inc_by(folded.named);
        self.keys.with_label_values(&["other"]).inc_by(folded.other);
    }
}
