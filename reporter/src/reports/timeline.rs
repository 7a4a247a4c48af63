//! Impressions and interactions over time: the header cards, their sparklines and the line chart.

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::Question;
use crate::reports::period::AnsweredPeriod;
use crate::reports::quarters::{Counts, Quarters};
use crate::reports::{Cell, Report};

/// How often something happened in a period, and when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountOverTime {
    /// The sum of the series.
    total: i64,
    /// The total of the period before, where the client compares.
    #[schema(required)]
    previous: Option<i64>,
    /// Every interval of the period, in order.
    series: Vec<Point>,
}

/// One interval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Point {
    /// Where it starts: a local date, or for hours the local time with its offset.
    at: String,
    count: i64,
}

/// Interactions, or impressions, over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountReport {
    period: AnsweredPeriod,
    #[serde(flatten)]
    counted: CountOverTime,
}

impl Report for CountReport {
    const COLUMNS: &'static [&'static str] = &["at", "count"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.counted.series.iter().map(Point::cells).collect()
    }
}

impl Point {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { at, count } = self;
        vec![at.into(), (*count).into()]
    }
}

/// Both counts, from one reading.
pub(super) struct Timeline {
    pub(super) interactions: CountOverTime,
    pub(super) impressions: CountOverTime,
}

/// The interactions over time.
pub(crate) async fn interactions(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<CountReport, DatabaseError> {
    let counted = timeline(snapshot, scope, question).await?.interactions;
    Ok(CountReport { period: AnsweredPeriod::of(question)?, counted })
}

/// The impressions over time.
pub(crate) async fn impressions(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<CountReport, DatabaseError> {
    let counted = timeline(snapshot, scope, question).await?.impressions;
    Ok(CountReport { period: AnsweredPeriod::of(question)?, counted })
}

/// Interactions and impressions over time.
pub(super) async fn timeline(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Timeline, DatabaseError> {
    let (now, before) = (question.instants.quarters(), question.previous);
    let before = before.map(|before| before.instants.quarters());
    let starts = question.slices.iter().map(|slice| slice.starts);
    // The period before ends where this one starts: both are one range.
    let range = before.as_ref().map_or(now.start, |before| before.start)..now.end;
    let quarters = Quarters::read(snapshot, scope, range, starts.clone()).await?;
    let ends = starts.skip(1).chain([now.end]);
    let counted: Vec<Counts> =
        question.slices.iter().zip(ends).map(|(slice, ends)| quarters.sum(slice.starts..ends)).collect();
    let before = before.map(|before| quarters.sum(before));
    let over_time = |count: fn(&Counts) -> i64| CountOverTime {
        total: counted.iter().map(count).sum(),
        previous: before.as_ref().map(count),
        series: (question.slices.iter().zip(&counted))
            .map(|(slice, counts)| Point { at: slice.at.clone(), count: count(counts) })
            .collect(),
    };
    Ok(Timeline {
        interactions: over_time(|counts| counts.interactions),
        impressions: over_time(|counts| counts.impressions),
    })
}
