//! How many visitors came, in how many sessions: estimates from sketches, with their error.

use serde::Serialize;
use shared::sketch::Merging;
use time::Date;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, Interval, Period, Question, local_date};
use crate::reports::parts::Parts;
use crate::reports::period::{AnsweredPeriod, Days};
use crate::reports::quarters::Counts;
use crate::reports::sketches::{self, Estimate, merge};
use crate::reports::{Cell, Report};

impl Report for Visitors {
    const COLUMNS: &'static [&'static str] = &["at", "visitors", "sessions"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.series.iter().map(VisitorsPoint::cells).collect()
    }
}

impl VisitorsPoint {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { at, visitors, sessions } = self;
        vec![at.into(), (*visitors).into(), (*sessions).into()]
    }
}

/// How many visitors came, in how many sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Visitors {
    period: AnsweredPeriod,
    days: Days,
    /// Different visitors.
    visitors: Estimate,
    /// Different sessions.
    sessions: Estimate,
    /// The same of the period before, where the client compares.
    #[schema(required)]
    previous: Option<PreviousVisitors>,
    /// How finely the series is cut: `day`, `week` or `month`; an hour's visitors are not counted apart.
    interval: &'static str,
    /// Every interval of the period, in order, of UTC days whatever `days` says. Its parts add up to more than the whole: who
    /// comes on two days is one visitor of both.
    series: Vec<VisitorsPoint>,
}

/// The period before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviousVisitors {
    days: Days,
    visitors: Estimate,
    sessions: Estimate,
}

/// One interval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VisitorsPoint {
    /// The date it starts at.
    at: String,
    visitors: i64,
    sessions: i64,
}

/// How many visitors came, in how many sessions.
pub(crate) async fn visitors(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Visitors, DatabaseError> {
    let interval = if question.interval == Interval::Hour { Interval::Day } else { question.interval };
    let starts: Vec<Date> = question.period.starts(interval).collect();
    let before = async {
        let Some(before) = question.previous else { return Ok(None) };
        whole_period(snapshot, scope, before.period, before.instants).await.map(Some)
    };
    let ((total, days), series, before) = tokio::try_join!(
        whole_period(snapshot, scope, question.period, question.instants),
        series(snapshot, scope, question.period, &starts),
        before,
    )?;
    let point = |(at, came): (&Date, &Came)| {
        let (visitors, sessions) = came.estimates();
        let (visitors, sessions) = (visitors.estimate(), sessions.estimate());
        Ok(VisitorsPoint { at: local_date(*at)?, visitors, sessions })
    };
    let series = starts.iter().zip(&series).map(point).collect::<Result<_, DatabaseError>>()?;
    let (visitors, sessions) = total.estimates();
    let previous = before.map(|(came, days)| {
        let (visitors, sessions) = came.estimates();
        PreviousVisitors { days, visitors, sessions }
    });
    let (period, interval) = (AnsweredPeriod::of(question)?, interval.as_str());
    Ok(Visitors { period, days, visitors, sessions, previous, interval, series })
}

/// Who came.
#[derive(Default)]
struct Came {
    visitors: Merging,
    sessions: Merging,
}

impl Came {
    fn estimates(&self) -> (Estimate, Estimate) {
        (Estimate::of(&self.visitors.sketch()), Estimate::of(&self.sessions.sketch()))
    }

    fn add(&mut self, day: &sketches::DaySketches<'_>) -> Result<(), DatabaseError> {
        merge(&mut self.visitors, day.bytes("visitors")?)?;
        merge(&mut self.sessions, day.bytes("sessions")?)
    }
}

async fn whole_period(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    period: Period,
    instants: Instants,
) -> Result<(Came, Days), DatabaseError> {
    let of_both = |counts: Counts| counts.impressions + counts.interactions;
    let parts = Parts::of(snapshot, scope, period, instants, of_both).await?;
    let (came, raw_events) = of_parts(snapshot, scope, &parts).await?;
    if raw_events == parts.raw_events {
        return Ok((came, parts.days));
    }
    // The raw rows have expired.
    let parts = Parts::utc(period);
    Ok((of_parts(snapshot, scope, &parts).await?.0, parts.days))
}

async fn of_parts(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    parts: &Parts,
) -> Result<(Came, i64), DatabaseError> {
    let mut came = Came::default();
    sketches::of_days(snapshot, scope, parts.whole, |day| came.add(day)).await?;
    let raw_events = sketches::of_raw_rows(snapshot, scope, &parts.raw, |session| {
        session.id("visitor_id")?.into_iter().for_each(|id| came.visitors.add_id(id));
        session.id("session_id")?.into_iter().for_each(|id| came.sessions.add_id(id));
        Ok(())
    })
    .await?;
    Ok((came, raw_events))
}

/// Who came in each interval, of the UTC days of the period's dates.
async fn series(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    period: Period,
    starts: &[Date],
) -> Result<Vec<Came>, DatabaseError> {
    let mut series: Vec<Came> = starts.iter().map(|_| Came::default()).collect();
    sketches::of_days(snapshot, scope, (period.from(), period.to()), |day| {
        let date = day.date()?;
        let place = starts.partition_point(|start| *start <= date).saturating_sub(1);
        series.get_mut(place).map_or(Ok(()), |came| came.add(day))
    })
    .await?;
    Ok(series)
}
