//! Impressions and interactions over time: the header cards, their sparklines and the line chart.

use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};
use tokio_postgres::Row;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, Interval, Question};
use crate::reports::Report;

/// How often something happened in a period, and when.
#[derive(Debug, Serialize)]
pub(crate) struct CountOverTime {
    /// The sum of the series.
    total: i64,
    /// The total of the period before, where the client compares.
    previous: Option<i64>,
    /// Every interval of the period, in order.
    series: Vec<Point>,
}

/// One interval.
#[derive(Debug, Serialize)]
struct Point {
    /// Where it starts: a local date, or for hours the local time with its offset.
    at: String,
    count: i64,
}

impl Report for CountOverTime {}

/// Both counts, from one scan.
pub(super) struct Timeline {
    pub(super) interactions: CountOverTime,
    pub(super) impressions: CountOverTime,
}

/// The interactions over time.
pub(crate) async fn interactions(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<CountOverTime, DatabaseError> {
    Ok(timeline(snapshot, scope, question).await?.interactions)
}

/// The impressions over time.
pub(crate) async fn impressions(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<CountOverTime, DatabaseError> {
    Ok(timeline(snapshot, scope, question).await?.impressions)
}

/// Interactions and impressions over time.
pub(super) async fn timeline(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Timeline, DatabaseError> {
    let (counted, previous) = tokio::try_join!(
        counted_intervals(snapshot, scope, question),
        previous_totals(snapshot, scope, question.previous),
    )?;
    let over_time = |count: fn(&Counts) -> i64| CountOverTime {
        total: counted.iter().map(|(_, counts)| count(counts)).sum(),
        previous: previous.as_ref().map(count),
        series: counted.iter().map(|(at, counts)| Point { at: at.clone(), count: count(counts) }).collect(),
    };
    Ok(Timeline {
        interactions: over_time(|counts| counts.interactions),
        impressions: over_time(|counts| counts.impressions),
    })
}

struct Counts {
    impressions: i64,
    interactions: i64,
}

impl Counts {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self { impressions: row.try_get("impressions")?, interactions: row.try_get("interactions")? })
    }
}

async fn counted_intervals(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Vec<(String, Counts)>, DatabaseError> {
    let Instants { starts_at, ends_at } = question.instants;
    let (projects, time_zone) = (scope.project_ids(), question.time_zone.as_str());
    if question.interval == Interval::Hour {
        let sql = include_str!("timeline_hours.sql");
        let rows = snapshot.rows(sql, &[&projects, &starts_at, &ends_at, &time_zone]).await?;
        return rows.iter().map(|row| Ok((local_hour(row)?, Counts::of(row)?))).collect();
    }
    let (sql, interval) = (include_str!("timeline_days.sql"), question.interval.as_str());
    let (from, to) = (question.period.from(), question.period.to());
    let rows =
        snapshot.rows(sql, &[&projects, &starts_at, &ends_at, &time_zone, &interval, &from, &to]).await?;
    rows.iter().map(|row| Ok((local_date(row.try_get("starts_on")?)?, Counts::of(row)?))).collect()
}

async fn previous_totals(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    previous: Option<Instants>,
) -> Result<Option<Counts>, DatabaseError> {
    let Some(Instants { starts_at, ends_at }) = previous else {
        return Ok(None);
    };
    let row = snapshot.row(include_str!("totals.sql"), &[&scope.project_ids(), &starts_at, &ends_at]).await?;
    Ok(Some(Counts::of(&row)?))
}

fn local_hour(row: &Row) -> Result<String, DatabaseError> {
    let starts_at: OffsetDateTime = row.try_get("starts_at")?;
    let offset =
        UtcOffset::from_whole_seconds(row.try_get("utc_offset_s")?).map_err(DatabaseError::unexpected)?;
    starts_at.to_offset(offset).format(&Rfc3339).map_err(DatabaseError::unexpected)
}

/// A local date as the API writes it.
pub(super) fn local_date(date: Date) -> Result<String, DatabaseError> {
    date.format(format_description!("[year]-[month]-[day]")).map_err(DatabaseError::unexpected)
}
