//! Every metric of the collector; the README's table tells what they mean.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};

/// The code of a request that was answered 202.
const ACCEPTED: &str = "accepted";

/// The collector's metrics; clones share the same numbers.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    events_accepted: IntCounter,
    pub(crate) queue_connected: IntGauge,
    pub(crate) confirm_seconds: Histogram,
    pub(crate) group_envelopes: Histogram,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let histogram = |name: &str, help: &str, buckets| {
            Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))
        };
        let metrics = Self {
            requests: IntCounterVec::new(
                Opts::new(
                    "footfall_collector_requests_total",
                    "Requests to /v1/events by their answer's code.",
                ),
                &["code"],
            )?,
            events_accepted: IntCounter::new(
                "footfall_collector_events_accepted_total",
                "Events answered 202, retries included.",
            )?,
            queue_connected: IntGauge::new(
                "footfall_collector_queue_connected",
                "Whether publishes can be confirmed: 1 or 0.",
            )?,
            confirm_seconds: histogram(
                "footfall_collector_confirm_seconds",
                "From publish to confirm, a message.",
                exponential_buckets(0.000_5, 2.0, 16)?,
            )?,
            group_envelopes: histogram(
                "footfall_collector_group_envelopes",
                "Envelopes that share a message.",
                exponential_buckets(1.0, 2.0, 8)?,
            )?,
        };
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.events_accepted.clone()))?;
        registry.register(Box::new(metrics.queue_connected.clone()))?;
        registry.register(Box::new(metrics.confirm_seconds.clone()))?;
        registry.register(Box::new(metrics.group_envelopes.clone()))?;
        // From the start, so that the first accepted request shows as a rise from zero.
        metrics.requests.with_label_values(&[ACCEPTED]);
        Ok(metrics)
    }

    pub(crate) fn accepted(&self, events: usize) {
        self.requests.with_label_values(&[ACCEPTED]).inc();
        self.events_accepted.inc_by(events as u64);
    }

    pub(crate) fn refused(&self, code: &str) {
        self.requests.with_label_values(&[code]).inc();
    }
}
