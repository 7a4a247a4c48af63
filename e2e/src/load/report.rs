//! What a run of the load client found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The outcome of one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Requests that were sent, warm-up included.
    pub sent: u64,
    /// Requests that were answered 202, warm-up included.
    pub accepted: u64,
    /// Requests that were sent and got no answer: the connection broke, or the wait at the end was too long.
    pub unanswered: u64,
    /// Requests of an open loop that were due and never sent, for want of a free connection.
    pub never_sent: u64,
    /// When the last answer came that was no 202, in milliseconds since the first request; absent where all were 202.
    pub last_refused_ms: Option<u64>,
    /// How long was measured, in seconds.
    pub measured_s: f64,
    /// Answers by status, of the measured time only.
    pub answers: BTreeMap<u16, Latencies>,
    /// CPU time of the client in the whole run, in microseconds.
    pub client_cpu_us: u64,
}

/// How long answers of one status took, in microseconds, to three significant digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latencies {
    /// Answers.
    pub count: u64,
    /// Half of them took no longer.
    pub p50_us: u64,
    /// 90 % of them took no longer.
    pub p90_us: u64,
    /// 99 % of them took no longer.
    pub p99_us: u64,
    /// 99.9 % of them took no longer.
    pub p999_us: u64,
    /// The slowest one.
    pub max_us: u64,
}

impl Report {
    /// The answers of this status; none is 0 in every field.
    pub fn answers_of(&self, status: u16) -> Latencies {
        self.answers.get(&status).copied().unwrap_or_default()
    }

    /// Answers of this status a second, in the measured time.
    pub fn rate_of(&self, status: u16) -> f64 {
        self.answers_of(status).count as f64 / self.measured_s
    }

    /// Answers other than 202 in the measured time.
    pub fn refused(&self) -> u64 {
        self.answers.iter().filter(|(status, _)| **status != 202).map(|(_, of_it)| of_it.count).sum()
    }
}
