//! The figures, for people and for machines.

use std::collections::BTreeMap;

use e2e::ask::Asked;
use serde_json::{Value, json};

/// What is asked of the 99th percentile at one client, in milliseconds.
const P99_MS_ASKED: f64 = 10.0;
/// How many times as fast as the raw rows the rollups are asked to be.
const RAW_OVER_ROLLUP_ASKED: f64 = 100.0;
/// How much slower the largest history may be than the smallest and still be called flat.
const GROWTH_ASKED: f64 = 1.5;

/// The dashboard over one history.
pub(super) struct Size {
    pub(super) rows: u64,
    pub(super) alone: Asked,
    pub(super) together: Asked,
    /// The same five questions of the raw rows, in milliseconds.
    pub(super) raw_ms: f64,
    pub(super) rss_mb: f64,
    pub(super) loaded_s: f64,
}

/// All that was measured.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) sizes: Vec<Size>,
    /// Other questions of the largest history, each by one client.
    pub(super) questions: Vec<(String, Asked)>,
    /// The dashboard with answers shared, by as many clients as above.
    pub(super) shared_few: Asked,
    /// And by many.
    pub(super) shared_many: Asked,
    pub(super) shared_rss_mb: f64,
}

impl Size {
    fn raw_over_rollup(&self) -> f64 {
        self.raw_ms / self.alone.p50_ms().max(f64::EPSILON)
    }
}

impl Figures {
    fn largest(&self) -> Option<&Size> {
        self.sizes.iter().max_by_key(|size| size.rows)
    }

    fn growth(&self) -> Option<f64> {
        let smallest = self.sizes.iter().min_by_key(|size| size.rows)?;
        Some(self.largest()?.alone.p99_ms() / smallest.alone.p99_ms().max(f64::EPSILON))
    }

    /// For people.
    pub(super) fn show(&self) {
        println!(
            "overview, 30 days, 200 projects          p50, p99 ms at 1 client    at 32 clients   a second"
        );
        for size in &self.sizes {
            println!(
                "  {:>10} rows                        {:>10.2} {:>7.2} {:>12.2} {:>7.2} {:>10.0}",
                size.rows,
                size.alone.p50_ms(),
                size.alone.p99_ms(),
                size.together.p50_ms(),
                size.together.p99_ms(),
                size.together.per_s(),
            );
            println!(
                "             the raw rows: {:.0} ms, {:.0} times as long; the reporter's peak {:.1} MB; stored in {:.0} s",
                size.raw_ms,
                size.raw_over_rollup(),
                size.rss_mb,
                size.loaded_s
            );
        }
        if let (Some(largest), Some(growth)) = (self.largest(), self.growth()) {
            let said = |reached| if reached { "as asked" } else { "NOT reached" };
            println!("p99 below {P99_MS_ASKED:.0} ms: {}", said(largest.alone.p99_ms() < P99_MS_ASKED));
            println!(
                "{RAW_OVER_ROLLUP_ASKED:.0} times as fast as raw: {}",
                said(largest.raw_over_rollup() >= RAW_OVER_ROLLUP_ASKED)
            );
            println!("flat: {} ({growth:.2} from the smallest to the largest)", said(growth <= GROWTH_ASKED));
        }
        println!("of the largest, by one client            p50, p99 ms");
        for (name, asked) in &self.questions {
            println!("  {name:<70} {:>7.2} {:>7.2}", asked.p50_ms(), asked.p99_ms());
        }
        for (name, asked) in [("32 clients", &self.shared_few), ("1,000 clients", &self.shared_many)] {
            println!(
                "overview with answers shared, {name}: p50 {:.2}, p99 {:.2} ms, {:.0} a second",
                asked.p50_ms(),
                asked.p99_ms(),
                asked.per_s()
            );
        }
        println!("the reporter's peak with answers shared: {:.1} MB", self.shared_rss_mb);
    }

    /// For machines; the first four fields are what scripts rely on.
    pub(super) fn json(&self) -> Value {
        let largest = self.largest();
        let of = |figure: fn(&Size) -> f64| largest.map(figure);
        let times = |asked: &Asked| {
            json!({
                "p50_ms": asked.p50_ms(), "p99_ms": asked.p99_ms(), "per_s": asked.per_s(), "refused": asked.refused,
            })
        };
        json!({
            "p99_ms_1": of(|size| size.alone.p99_ms()),
            "p99_ms_32": of(|size| size.together.p99_ms()),
            "raw_over_rollup": of(Size::raw_over_rollup),
            "growth_1m_20m": self.growth(),
            "p50_ms_1": of(|size| size.alone.p50_ms()),
            "p50_ms_32": of(|size| size.together.p50_ms()),
            "raw_ms": of(|size| size.raw_ms),
            "rss_mb": of(|size| size.rss_mb),
            "shared_32": times(&self.shared_few),
            "shared_1000": times(&self.shared_many),
            "shared_rss_mb": self.shared_rss_mb,
            "sizes": self.sizes.iter().map(|size| json!({
                "rows": size.rows, "one": times(&size.alone), "many": times(&size.together),
                "raw_ms": size.raw_ms, "rss_mb": size.rss_mb, "loaded_s": size.loaded_s,
            })).collect::<Vec<Value>>(),
            "questions": self.questions.iter().map(|(name, asked)| (name.clone(), times(asked)))
                .collect::<BTreeMap<String, Value>>(),
        })
    }
}
