//! A query with everything worked out that takes a calendar; the calendar is Postgres's.

use time::{Date, OffsetDateTime};

use crate::auth::{AuthError, ProjectScope};
use crate::db::{DatabaseError, Snapshot};
use crate::query::period::Period;
use crate::query::time_zones::{TimeZone, TimeZones};
use crate::query::{Interval, InvalidQuery, ReportQuery, TOP_WIDGETS_DEFAULT};

/// What a report answers. The scope travels beside it, since every statement must be given one.
#[derive(Debug)]
pub(crate) struct Question {
    /// The local days asked for.
    pub(crate) period: Period,
    /// In which zone those days are local.
    pub(crate) time_zone: TimeZone,
    /// How finely a series is cut.
    pub(crate) interval: Interval,
    /// The period in absolute time.
    pub(crate) instants: Instants,
    /// The period before it, where the client compares.
    pub(crate) previous: Option<Instants>,
    /// How many top widgets to list.
    pub(crate) top_widgets: usize,
}

/// A half-open range of time, both ends on a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instants {
    /// The first instant.
    pub(crate) starts_at: OffsetDateTime,
    /// The first instant after it.
    pub(crate) ends_at: OffsetDateTime,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnansweredQuery {
    /// The client has to change it.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The key does not cover it.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The database did not say.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Question {
    /// Works out `query` as of `now`, and narrows `scope` to the projects it names.
    ///
    /// # Errors
    /// [`UnansweredQuery`] says who has to do what.
    pub(crate) async fn work_out(
        query: ReportQuery,
        scope: ProjectScope,
        time_zones: &TimeZones,
        now: OffsetDateTime,
        snapshot: &Snapshot<'_>,
    ) -> Result<(ProjectScope, Self), UnansweredQuery> {
        let scope = scope.narrowed(&query.project_ids, snapshot).await?;
        let time_zone = time_zones.find(query.tz, snapshot).await??;
        let today = today(now, &time_zone, snapshot).await?;
        let interval = query.interval.unwrap_or_default();
        let period = Period::new(query.from, query.to, interval, today)?;
        let instants = Instants::of(period, &time_zone, snapshot).await?;
        let previous = match query.compare_previous {
            Some(true) => Some(Instants::of(period.previous(), &time_zone, snapshot).await?),
            _ => None,
        };
        let top_widgets = query.limit.unwrap_or(TOP_WIDGETS_DEFAULT);
        Ok((scope, Self { period, time_zone, interval, instants, previous, top_widgets }))
    }
}

impl Instants {
    async fn of(
        period: Period,
        time_zone: &TimeZone,
        snapshot: &Snapshot<'_>,
    ) -> Result<Self, DatabaseError> {
        let parameters = (time_zone.as_str(), period.from(), period.to());
        let row = snapshot
            .row(include_str!("instants.sql"), &[&parameters.0, &parameters.1, &parameters.2])
            .await?;
        Ok(Self { starts_at: row.try_get("starts_at")?, ends_at: row.try_get("ends_at")? })
    }
}

async fn today(
    now: OffsetDateTime,
    time_zone: &TimeZone,
    snapshot: &Snapshot<'_>,
) -> Result<Date, DatabaseError> {
    let row = snapshot.row(include_str!("today.sql"), &[&now, &time_zone.as_str()]).await?;
    Ok(row.try_get("today")?)
}
