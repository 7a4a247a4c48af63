//! Counts and latencies of one thread of the client.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use uuid::Uuid;

use super::report::{Latencies, Report};

/// Longest latency that is told from longer ones, in microseconds.
pub(crate) const LATENCY_US_MAX: u64 = 120_000_000;
/// Significant decimal digits of a latency.
pub(crate) const DIGITS: u8 = 3;
/// The status of an accepted request.
const ACCEPTED: u16 = 202;

/// What one thread has seen.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) sent: u64,
    pub(super) unanswered: u64,
    pub(super) never_sent: u64,
    pub(super) accepted_ids: Vec<Uuid>,
    /// Since the start of the run.
    last_refused: Option<Duration>,
    answers: BTreeMap<u16, Histogram<u64>>,
}

impl Tally {
    /// Counts an answer that came at `at` since the start; its latency only where it was `measured`.
    pub(super) fn answered(
        &mut self,
        status: u16,
        id: Uuid,
        at: Duration,
        latency: Duration,
        measured: bool,
    ) -> Result<()> {
        if status == ACCEPTED {
            self.accepted_ids.push(id);
        } else {
            self.last_refused = self.last_refused.max(Some(at));
        }
        if measured {
            let histogram = match self.answers.entry(status) {
                std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert(Histogram::new_with_bounds(1, LATENCY_US_MAX, DIGITS)?)
                }
            };
            histogram.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// Adds another thread's.
    pub(super) fn add(&mut self, other: Self) -> Result<()> {
        self.sent += other.sent;
        self.unanswered += other.unanswered;
        self.never_sent += other.never_sent;
        self.accepted_ids.extend(other.accepted_ids);
        self.last_refused = self.last_refused.max(other.last_refused);
        for (status, histogram) in other.answers {
            match self.answers.get_mut(&status) {
                Some(known) => known.add(histogram)?,
                None => drop(self.answers.insert(status, histogram)),
            }
        }
        Ok(())
    }

    pub(super) fn report(&self, measured: Duration, client_cpu_us: u64) -> Report {
        Report {
            sent: self.sent,
            accepted: self.accepted_ids.len() as u64,
            unanswered: self.unanswered,
            never_sent: self.never_sent,
            last_refused_ms: self.last_refused.map(|at| u64::try_from(at.as_millis()).unwrap_or(u64::MAX)),
            measured_s: measured.as_secs_f64(),
            answers: self.answers.iter().map(|(status, histogram)| (*status, latencies(histogram))).collect(),
            client_cpu_us,
        }
    }
}

/// What a histogram of microseconds tells.
pub(crate) fn latencies(histogram: &Histogram<u64>) -> Latencies {
    let at = |share| histogram.value_at_quantile(share);
    Latencies {
        count: histogram.len(),
        p50_us: at(0.5),
        p90_us: at(0.9),
        p99_us: at(0.99),
        p999_us: at(0.999),
        max_us: histogram.max(),
    }
}
