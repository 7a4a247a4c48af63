//! Every project together: what the rollups count under no project's id, against the sum of the recounts.
//!
//! A value may be named here and among the others of its project, or the other way round. So a named value is at most what was counted,
//! and a dimension's values and others together are exact.

use std::collections::{BTreeMap, HashMap};

use time::{Date, OffsetDateTime};
use tokio_postgres::Transaction;

use super::counted::Values;
use super::difference::{Difference, Found, compare_quarters, compare_sketches};
use super::stored::{self, counts};
use super::{Recount, RecountError, bounds};
use crate::fold::EVERY_PROJECT;
use crate::rollup::{Counts, Dimension, Sketch, SketchError, Sketches};

/// One UTC day of every project together, as it is kept, and as far as its projects were counted.
pub struct EveryProject {
    date: Date,
    /// Whether a rebuild left it to be made anew.
    is_unlevelled: bool,
    kept_quarters: BTreeMap<OffsetDateTime, Counts>,
    counted_quarters: BTreeMap<OffsetDateTime, Counts>,
    /// Values that have a row: what is kept, deltas included, and what was counted.
    named: BTreeMap<(Dimension, String), Compared>,
    /// By dimension: how many are said to have one.
    named_counts: HashMap<Dimension, i32>,
    /// By dimension: all of it.
    totals: HashMap<Dimension, Compared>,
    kept_sketches: [Result<Sketch, SketchError>; Sketches::COLUMNS.len()],
    counted_sketches: [Sketch; Sketches::COLUMNS.len()],
}

/// Events, as kept and as counted.
#[derive(Default, Clone, Copy)]
struct Compared {
    kept: i64,
    counted: i64,
}

impl EveryProject {
    /// What is kept of a day, in the snapshot that its projects are counted in.
    ///
    /// # Errors
    /// [`RecountError`].
    pub async fn of(transaction: &Transaction<'_>, date: Date) -> Result<Self, RecountError> {
        let (from, to) = bounds(date);
        let sql = include_str!("sql/every_quarters.sql");
        let quarters = transaction.query(sql, &[&from, &to]).await?;
        let sketches = transaction.query(include_str!("sql/every_sketches.sql"), &[&date]).await?;
        let merged = |column: &str| {
            Sketch::merged(sketches.iter().filter_map(|row| row.get::<_, Option<&[u8]>>(column)))
        };
        let sql = include_str!("sql/is_unlevelled.sql");
        let mut every = Self {
            date,
            is_unlevelled: transaction.query_one(sql, &[&date]).await?.get(0),
            kept_quarters: quarters.iter().map(|row| (row.get("bucket_at"), counts(row))).collect(),
            counted_quarters: BTreeMap::new(),
            named: BTreeMap::new(),
            named_counts: HashMap::new(),
            totals: HashMap::new(),
            kept_sketches: Sketches::COLUMNS.map(merged),
            counted_sketches: Default::default(),
        };
        for (key, events) in stored::values(transaction, EVERY_PROJECT, date).await? {
            every.totals.entry(key.0).or_default().kept += events;
            every.named.entry(key).or_default().kept += events;
        }
        for (dimension, (named_count, other_count)) in
            stored::dimensions(transaction, EVERY_PROJECT, date).await?
        {
            every.totals.entry(dimension).or_default().kept += other_count;
            every.named_counts.insert(dimension, named_count);
        }
        Ok(every)
    }

    /// Adds one of its projects: what was counted, and what nobody folded yet.
    ///
    /// # Errors
    /// [`RecountError`].
    pub fn add(&mut self, project: &Recount) -> Result<(), RecountError> {
        let counted = &project.counted;
        for (quarter, counts) in &counted.quarters {
            let all = self.counted_quarters.entry(*quarter).or_default();
            *all = plus(*all, *counts);
        }
        self.add_values(&counted.values, |of| &mut of.counted);
        self.add_values(&project.stored.unfolded, |of| &mut of.kept);
        for (all, of_project) in self.counted_sketches.iter_mut().zip(counted.sketches.each()) {
            let parts = [all.to_bytes(), of_project.to_bytes()];
            *all = Sketch::merged(parts.iter().filter_map(Option::as_deref))?;
        }
        Ok(())
    }

    fn add_values(&mut self, values: &Values, which: fn(&mut Compared) -> &mut i64) {
        for (key, events) in values {
            *which(self.totals.entry(key.0).or_default()) += events;
            if let Some(named) = self.named.get_mut(key) {
                *which(named) += events;
            }
        }
    }

    /// How far it is off, once every project was added; nothing, where it waits to be made anew.
    pub fn differences(&self) -> Vec<Difference> {
        let mut found = Found::of(EVERY_PROJECT, self.date);
        if self.is_unlevelled {
            return found.differences;
        }
        compare_quarters(&mut found, "packed_quarters", &self.kept_quarters, &self.counted_quarters);
        for ((dimension, value), of) in &self.named {
            if of.kept > of.counted {
                let key = format!("{} {value:?}", dimension.as_str());
                found.compare("daily_value_stats", &key, of.kept.to_string(), of.counted.to_string());
            }
        }
        for dimension in Dimension::ALL {
            let name = dimension.as_str();
            let all = self.totals.get(&dimension).copied().unwrap_or_default();
            let key = format!("{name} together");
            found.compare("daily_value_stats", &key, all.kept.to_string(), all.counted.to_string());
            let named = self.named.keys().filter(|key| key.0 == dimension).count();
            let said = self.named_counts.get(&dimension).copied().unwrap_or_default();
            let key = format!("{name} named");
            found.compare("daily_dimension_stats", &key, said.to_string(), named.to_string());
        }
        let sketches = self.kept_sketches.iter().zip(&self.counted_sketches);
        for (key, (kept, real)) in Sketches::COLUMNS.into_iter().zip(sketches) {
            compare_sketches(&mut found, key, kept, real);
        }
        found.differences
    }
}

fn plus(counts: Counts, other: Counts) -> Counts {
    Counts {
        impressions: counts.impressions + other.impressions,
        interactions: counts.interactions + other.interactions,
        by_type: std::array::from_fn(|kind| counts.by_type[kind] + other.by_type[kind]),
    }
}
