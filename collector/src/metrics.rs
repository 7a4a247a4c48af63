//! Every metric of the collector; the README's table tells what they mean.

mod registrar;

use std::sync::Arc;

use prometheus::{
    Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry, exponential_buckets,
};
use shared::envelope::{DropReason, Dropped};

use self::registrar::Registrar;
use crate::projects::Projects;
use crate::publisher::{Budget, Trouble};

/// The code of a request that was answered 202.
const ACCEPTED: &str = "accepted";

/// The collector's metrics; clones share the same numbers.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    requests_accepted: IntCounter,
    events_accepted: IntCounter,
    events_dropped: IntCounterVec,
    circuit_open: IntGaugeVec,
    pub(crate) accepting_workers: IntGauge,
    pub(crate) probes: IntCounter,
    pub(crate) late_envelopes: IntCounter,
    pub(crate) confirm_seconds: Histogram,
    pub(crate) group_envelopes: Histogram,
    /// What the budget gauges show.
    pub(crate) budget: Arc<Budget>,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry, projects: Projects) -> prometheus::Result<Self> {
        let new = Registrar(registry);
        let requests = new.counters(
            "footfall_collector_requests_total",
            "Requests for /v1/events and /v1/pixel.gif by their answer's code.",
            "code",
        )?;
        let metrics = Self {
            requests_accepted: requests.with_label_values(&[ACCEPTED]),
            requests,
            events_accepted: new.counter(
                "footfall_collector_events_accepted_total",
                "Events answered 202, retries included.",
            )?,
            events_dropped: new.counters(
                "footfall_collector_events_dropped_total",
                "Events dropped by a rule of their project, retries included.",
                "reason",
            )?,
            circuit_open: new.gauges(
                "footfall_collector_circuit_open",
                "1 while requests are refused for this trouble.",
                "trouble",
            )?,
            accepting_workers: new.gauge(
                "footfall_collector_accepting_workers",
                "HTTP workers that have channels to a queue that confirms.",
            )?,
            probes: new.counter(
                "footfall_collector_probes_total",
                "Messages of no envelopes, sent to see whether the queue confirms.",
            )?,
            late_envelopes: new.counter(
                "footfall_collector_late_envelopes_total",
                "Envelopes confirmed after their request was answered 503.",
            )?,
            confirm_seconds: new.histogram(
                "footfall_collector_confirm_seconds",
                "From publish to confirm, a message.",
                exponential_buckets(0.000_5, 2.0, 16)?,
            )?,
            group_envelopes: new.histogram(
                "footfall_collector_group_envelopes",
                "Envelopes that share a message.",
                exponential_buckets(1.0, 2.0, 9)?,
            )?,
            budget: Arc::default(),
        };
        show_budget(&new, &metrics.budget)?;
        show_projects(&new, projects)?;
        // From the start, so that the first of each shows as a rise from zero.
        for reason in DropReason::OF_COLLECTOR {
            metrics.events_dropped.with_label_values(&[reason.as_str()]);
        }
        metrics.circuit(Some(Trouble::Unavailable));
        Ok(metrics)
    }

    /// A request was answered 202.
    pub(crate) fn accepted(&self, events: usize, dropped: Option<Dropped>) {
        self.requests_accepted.inc();
        self.events_accepted.inc_by(events as u64);
        if let Some(Dropped { reason, events }) = dropped {
            self.events_dropped.with_label_values(&[reason.as_str()]).inc_by(events.into());
        }
    }

    /// A request was answered with an error.
    pub(crate) fn refused(&self, code: &str) {
        self.requests.with_label_values(&[code]).inc();
    }

    /// The circuit was opened for a trouble, or closed.
    pub(crate) fn circuit(&self, open_for: Option<Trouble>) {
        for trouble in Trouble::ALL {
            let gauge = self.circuit_open.with_label_values(&[trouble.as_str()]);
            gauge.set(i64::from(open_for == Some(trouble)));
        }
    }
}

fn show_budget(new: &Registrar<'_>, budget: &Arc<Budget>) -> prometheus::Result<()> {
    let (requests, bytes) = (Arc::clone(budget), Arc::clone(budget));
    new.asked(
        "footfall_collector_budget_requests",
        "Requests that are being read or wait for a confirm.",
        move || requests.requests() as f64,
    )?;
    new.asked(
        "footfall_collector_budget_bytes",
        "Bytes of bodies and envelopes that are being read or wait for a confirm.",
        move || bytes.bytes() as f64,
    )
}

fn show_projects(new: &Registrar<'_>, projects: Projects) -> prometheus::Result<()> {
    let loaded = projects.clone();
    new.asked(
        "footfall_collector_projects_loaded",
        "Projects that are known; 0 before the first load.",
        move || loaded.loaded().unwrap_or(0) as f64,
    )?;
    new.asked(
        "footfall_collector_projects_age_seconds",
        "Since the projects were last known to be what Postgres holds; NaN before the first load.",
        move || projects.age().map_or(f64::NAN, |age| age.as_secs_f64()),
    )
}
