//! A query with everything worked out that takes a calendar.

use std::sync::Arc;

use time::{Date, Duration, OffsetDateTime};

use crate::auth::{AuthError, ProjectScope};
use crate::db::{DatabaseError, Snapshot};
use crate::kept::Kept;
use crate::query::calendar::{Calendar, Instants, Slice};
use crate::query::period::{DEFAULT_PERIOD_DAYS, PERIOD_DAYS_MAX, Period};
use crate::query::takes::TOP_WIDGETS_DEFAULT;
use crate::query::time_zones::TimeZone;
use crate::query::{Breakdown, Cluster, Interval, InvalidQuery, ReportQuery};

/// What a report answers. The scope travels beside it, since every statement must be given one.
#[derive(Debug)]
pub(crate) struct Question {
    /// The local days asked for.
    pub(crate) period: Period,
    /// In which zone those days are local.
    pub(crate) time_zone: TimeZone,
    /// How finely a series is cut.
    pub(crate) interval: Interval,
    /// Every interval of the period, in order.
    pub(crate) slices: Vec<Slice>,
    /// The period in absolute time.
    pub(crate) instants: Instants,
    /// The period before it, where the client compares.
    pub(crate) previous: Option<Previous>,
    /// How long the report's list is; of `overview`, how many top widgets.
    pub(crate) limit: usize,
    /// How places are put together.
    pub(crate) cluster: Cluster,
    /// What events are broken down by; of `breakdown` alone.
    pub(crate) breakdown: Option<Breakdown>,
    /// What the process remembers.
    pub(crate) kept: Arc<Kept>,
}

/// As many days, right before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Previous {
    /// The local days.
    pub(crate) period: Period,
    /// The same in absolute time; it ends where the period starts.
    pub(crate) instants: Instants,
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
        kept: &Arc<Kept>,
        now: OffsetDateTime,
        snapshot: &Snapshot<'_>,
    ) -> Result<(ProjectScope, Self), UnansweredQuery> {
        // Sent together; what is wrong with the projects is told first.
        let (scope, calendar) = tokio::join!(
            scope.narrowed(&query.project_ids, snapshot),
            calendar(&query, kept, now, snapshot),
        );
        let (scope, (time_zone, calendar)) = (scope?, calendar?);
        let interval = query.interval.unwrap_or_default();
        let period = Period::new(query.from, query.to, interval, calendar.day_of(now))?;
        let previous = query.compare_previous.map(|_| period.previous());
        let question = Self {
            period,
            time_zone,
            interval,
            slices: calendar.slices(period, interval)?,
            instants: calendar.instants(period),
            previous: previous.map(|period| Previous { period, instants: calendar.instants(period) }),
            limit: query.limit.unwrap_or(TOP_WIDGETS_DEFAULT),
            cluster: query.cluster,
            breakdown: query.breakdown,
            kept: Arc::clone(kept),
        };
        Ok((scope, question))
    }
}

/// The calendar of the zone and of every day that the question can touch.
async fn calendar(
    query: &ReportQuery,
    kept: &Kept,
    now: OffsetDateTime,
    snapshot: &Snapshot<'_>,
) -> Result<(TimeZone, Calendar), UnansweredQuery> {
    let time_zone = kept.time_zones.find(query.tz.clone(), snapshot).await??;
    let (first, last) = days_touched(query, now.date());
    let calendar = Calendar::read(&time_zone, first, last, snapshot).await?;
    Ok((time_zone, calendar))
}

/// The first and last day that a question can touch, before it is known which day is today in its zone. Of a period that is too
/// long, as much as is needed to say so.
pub(super) fn days_touched(query: &ReportQuery, utc_today: Date) -> (Date, Date) {
    let last = query.to.unwrap_or_else(|| utc_today.saturating_add(Duration::DAY));
    let first = query.from.unwrap_or_else(|| last.saturating_sub(Duration::days(DEFAULT_PERIOD_DAYS + 1)));
    let days = (last - first).whole_days().clamp(0, PERIOD_DAYS_MAX) + 1;
    let periods = if query.compare_previous.is_some() { 2 } else { 1 };
    (last.saturating_sub(Duration::days(days * periods)), last)
}
