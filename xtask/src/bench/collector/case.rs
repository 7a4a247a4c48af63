//! One case: so many events a request, so many connections, and what each server made of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::bench::round::Round;
use crate::bench::spread::Spread;

/// Bytes in a megabyte, as memory is told.
const MB: f64 = 1024.0 * 1024.0;
/// The status of an accepted request.
const ACCEPTED: u16 = 202;

/// A server in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Parses and answers.
    Plain,
    /// The collector as it ships.
    Collector,
    /// The collector with a message and a confirm for each request.
    Ungrouped,
}

impl Side {
    /// In the order of their turns.
    pub(super) const ALL: [Self; 3] = [Self::Plain, Self::Collector, Self::Ungrouped];

    /// As `FOOTFALL_BENCH_SERVER` names it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Collector => "collector",
            Self::Ungrouped => "ungrouped",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Plain => "plain handler",
            Self::Collector => "collector",
            Self::Ungrouped => "a message a request",
        }
    }
}

/// What was measured.
pub(super) struct Case {
    pub(super) events: usize,
    pub(super) connections: usize,
    rounds: BTreeMap<Side, Vec<Round>>,
    memory_peak_bytes: BTreeMap<Side, u64>,
}

impl Case {
    pub(super) fn new(events: usize, connections: usize) -> Self {
        Self { events, connections, rounds: BTreeMap::new(), memory_peak_bytes: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, side: Side, round: Round) {
        self.rounds.entry(side).or_default().push(round);
    }

    pub(super) fn memory(&mut self, side: Side, peak_bytes: u64) {
        self.memory_peak_bytes.insert(side, peak_bytes);
    }

    /// The case in one line.
    pub(super) fn summary(&self) -> String {
        let ratio = self.ratio(Side::Collector, Side::Plain);
        format!("{:.0} durable 202s/s, ratio {ratio:.2}", self.of(Side::Collector, accepted_per_s).median)
    }

    /// The case as a table.
    pub(super) fn show(&self) {
        println!("{} event(s) a request, {} connections", self.events, self.connections);
        println!(
            "  {:<20} {:>26} {:>8} {:>8}   {:>6} {:>6} {:>6}   {:>9} {:>8} {:>7}",
            "", "202s/s", "p50 ms", "p99 ms", "server", "client", "broker", "a message", "refused", "peak MB"
        );
        for side in self.rounds.keys() {
            println!(
                "  {:<20} {:>26} {:>8.2} {:>8.2}   {:>6.1} {:>6.1} {:>6.1}   {:>9.1} {:>8} {:>7.1}",
                side.about(),
                format!("{:.0}", self.of(*side, accepted_per_s)),
                self.of(*side, |round| latency_ms(round, 50)).median,
                self.of(*side, |round| latency_ms(round, 99)).median,
                self.of(*side, |round| round.cost().server).median,
                self.of(*side, |round| round.cost().client).median,
                self.of(*side, |round| round.cost().broker.unwrap_or_default()).median,
                self.of(*side, envelopes_a_message).median,
                self.refused(*side),
                self.memory_peak_mb(*side),
            );
        }
        println!("  collector over plain handler: {:.2}", self.ratio(Side::Collector, Side::Plain));
        if self.rounds.contains_key(&Side::Ungrouped) {
            println!(
                "  group commit over a message a request: {:.2}",
                self.ratio(Side::Collector, Side::Ungrouped)
            );
        }
        println!();
    }

    /// One measurement over the side's rounds.
    fn of(&self, side: Side, measurement: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.rounds.get(&side).into_iter().flatten().map(measurement))
    }

    /// Accepted a second over accepted a second, round by round: the machine's drift is in both.
    fn ratio(&self, side: Side, over: Side) -> Spread {
        let [above, below] =
            [side, over].map(|side| self.rounds.get(&side).into_iter().flatten().map(accepted_per_s));
        Spread::of(above.zip(below).map(|(above, below)| above / below.max(1.0)))
    }

    fn refused(&self, side: Side) -> u64 {
        self.rounds.get(&side).into_iter().flatten().map(Round::refused).sum()
    }

    fn memory_peak_mb(&self, side: Side) -> f64 {
        self.memory_peak_bytes.get(&side).map_or(0.0, |bytes| *bytes as f64 / MB)
    }

    fn json(&self) -> Value {
        let side = |side: &Side| {
            json!({
                "server": side.kind(),
                "accepted_per_s": self.of(*side, accepted_per_s),
                "p50_ms": self.of(*side, |round| latency_ms(round, 50)),
                "p99_ms": self.of(*side, |round| latency_ms(round, 99)),
                "server_cpu_us": self.of(*side, |round| round.cost().server),
                "client_cpu_us": self.of(*side, |round| round.cost().client),
                "broker_cpu_us": self.of(*side, |round| round.cost().broker.unwrap_or_default()),
                "envelopes_a_message": self.of(*side, envelopes_a_message),
                "refused": self.refused(*side),
                "rss_mb": self.memory_peak_mb(*side),
            })
        };
        json!({
            "events": self.events,
            "connections": self.connections,
            "ratio": self.ratio(Side::Collector, Side::Plain),
            "servers": self.rounds.keys().map(side).collect::<Vec<Value>>(),
        })
    }
}

/// Every case, led by the figures that scripts rely on: those of the last number of connections.
pub(super) fn json(cases: &[Case]) -> Value {
    let mut all = json!({
        "rss_mb": cases.iter().map(|case| case.memory_peak_mb(Side::Collector)).fold(0.0, f64::max),
        "cases": cases.iter().map(Case::json).collect::<Vec<Value>>(),
    });
    // A later case of as many events has more connections, and takes the place of an earlier one.
    for case in cases {
        let events = case.events;
        all["connections"] = json!(case.connections);
        all[format!("ratio_{events}")] = json!(case.ratio(Side::Collector, Side::Plain).median);
        all[format!("accepted_per_s_{events}")] = json!(case.of(Side::Collector, accepted_per_s).median);
        all[format!("p50_ms_{events}")] =
            json!(case.of(Side::Collector, |round| latency_ms(round, 50)).median);
        all[format!("p99_ms_{events}")] =
            json!(case.of(Side::Collector, |round| latency_ms(round, 99)).median);
        all[format!("group_gain_{events}")] = json!(case.ratio(Side::Collector, Side::Ungrouped).median);
    }
    all
}

fn accepted_per_s(round: &Round) -> f64 {
    round.report.rate_of(ACCEPTED)
}

fn latency_ms(round: &Round, percentile: u8) -> f64 {
    let latencies = round.report.answers_of(ACCEPTED);
    let us = if percentile == 50 { latencies.p50_us } else { latencies.p99_us };
    us as f64 / 1_000.0
}

fn envelopes_a_message(round: &Round) -> f64 {
    round.queue.map_or(0.0, |queue| queue.envelopes as f64 / queue.messages.max(1) as f64)
}
