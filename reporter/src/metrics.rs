//! Every metric of the reporter; the README's table tells what they mean.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, exponential_buckets};

use crate::db::DatabaseError;

/// Where an answer came from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AnswerFrom {
    /// It was kept from a moment ago.
    Cache,
    /// Another's reading of it was under way.
    Shared,
    /// It was read, or could not be.
    Reading,
}

impl AnswerFrom {
    const ALL: [Self; 3] = [Self::Cache, Self::Shared, Self::Reading];

    fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Shared => "shared",
            Self::Reading => "reading",
        }
    }
}

/// The reporter's metrics; clones share the same numbers.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    answers: IntCounterVec,
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
        registry.register(Box::new(metrics.database_errors.clone()))?;
        // From the start, so that a first failure shows as a rise from zero.
        for from in AnswerFrom::ALL {
            metrics.answers.with_label_values(&[from.as_str()]);
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
    pub(crate) fn answer_from(&self, from: AnswerFrom) {
        self.answers.with_label_values(&[from.as_str()]).inc();
    }

    /// The database left a question unanswered.
    pub(crate) fn database_failed(&self, error: &DatabaseError) {
        self.database_errors.with_label_values(&[error.kind()]).inc();
    }
}
