//! Who came, from sketches of UTC days, merged as they arrive; and of parts of days from raw rows.

use serde::Serialize;
use shared::sketch::{Merging, Sketch};
use time::Date;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::Instants;

/// Errors are told to so many parts of the whole.
const ERROR_PARTS: f64 = 10_000.0;

/// How many different ones there were, about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct Estimate {
    /// The most likely number.
    estimate: i64,
    /// The truth is at least this, in 95 of 100 cases.
    low: i64,
    /// The truth is at most this, in 95 of 100 cases.
    high: i64,
    /// How far the truth may be off, as a part of the estimate: 0 where few were counted one by one.
    relative_error: f64,
}

impl Estimate {
    /// The most likely number, the least and the most.
    pub(super) fn numbers(self) -> (i64, i64, i64) {
        (self.estimate, self.low, self.high)
    }

    /// What a sketch tells.
    pub(super) fn of(sketch: &Sketch) -> Self {
        let (estimate, (low, high)) = (sketch.estimate(), sketch.bounds());
        let whole = |number: f64| number.round() as i64;
        let (low, high) = (whole(low), whole(high));
        let off = if low == high {
            0.0
        } else {
            ((high as f64) / estimate - 1.0).max(1.0 - (low as f64) / estimate)
        };
        let relative_error = (off * ERROR_PARTS).round() / ERROR_PARTS;
        Self { estimate: whole(estimate), low, high, relative_error }
    }

    /// The number alone.
    pub(super) fn estimate(self) -> i64 {
        self.estimate
    }

    /// The same, where it can't be more than another: a part of those was counted apart from them.
    pub(super) fn at_most(self, other: Self) -> Self {
        let Self { estimate, low, high, .. } = self;
        Self {
            estimate: estimate.min(other.estimate),
            low: low.min(other.low),
            high: high.min(other.high),
            relative_error: self.relative_error,
        }
    }
}

/// The sketches of one project, or of all, and a UTC day.
pub(super) struct DaySketches<'a> {
    row: &'a Row,
}

impl<'a> DaySketches<'a> {
    /// Of which day.
    pub(super) fn date(&self) -> Result<Date, DatabaseError> {
        Ok(self.row.try_get("date")?)
    }

    /// Of which project; empty for all.
    pub(super) fn project_id(&self) -> Result<&'a str, DatabaseError> {
        Ok(self.row.try_get("project_id")?)
    }

    /// The bytes of one sketch; empty where nobody told of one.
    pub(super) fn bytes(&self, column: &str) -> Result<&'a [u8], DatabaseError> {
        Ok(self.row.try_get::<_, Option<&[u8]>>(column)?.unwrap_or_default())
    }
}

/// Hands each sketch of a scope's days to `take`: a project and day may come several times.
pub(super) async fn of_days(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    (first, last): (Date, Date),
    mut take: impl FnMut(&DaySketches<'_>) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    let of_all = scope.project_ids().is_none();
    snapshot
        .each(include_str!("sketches.sql"), &[&scope.level_ids(), &first, &last, &of_all], |row| {
            take(&DaySketches { row })
        })
        .await
}

/// The same of some projects, each by itself.
pub(super) async fn of_projects(
    snapshot: &Snapshot<'_>,
    project_ids: &[&str],
    (first, last): (Date, Date),
    mut take: impl FnMut(&DaySketches<'_>) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    snapshot
        .each(include_str!("sketches.sql"), &[&project_ids, &first, &last, &false], |row| {
            take(&DaySketches { row })
        })
        .await
}

/// One visitor's session in one project, in a part of a day.
pub(super) struct RawSession<'a> {
    row: &'a Row,
}

impl<'a> RawSession<'a> {
    /// How many events it has there.
    pub(super) fn events(&self) -> Result<i64, DatabaseError> {
        Ok(self.row.try_get("events")?)
    }

    /// In which project.
    pub(super) fn project_id(&self) -> Result<&'a str, DatabaseError> {
        Ok(self.row.try_get("project_id")?)
    }

    /// Whose it is, or which: `visitor_id` or `session_id`; none where nobody told.
    pub(super) fn id(&self, column: &str) -> Result<Option<Uuid>, DatabaseError> {
        Ok(self.row.try_get(column)?)
    }

    /// Whether it has events of a type: `opened`, `asked` or `submitted`.
    pub(super) fn has(&self, column: &str) -> Result<bool, DatabaseError> {
        Ok(self.row.try_get(column)?)
    }
}

/// Hands each session of some ranges to `take`; answers how many events they have.
pub(super) async fn of_raw_rows(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    ranges: &[Instants],
    mut take: impl FnMut(&RawSession<'_>) -> Result<(), DatabaseError>,
) -> Result<i64, DatabaseError> {
    let mut found = 0;
    for Instants { starts_at, ends_at } in ranges {
        snapshot
            .each(include_str!("raw_sessions.sql"), &[&scope.project_ids(), starts_at, ends_at], |row| {
                let session = RawSession { row };
                found += session.events()?;
                take(&session)
            })
            .await?;
    }
    Ok(found)
}

/// Merges a sketch of the tables into `merging`.
pub(super) fn merge(merging: &mut Merging, bytes: &[u8]) -> Result<(), DatabaseError> {
    merging.add(bytes).map_err(DatabaseError::unexpected)
}
