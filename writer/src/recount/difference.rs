//! Where rollups and recount differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use time::{Date, OffsetDateTime};

use super::counted::Counted;
use super::stored::Stored;
use crate::fold::EVERY_PROJECT;
use crate::rollup::{Counts, Dimension, Sketch, SketchError, Sketches};

/// A key at which a rollup is not what the raw rows say.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The table.
    pub rollup: &'static str,
    /// Whose key it is; empty: every project's together.
    pub project_id: String,
    /// Of which UTC day, as `2026-11-23`.
    pub date: String,
    /// What else is in the key: a quarter of an hour, a dimension and value, whose sketch; empty where nothing is.
    pub key: String,
    /// What is kept, deltas included.
    pub stored: String,
    /// What the raw rows say.
    pub counted: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rollup, project_id, date, key, stored, counted } = self;
        let project_id = if project_id == EVERY_PROJECT { "every project" } else { project_id.as_str() };
        write!(f, "{rollup} {project_id} {date} {key}: kept {stored}, counted {counted}")
    }
}

/// The differences of one project's day, found so far.
pub(super) struct Found<'a> {
    project_id: &'a str,
    date: Date,
    pub(super) differences: Vec<Difference>,
}

impl<'a> Found<'a> {
    pub(super) fn of(project_id: &'a str, date: Date) -> Self {
        Self { project_id, date, differences: Vec::new() }
    }

    pub(super) fn compare(
        &mut self,
        rollup: &'static str,
        key: &str,
        stored: impl Into<String>,
        counted: impl Into<String>,
    ) {
        let (stored, counted) = (stored.into(), counted.into());
        if stored != counted {
            let (project_id, date) = (self.project_id.to_owned(), self.date.to_string());
            let key = key.to_owned();
            self.differences.push(Difference { rollup, project_id, date, key, stored, counted });
        }
    }
}

/// Where one project's day is not what was counted.
pub(super) fn between(project_id: &str, date: Date, counted: &Counted, stored: &Stored) -> Vec<Difference> {
    let mut found = Found::of(project_id, date);
    found.compare("daily_analytics_stats", "", words(&stored.total), words(&counted.total()));

    compare_quarters(&mut found, "quarter_hours", &stored.quarters, &counted.quarters);
    for dimension in Dimension::ALL {
        compare_dimension(&mut found, dimension, counted, stored);
    }
    let sketches = stored.sketches.iter().zip(counted.sketches.each());
    for (key, (kept, real)) in Sketches::COLUMNS.into_iter().zip(sketches) {
        compare_sketches(&mut found, key, kept, real);
    }
    found.differences
}

fn words(counts: &Counts) -> String {
    format!("{} + {}", counts.impressions, counts.interactions)
}

pub(super) fn compare_quarters(
    found: &mut Found<'_>,
    rollup: &'static str,
    kept: &BTreeMap<OffsetDateTime, Counts>,
    counted: &BTreeMap<OffsetDateTime, Counts>,
) {
    let quarters: BTreeSet<&OffsetDateTime> = kept.keys().chain(counted.keys()).collect();
    for quarter in quarters {
        let kept = kept.get(quarter).copied().unwrap_or_default();
        let real = counted.get(quarter).copied().unwrap_or_default();
        let words = |counts: &Counts| format!("{} {:?}", words(counts), counts.by_type);
        found.compare(rollup, &quarter.to_string(), words(&kept), words(&real));
    }
}

/// Each value that has a row is exact with its deltas. The others are exact together, and each by itself where none of them has been
/// folded.
fn compare_dimension(found: &mut Found<'_>, dimension: Dimension, counted: &Counted, stored: &Stored) {
    let (named_count, other_count) = stored.dimensions.get(&dimension).copied().unwrap_or_default();
    let name = dimension.as_str();
    let (mut named, mut kept_unnamed, mut counted_unnamed) = (0, other_count, 0);
    let values: BTreeSet<_> = [&stored.named, &stored.unfolded, &counted.values]
        .into_iter()
        .flat_map(|values| values.range((dimension, String::new())..))
        .map(|(key, _)| key)
        .filter(|key| key.0 == dimension)
        .collect();
    for key in values {
        let unfolded = stored.unfolded.get(key).copied().unwrap_or_default();
        let real = counted.values.get(key).copied().unwrap_or_default();
        match stored.named.get(key) {
            Some(folded) => {
                named += 1;
                let kept = folded + unfolded;
                found.compare(
                    "daily_value_stats",
                    &format!("{name} {:?}", key.1),
                    kept.to_string(),
                    real.to_string(),
                );
            }
            None => {
                if other_count == 0 || unfolded > real {
                    // What nobody appended either is missing where it was folded to.
                    let rollup = if unfolded == 0 { "daily_value_stats" } else { "rollup_deltas" };
                    let key = format!("{name} {:?}", key.1);
                    found.compare(rollup, &key, unfolded.to_string(), real.to_string());
                }
                kept_unnamed += unfolded;
                counted_unnamed += real;
            }
        }
    }
    found.compare(
        "daily_dimension_stats",
        &format!("{name} named"),
        named_count.to_string(),
        named.to_string(),
    );
    if other_count != 0 {
        let key = format!("{name} other");
        found.compare("daily_dimension_stats", &key, kept_unnamed.to_string(), counted_unnamed.to_string());
    }
}

pub(super) fn compare_sketches(
    found: &mut Found<'_>,
    key: &str,
    kept: &Result<Sketch, SketchError>,
    real: &Sketch,
) {
    let estimate = |sketch: &Sketch| format!("about {:.0}", sketch.estimate());
    match kept {
        Ok(kept) if kept.is_same_as(real) => {}
        Ok(kept) if estimate(kept) == estimate(real) => {
            found.compare("daily_visitor_sketches", key, "others", estimate(real));
        }
        Ok(kept) => found.compare("daily_visitor_sketches", key, estimate(kept), estimate(real)),
        Err(problem) => found.compare("daily_visitor_sketches", key, problem.to_string(), estimate(real)),
    }
}
