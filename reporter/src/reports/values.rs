//! Events by value of a dimension, added up from what is packed, what is not yet, and raw rows for parts of days.

use std::collections::HashMap;

use shared::dimension::Dimension;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::reports::parts::Parts;

/// Events by value.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// An empty value is that of the events without one.
    pub(super) by_value: HashMap<String, i64>,
    /// Events of values that are not named, being too many.
    pub(super) other: i64,
}

impl Values {
    /// Adds up the whole days of `parts`.
    pub(super) async fn read(
        snapshot: &Snapshot<'_>,
        scope: &ProjectScope,
        dimension: Dimension,
        parts: &Parts,
    ) -> Result<Self, DatabaseError> {
        let (packed, mut values) = tokio::try_join!(
            packed(snapshot, scope, dimension, parts),
            unpacked(snapshot, scope, dimension, parts),
        )?;
        for (value, events) in packed {
            values.add(&value, events);
        }
        Ok(values)
    }

    /// Adds events of a value.
    pub(super) fn add(&mut self, value: &str, events: i64) {
        add(&mut self.by_value, value, events);
    }
}

fn add(by_value: &mut HashMap<String, i64>, value: &str, events: i64) {
    match by_value.get_mut(value) {
        Some(sum) => *sum += events,
        None => {
            by_value.insert(value.to_owned(), events);
        }
    }
}

async fn packed(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    dimension: Dimension,
    parts: &Parts,
) -> Result<HashMap<String, i64>, DatabaseError> {
    let mut by_value = HashMap::new();
    let (first, last) = parts.whole;
    let sql = include_str!("values_packed.sql");
    snapshot
        .each(sql, &[&scope.level_ids(), &dimension.number(), &first, &last], |row| {
            let (values, counts): (Vec<&str>, Vec<i64>) = (row.try_get("values")?, row.try_get("counts")?);
            for (value, events) in values.into_iter().zip(counts) {
                add(&mut by_value, value, events);
            }
            Ok(())
        })
        .await?;
    Ok(by_value)
}

/// What is not packed: of days that are not over, what came late, what waits to be folded, and what has no name.
pub(super) async fn unpacked(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    dimension: Dimension,
    parts: &Parts,
) -> Result<Values, DatabaseError> {
    let mut values = Values::default();
    let (first, last) = parts.whole;
    let sql = include_str!("values_unpacked.sql");
    snapshot
        .each(sql, &[&scope.level_ids(), &dimension.number(), &first, &last, &scope.project_ids()], |row| {
            let events = row.try_get("events")?;
            match row.try_get("value")? {
                Some(value) => values.add(value, events),
                None => values.other += events,
            }
            Ok(())
        })
        .await?;
    Ok(values)
}
