//! Every metric of the reporter; the README's table tells what they mean.

use std::time::Duration;

use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};

use crate::db::DatabaseError;
use crate::single_flight::From;

/// The label of where an answer came from.
fn label(from: From) -> &'static str {
    match from {
        From::Cache => "cache",
        From::Shared => "shared",
        From::Reading => "reading",
    }
}

/// The reporter's metrics; clones share the same numbers.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    answers: IntCounterVec,
    live_streams: IntGauge,
    live_readings: IntCounter,
    database_errors: IntCounterVec,
}

impl Metrics {
    /// Registers every metric.
    ///
    /// # Errors
    /// When the registry holds one of the names already.
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            requests: IntCounterVec::new(
                Opts::new("footfall_reporter_requests_total", "Requests by route and class of status."),
                &["route", "status"],
            )?,
            request_seconds: HistogramVec::new(
                HistogramOpts::new("footfall_reporter_request_seconds", "From request to answer, by route.")
                    .buckets(exponential_buckets(0.000_5, 2.0, 15)?),
                &["route"],
            )?,
            answers: IntCounterVec::new(
                Opts::new("footfall_reporter_answers_total", "Answers to reports, by where they came from."),
                &["from"],
            )?,
            live_streams: IntGauge::new("footfall_reporter_live_streams", "Live streams that are open.")?,
            live_readings: IntCounter::new(
                "footfall_reporter_live_readings_total",
                "Looks at the last minutes, each for all streams of the same projects.",
            )?,
            database_errors: IntCounterVec::new(
                Opts::new(
                    "footfall_reporter_database_errors_total",
                    "Questions the database left unanswered, by kind.",
                ),
                &["kind"],
            )?,
        };
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.request_seconds.clone()))?;
        registry.register(Box::new(metrics.answers.clone()))?;
        registry.register(Box::new(metrics.live_streams.clone()))?;
        registry.register(Box::new(metrics.live_readings.clone()))?;
        registry.register(Box::new(metrics.database_errors.clone()))?;
        // From the start, so that a first failure shows as a rise from zero.
        for from in [From::Cache, From::Shared, From::Reading] {
            metrics.answers.with_label_values(&[label(from)]);
        }
        for kind in DatabaseError::KINDS {
            metrics.database_errors.with_label_values(&[kind]);
        }
        Ok(metrics)
    }

    /// A request was answered; `route` is a pattern, never a raw path.
    pub(crate) fn answered(&self, route: &str, status: u16, took: Duration) {
        let class = match status / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.requests.with_label_values(&[route, class]).inc();
        self.request_seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    }

    /// A report was answered, or could not be.
    pub(crate) fn answer_from(&self, from: From) {
        self.answers.with_label_values(&[label(from)]).inc();
    }

    /// So many live streams are open.
    pub(crate) fn live_streams(&self, open: usize) {
        self.live_streams.set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    /// The last minutes were looked at.
    pub(crate) fn live_read(&self) {
        self.live_readings.inc();
    }

    /// The database left a question unanswered. Logs it where that is our fault, and else not: an outage would fill the log.
    pub(crate) fn database_failed(&self, error: &DatabaseError) {
        self.database_errors.with_label_values(&[error.kind()]).inc();
        if let DatabaseError::Fault(_) = error {
            tracing::error!(error = error.in_full(), "a question failed");
        }
    }
}
