//! The figures, for people and for machines.

use std::collections::BTreeMap;

use e2e::bare_copy::Loaded;
use serde_json::{Value, json};

use super::drain::Drain;
use crate::bench::spread::Spread;

/// Ratio that is asked for, and then hoped for.
const RATIO_ASKED: [f64; 2] = [0.6, 0.8];
/// Memory that is asked for, in megabytes.
const RSS_MB_ASKED: f64 = 64.0;

/// All that was measured.
#[derive(Default)]
pub(super) struct Figures {
    rounds: Vec<(Drain, Loaded)>,
    shapes: Vec<Drain>,
    /// By connections.
    bare: BTreeMap<usize, Loaded>,
}

/// Rows a second of a bare COPY.
pub(super) fn rows_per_s(loaded: &Loaded) -> f64 {
    loaded.rows as f64 / loaded.seconds.max(f64::EPSILON)
}

impl Figures {
    pub(super) fn add_round(&mut self, drain: Drain, bare: Loaded) {
        self.rounds.push((drain, bare));
    }

    pub(super) fn add_shape(&mut self, drain: Drain) {
        self.shapes.push(drain);
    }

    pub(super) fn add_bare(&mut self, connections: usize, loaded: Loaded) {
        self.bare.insert(connections, loaded);
    }

    /// Rows of one loader's transactions, in the mean of the rounds.
    pub(super) fn batch_rows(&self) -> usize {
        self.of(|drain| drain.rows_a_batch() as f64).median as usize
    }

    fn of(&self, measurement: impl Fn(&Drain) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(|(drain, _)| measurement(drain)))
    }

    fn bare_rows_per_s(&self) -> Spread {
        Spread::of(self.rounds.iter().map(|(_, bare)| rows_per_s(bare)))
    }

    /// Round by round: the machine's drift is in both.
    fn ratio(&self) -> Spread {
        Spread::of(self.rounds.iter().map(|(drain, bare)| drain.rows_per_s / rows_per_s(bare)))
    }

    fn stages(&self) -> Vec<(String, f64)> {
        let names = self.rounds.first().map(|(drain, _)| drain.stages_us.keys().cloned().collect());
        let names: Vec<String> = names.unwrap_or_default();
        let median =
            |name: &str| self.of(|drain| drain.stages_us.get(name).copied().unwrap_or_default()).median;
        names.iter().map(|name| (name.clone(), median(name))).collect()
    }

    /// Of one loader, as a writer has it unless told otherwise; the curve tells its own.
    fn rss_mb(&self) -> f64 {
        self.of(|drain| drain.rss_mb).max
    }

    /// For people.
    pub(super) fn show(&self) {
        println!(
            "one loader      {:>28} rows/s, batches of {}",
            format!("{:.0}", self.of(|d| d.rows_per_s)),
            self.batch_rows()
        );
        println!("one bare COPY   {:>28} rows/s", format!("{:.0}", self.bare_rows_per_s()));
        let ratio = self.ratio();
        let [asked, hoped] =
            RATIO_ASKED.map(|asked| if ratio.median >= asked { "as asked" } else { "NOT reached" });
        println!(
            "ratio           {:>28} (at least {}: {asked}; {}: {hoped})",
            format!("{ratio:.2}"),
            RATIO_ASKED[0],
            RATIO_ASKED[1]
        );
        println!("CPU a row       {:.1} µs writer", self.of(|drain| drain.writer_cpu_us).median);
        println!(
            "                {:.1} µs Postgres",
            self.of(|drain| drain.postgres_cpu_us.unwrap_or_default()).median
        );
        for (name, us) in self.stages() {
            println!("  {name:<12}  {us:>6.2} µs a row");
        }
        let rss_mb = self.rss_mb();
        let is_small = if rss_mb < RSS_MB_ASKED { "as asked" } else { "NOT as asked" };
        println!(
            "memory          {rss_mb:.1} MB (below {RSS_MB_ASKED:.0}: {is_small}), of it {:.1} MB anonymous",
            self.of(|drain| drain.anonymous_mb).max,
        );
        for drain in &self.shapes {
            println!("{}: {:.0} rows/s, {:.1} MB", drain.shape, drain.rows_per_s, drain.rss_mb);
        }
        for (connections, loaded) in &self.bare {
            println!("{connections} bare COPYs: {:.0} rows/s", rows_per_s(loaded));
        }
    }

    /// For machines; the first three fields are what scripts rely on.
    pub(super) fn json(&self) -> Value {
        let in_one_process = self.shapes.iter().filter(|drain| drain.shape.processes == 1);
        let mut curve = BTreeMap::from([("1".to_owned(), self.of(|drain| drain.rows_per_s).median)]);
        curve.extend(in_one_process.map(|drain| (drain.shape.loaders.to_string(), drain.rows_per_s)));
        let several = self.shapes.iter().filter(|drain| drain.shape.processes > 1);
        let processes: BTreeMap<String, f64> =
            several.map(|drain| (drain.shape.processes.to_string(), drain.rows_per_s)).collect();
        let mut bare = BTreeMap::from([("1".to_owned(), self.bare_rows_per_s().median)]);
        bare.extend(
            self.bare.iter().map(|(connections, loaded)| (connections.to_string(), rows_per_s(loaded))),
        );
        json!({
            "ratio": self.ratio().median,
            "rows_per_s": curve,
            "rss_mb": self.rss_mb(),
            "ratio_spread": self.ratio(),
            "rows_per_s_by_processes": processes,
            "bare_rows_per_s": bare,
            "stages_us": self.stages().into_iter().collect::<BTreeMap<String, f64>>(),
            "rounds": self.rounds.iter().map(|(drain, _)| drain.json()).collect::<Vec<Value>>(),
            "curve": self.shapes.iter().map(Drain::json).collect::<Vec<Value>>(),
        })
    }
}
