//! What the rollups say, folded or not.

use std::collections::{BTreeMap, HashMap};

use time::{Date, OffsetDateTime};
use tokio_postgres::{Row, Transaction};

use super::counted::Values;
use super::{RecountError, each_row, known_dimensions};
use crate::rollup::{Counts, Dimension, Sketch, SketchError, Sketches};

/// A project's day, as it is kept.
pub(super) struct Stored {
    pub(super) quarters: BTreeMap<OffsetDateTime, Counts>,
    /// Impressions and interactions of the day.
    pub(super) total: Counts,
    /// Values that have a row.
    pub(super) named: Values,
    /// By dimension: how many have one, as it is said, and the events of the others.
    pub(super) dimensions: HashMap<Dimension, (i32, i64)>,
    /// Deltas that nobody folded yet.
    pub(super) deltas: Vec<i64>,
    /// What those add.
    pub(super) unfolded: Values,
    /// Folded and not; an error where they can't be read.
    pub(super) sketches: [Result<Sketch, SketchError>; Sketches::COLUMNS.len()],
}

impl Stored {
    pub(super) async fn of(
        transaction: &Transaction<'_>,
        project_id: &str,
        date: Date,
    ) -> Result<Self, RecountError> {
        let mut stored = Self {
            quarters: BTreeMap::new(),
            total: Counts::default(),
            named: Values::new(),
            dimensions: HashMap::new(),
            deltas: Vec::new(),
            unfolded: Values::new(),
            sketches: Sketches::COLUMNS.map(|_| Ok(Sketch::default())),
        };
        let sql = include_str!("sql/stored_quarters.sql");
        each_row(transaction, sql, project_id, date, |row| {
            stored.quarters.insert(row.get("bucket_at"), counts(row));
            Ok(())
        })
        .await?;
        let sql = include_str!("sql/stored_day.sql");
        if let Some(row) = transaction.query_opt(sql, &[&project_id, &date]).await? {
            stored.total.impressions = row.get("impressions_count");
            stored.total.interactions = row.get("interactions_count");
        }
        for (key, events) in values(transaction, project_id, date).await? {
            *stored.named.entry(key).or_default() += events;
        }
        stored.dimensions = dimensions(transaction, project_id, date).await?;
        stored.add_deltas(transaction, project_id, date).await?;
        Ok(stored)
    }

    async fn add_deltas(
        &mut self,
        transaction: &Transaction<'_>,
        project_id: &str,
        date: Date,
    ) -> Result<(), RecountError> {
        let kept = transaction.query(include_str!("sql/stored_sketches.sql"), &[&project_id, &date]).await?;
        let deltas = transaction.query(include_str!("sql/stored_deltas.sql"), &[&project_id, &date]).await?;
        self.sketches = Sketches::COLUMNS.map(|column| {
            let parts = kept.iter().chain(&deltas).filter_map(|row| row.get::<_, Option<&[u8]>>(column));
            Sketch::merged(parts)
        });
        for row in &deltas {
            self.deltas.push(row.get("delta_id"));
            let values: Vec<&str> = row.get("values");
            let (dimensions, counts): (Vec<i16>, Vec<i32>) = (row.get("dimensions"), row.get("counts"));
            for ((dimension, value), count) in dimensions.into_iter().zip(values).zip(counts) {
                if let Some(dimension) = Dimension::of_number(dimension) {
                    *self.unfolded.entry((dimension, value.to_owned())).or_default() += i64::from(count);
                }
            }
        }
        Ok(())
    }
}

/// Values that have a row, packed or not; one may come twice.
pub(super) async fn values(
    transaction: &Transaction<'_>,
    project_id: &str,
    date: Date,
) -> Result<Vec<((Dimension, String), i64)>, RecountError> {
    let sql = include_str!("sql/stored_values.sql");
    let rows = transaction.query(sql, &[&project_id, &date, &known_dimensions()]).await?;
    let values = rows.iter().filter_map(|row| {
        // A dimension of a later release is its own to look after.
        let dimension = Dimension::of_number(row.get("dimension"))?;
        Some(((dimension, row.get("value")), row.get("events_count")))
    });
    Ok(values.collect())
}

/// By dimension: how many values have a row, as it is said, and the events of the others.
pub(super) async fn dimensions(
    transaction: &Transaction<'_>,
    project_id: &str,
    date: Date,
) -> Result<HashMap<Dimension, (i32, i64)>, RecountError> {
    let sql = include_str!("sql/stored_dimensions.sql");
    let rows = transaction.query(sql, &[&project_id, &date]).await?;
    let dimensions = rows.iter().filter_map(|row| {
        let dimension = Dimension::of_number(row.get("dimension"))?;
        Some((dimension, (row.get("named_count"), row.get("other_count"))))
    });
    Ok(dimensions.collect())
}

pub(super) fn counts(row: &Row) -> Counts {
    let by_type = [
        "click_bubble_count",
        "open_chat_count",
        "ask_question_count",
        "click_suggestion_count",
        "submit_form_count",
        "click_contact_count",
    ];
    Counts {
        impressions: row.get("impressions_count"),
        interactions: row.get("interactions_count"),
        by_type: by_type.map(|column| row.get(column)),
    }
}
