//! Impressions by place: the map.

mod clusters;

use serde::Serialize;
use utoipa::ToSchema;

use self::clusters::Clusters;
use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::Question;
use crate::reports::parts::Parts;
use crate::reports::period::{AnsweredPeriod, Days};
use crate::reports::places::PlaceCounts;
use crate::reports::{Cell, Report};

/// Impressions by place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImpressionsByLocation {
    period: AnsweredPeriod,
    #[serde(flatten)]
    located: Located,
}

/// Places, and what is on none of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Located {
    /// The busiest first, at most as many as asked for.
    impressions_by_location: Vec<LocationImpressions>,
    places: OfPlaces,
}

/// A place on the map, or several put together.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct LocationImpressions {
    /// Null where it is not known, or the same for all.
    #[schema(required)]
    country: Option<String>,
    /// Null where it is not known, or the same for all.
    #[schema(required)]
    city: Option<String>,
    /// The centre, each place weighing as much as it has impressions; null where no position is known.
    #[schema(required)]
    lat: Option<f64>,
    /// As `lat`.
    #[schema(required)]
    lng: Option<f64>,
    impressions: i64,
}

impl Report for ImpressionsByLocation {
    const COLUMNS: &'static [&'static str] = &["country", "city", "lat", "lng", "impressions"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.located.impressions_by_location.iter().map(LocationImpressions::cells).collect()
    }
}

impl LocationImpressions {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { country, city, lat, lng, impressions } = self;
        vec![
            country.as_ref().into(),
            city.as_ref().into(),
            (*lat).into(),
            (*lng).into(),
            (*impressions).into(),
        ]
    }
}

/// What the list of places is made of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Places)]
pub(crate) struct OfPlaces {
    days: Days,
    /// How places were put together: `place`, `city` or `grid`.
    cluster: &'static str,
    /// Impressions of the days counted: the list's, `unknown` and `other`.
    total: i64,
    /// Impressions of which no place is known; in a grid, no position.
    unknown: i64,
    /// Impressions of places that are not listed.
    other: i64,
}

/// The places that widgets were loaded from.
pub(crate) async fn impressions_by_location(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<ImpressionsByLocation, DatabaseError> {
    let located = located(snapshot, scope, question, question.limit).await?;
    Ok(ImpressionsByLocation { period: AnsweredPeriod::of(question)?, located })
}

/// The busiest places of the period.
pub(super) async fn located(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    limit: usize,
) -> Result<Located, DatabaseError> {
    let (counts, days) = place_counts(snapshot, scope, question).await?;
    let mut clusters = Clusters::default();
    for (place, impressions) in &counts.places {
        clusters.add(place, question.cluster, *impressions);
    }
    let (unknown, total) = (clusters.unknown, clusters.total + counts.other);
    let list = clusters.busiest(limit);
    let listed: i64 = list.iter().map(|place| place.impressions).sum();
    let other = total - unknown - listed;
    let cluster = question.cluster.as_str();
    Ok(Located { impressions_by_location: list, places: OfPlaces { days, cluster, total, unknown, other } })
}

/// Impressions by place, and on which days.
pub(super) async fn place_counts(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<(PlaceCounts, Days), DatabaseError> {
    let (period, instants) = (question.period, question.instants);
    let parts = Parts::of(snapshot, scope, period, instants, |counts| counts.impressions).await?;
    let (counts, raw_events) = PlaceCounts::read(snapshot, scope, &question.kept, &parts).await?;
    if raw_events == parts.raw_events {
        return Ok((counts, parts.days));
    }
    // The raw rows have expired.
    let parts = Parts::utc(period);
    Ok((PlaceCounts::read(snapshot, scope, &question.kept, &parts).await?.0, parts.days))
}
