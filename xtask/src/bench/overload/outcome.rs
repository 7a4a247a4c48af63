//! What became of the flood, against what is asked.

use e2e::load::Report;
use serde_json::{Value, json};

use crate::bench::round::Round;

/// The status of an accepted request.
pub(super) const ACCEPTED: u16 = 202;
/// The status of a refused one.
const REFUSED: u16 = 503;
/// When memory counts as settled, in seconds after the start: every buffer is in use by then.
pub(super) const SETTLED_S: u64 = 10;
/// Share of capacity that is asked for under overload.
const SHARE_ASKED: f64 = 0.9;
/// 99th percentile that is asked for of refusals, in milliseconds.
const REFUSED_P99_MS_ASKED: f64 = 100.0;
/// Growth of memory after it settled that counts as flat, in megabytes.
const GROWTH_MB_ASKED: f64 = 4.0;

/// Memory of the collector, in megabytes.
pub(super) struct Memory {
    pub(super) start_mb: f64,
    /// After ten seconds, or at the end of a shorter run.
    pub(super) settled_mb: f64,
    pub(super) end_mb: f64,
    pub(super) peak_mb: f64,
}

/// What was found.
pub(super) struct Overload {
    pub(super) capacity_per_s: f64,
    pub(super) offered_per_s: f64,
    /// With what was in the queue after both rounds.
    pub(super) flood: Round,
    /// The usual load right behind it.
    pub(super) after: Round,
    pub(super) memory: Memory,
}

impl Overload {
    fn share(&self) -> f64 {
        self.flood.report.rate_of(ACCEPTED) / self.capacity_per_s.max(1.0)
    }

    fn refused_ms(&self) -> (f64, f64) {
        milliseconds(&self.flood.report, REFUSED)
    }

    fn growth_mb(&self) -> f64 {
        self.memory.end_mb - self.memory.settled_mb
    }

    /// For people.
    pub(super) fn show(&self) {
        let report = &self.flood.report;
        let ((accepted_p50, accepted_p99), (refused_p50, refused_p99)) =
            (milliseconds(report, ACCEPTED), self.refused_ms());
        let Memory { start_mb, settled_mb, end_mb, peak_mb } = self.memory;
        let asked = |reached: bool| if reached { "as asked" } else { "NOT as asked" };
        println!("capacity {:.0} envelopes/s, offered {:.0}/s", self.capacity_per_s, self.offered_per_s);
        println!(
            "  accepted  {:.0}/s, {:.0} % of capacity (at least {:.0} %: {}), p50 {accepted_p50:.1} ms, p99 {accepted_p99:.1} ms",
            report.rate_of(ACCEPTED),
            self.share() * 100.0,
            SHARE_ASKED * 100.0,
            asked(self.share() >= SHARE_ASKED),
        );
        println!(
            "  refused   {:.0}/s, p50 {refused_p50:.1} ms, p99 {refused_p99:.1} ms (below {REFUSED_P99_MS_ASKED:.0} ms: {})",
            report.rate_of(REFUSED),
            asked(refused_p99 < REFUSED_P99_MS_ASKED),
        );
        println!("  otherwise {}", otherwise(report));
        println!(
            "  memory    {start_mb:.1} MB before, {settled_mb:.1} MB settled, {end_mb:.1} MB at the end \
             (flat: {}), peak {peak_mb:.1} MB",
            asked(self.growth_mb() <= GROWTH_MB_ASKED),
        );
        println!("  lost      none: every 202 is in the queue, once");
        println!(
            "  afterwards {:.0}/s accepted, {} of {} refused, the last after {} ms",
            self.after.report.rate_of(ACCEPTED),
            self.after.refused(),
            self.after.report.sent,
            self.after.report.last_refused_ms.unwrap_or_default(),
        );
    }

    /// For machines.
    pub(super) fn json(&self) -> Value {
        let report = &self.flood.report;
        let ((accepted_p50_ms, accepted_p99_ms), (refused_p50_ms, refused_p99_ms)) =
            (milliseconds(report, ACCEPTED), self.refused_ms());
        json!({
            "capacity_per_s": self.capacity_per_s,
            "offered_per_s": self.offered_per_s,
            "accepted_per_s": report.rate_of(ACCEPTED),
            "accepted_over_capacity": self.share(),
            "accepted_p50_ms": accepted_p50_ms,
            "accepted_p99_ms": accepted_p99_ms,
            "refused_per_s": report.rate_of(REFUSED),
            "refused_p50_ms": refused_p50_ms,
            "refused_p99_ms": refused_p99_ms,
            "rss_mb_start": self.memory.start_mb,
            "rss_mb_settled": self.memory.settled_mb,
            "rss_mb_end": self.memory.end_mb,
            "rss_mb": self.memory.peak_mb,
            "queue": self.flood.queue,
            "unanswered": report.unanswered,
            "never_sent": report.never_sent,
            "after_accepted_per_s": self.after.report.rate_of(ACCEPTED),
            "after_refused": self.after.refused(),
            "after_last_refused_ms": self.after.report.last_refused_ms,
            "answers": report.answers,
        })
    }
}

/// Half of the answers of this status took no longer, and 99 %; in milliseconds.
fn milliseconds(report: &Report, status: u16) -> (f64, f64) {
    let latencies = report.answers_of(status);
    (latencies.p50_us as f64 / 1_000.0, latencies.p99_us as f64 / 1_000.0)
}

/// Whatever was neither accepted nor refused as it should be.
fn otherwise(report: &Report) -> String {
    let others = report.answers.iter().filter(|(status, _)| ![ACCEPTED, REFUSED].contains(status));
    let mut parts: Vec<String> =
        others.map(|(status, latencies)| format!("{} answered {status}", latencies.count)).collect();
    parts.push(format!("{} unanswered, {} never sent", report.unanswered, report.never_sent));
    parts.join(", ")
}
