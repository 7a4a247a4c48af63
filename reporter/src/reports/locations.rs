//! Impressions by place: the map.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::f64::consts::PI;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Cluster, Question};
use crate::reports::parts::Parts;
use crate::reports::period::{AnsweredPeriod, Days};
use crate::reports::places::{Place, PlaceCounts};
use crate::reports::{Cell, Report};

/// Cells of the grid that a tile of the map is wide, as a power of two.
const CELLS_A_TILE_LOG2: u8 = 2;
/// The northernmost latitude of a map's tiles, in degrees.
const LATITUDE_MAX: f64 = 85.051_128;
/// The mean of several positions is told to about ten metres.
const MEAN_PER_DEGREE: f64 = 10_000.0;

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

/// Places put together.
#[derive(Default)]
struct Clusters<'a> {
    by_key: HashMap<Key<'a>, Sum<'a>>,
    total: i64,
    unknown: i64,
}

/// What makes two places one.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Name(Option<&'a str>, Option<&'a str>),
    Cell(u32, u32),
    /// Name and bits of the position.
    Place(Option<&'a str>, Option<&'a str>, Option<(u64, u64)>),
}

/// What a cluster adds up to.
struct Sum<'a> {
    country: Option<&'a str>,
    city: Option<&'a str>,
    impressions: i64,
    /// A position of it, the only one while `is_spread` is not set.
    position: Option<(f64, f64)>,
    is_spread: bool,
    /// Latitudes, longitudes and impressions of those that have a position.
    weighed: (f64, f64, f64),
}

impl<'a> Clusters<'a> {
    fn add(&mut self, place: &'a Place, cluster: Cluster, impressions: i64) {
        self.total += impressions;
        let (country, city) = (place.country.as_deref(), place.city.as_deref());
        let exact = || {
            let bits = place.position.map(|(lat, lng)| (lat.to_bits(), lng.to_bits()));
            Key::Place(country, city, bits)
        };
        let key = match (cluster, place.position) {
            (Cluster::Grid { .. }, None) => None,
            (Cluster::Grid { zoom }, Some(position)) => Some(cell(position, zoom)),
            _ if place.is_unknown() => None,
            // Positions without a name have nothing in common.
            (Cluster::City, _) if country.is_some() || city.is_some() => Some(Key::Name(country, city)),
            (Cluster::City | Cluster::Place, _) => Some(exact()),
        };
        match key {
            None => self.unknown += impressions,
            Some(key) => {
                let empty = Sum {
                    country,
                    city,
                    impressions: 0,
                    position: None,
                    is_spread: false,
                    weighed: (0.0, 0.0, 0.0),
                };
                self.by_key.entry(key).or_insert(empty).add(place, impressions);
            }
        }
    }

    /// The `limit` with the most impressions; ties by name and position.
    fn busiest(self, limit: usize) -> Vec<LocationImpressions> {
        let mut all: Vec<LocationImpressions> = self.by_key.into_values().map(Sum::told).collect();
        let order = |place: &LocationImpressions| (place.lat, place.lng);
        all.sort_unstable_by(|a, b| {
            (Reverse(a.impressions), &a.country, &a.city)
                .cmp(&(Reverse(b.impressions), &b.country, &b.city))
                .then_with(|| order(a).partial_cmp(&order(b)).unwrap_or(std::cmp::Ordering::Equal))
        });
        all.retain(|place| place.impressions > 0);
        all.truncate(limit);
        all
    }
}

impl Sum<'_> {
    fn add(&mut self, place: &Place, impressions: i64) {
        self.impressions += impressions;
        self.country = self.country.filter(|country| place.country.as_deref() == Some(*country));
        self.city = self.city.filter(|city| place.city.as_deref() == Some(*city));
        if let Some((lat, lng)) = place.position {
            self.is_spread |= self.position.is_some_and(|position| position != (lat, lng));
            self.position = Some((lat, lng));
            // Counts are far below where a double skips numbers.
            let weight = impressions as f64;
            self.weighed.0 += lat * weight;
            self.weighed.1 += lng * weight;
            self.weighed.2 += weight;
        }
    }

    fn told(self) -> LocationImpressions {
        let (lat, lng, weight) = self.weighed;
        let mean = |sum: f64| (sum / weight * MEAN_PER_DEGREE).round() / MEAN_PER_DEGREE;
        let position = if self.is_spread { Some((mean(lat), mean(lng))) } else { self.position };
        let (lat, lng) = position.unzip();
        LocationImpressions {
            country: self.country.map(str::to_owned),
            city: self.city.map(str::to_owned),
            lat,
            lng,
            impressions: self.impressions,
        }
    }
}

/// The cell of the grid that a position lies in: of the map's own projection, so that cells are as wide as high.
fn cell<'a>((lat, lng): (f64, f64), zoom: u8) -> Key<'a> {
    let cells = f64::from(1_u32 << (zoom + CELLS_A_TILE_LOG2).min(31));
    let north = lat.clamp(-LATITUDE_MAX, LATITUDE_MAX).to_radians().tan().asinh() / PI;
    // A cast of what lies outside takes the nearest number there is.
    let number = |part: f64| (part * cells).floor().clamp(0.0, cells - 1.0) as u32;
    Key::Cell(number((lng + 180.0) / 360.0), number((1.0 - north) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(country: &str, city: Option<&str>, position: Option<(f64, f64)>) -> Place {
        Place { country: Some(country.to_owned()), city: city.map(str::to_owned), position }
    }

    fn clustered(places: &[(Place, i64)], cluster: Cluster) -> (Vec<LocationImpressions>, i64) {
        let mut clusters = Clusters::default();
        places.iter().for_each(|(place, impressions)| clusters.add(place, cluster, *impressions));
        let unknown = clusters.unknown;
        (clusters.busiest(10), unknown)
    }

    #[test]
    fn a_city_lies_where_most_of_it_is_and_one_position_stays_as_it_is() {
        let haifa = |lat, lng| place("IL", Some("Haifa"), Some((lat, lng)));
        let places = [(haifa(32.0, 35.0), 3), (haifa(34.0, 35.0), 1), (place("IL", Some("Haifa"), None), 6)];
        let (list, unknown) = clustered(&places, Cluster::City);
        assert_eq!((list.len(), list[0].impressions, unknown), (1, 10, 0));
        assert_eq!((list[0].lat, list[0].lng), (Some(32.5), Some(35.0)));
        let odd = 32.819_1;
        let (list, _) = clustered(&[(haifa(odd, odd), 3), (haifa(odd, odd), 4)], Cluster::City);
        assert_eq!((list[0].lat, list[0].impressions), (Some(odd), 7));
        assert_eq!(clustered(&places, Cluster::Place).0.len(), 3);
    }

    #[test]
    fn a_grid_puts_neighbours_together_until_the_map_is_near_enough() {
        let (here, there) = ((52.52, 13.40), (52.40, 13.06));
        let places = [
            (place("DE", Some("Berlin"), Some(here)), 3),
            (place("DE", Some("Potsdam"), Some(there)), 1),
            (place("DE", None, None), 5),
        ];
        let (far, unknown) = clustered(&places, Cluster::Grid { zoom: 2 });
        assert_eq!((far.len(), unknown), (1, 5));
        assert_eq!((far[0].country.as_deref(), &far[0].city, far[0].impressions), (Some("DE"), &None, 4));
        let (near, _) = clustered(&places, Cluster::Grid { zoom: 12 });
        assert_eq!(
            near.iter().map(|place| place.city.as_deref()).collect::<Vec<_>>(),
            [Some("Berlin"), Some("Potsdam")]
        );
    }

    #[test]
    fn the_ends_of_the_world_have_cells() {
        for position in [(90.0, 180.0), (-90.0, -180.0), (0.0, 181.0), (f64::NAN, f64::NAN)] {
            for zoom in 0..=12 {
                let Key::Cell(x, y) = cell(position, zoom) else { unreachable!() };
                assert!(x < 1 << (zoom + 2) && y < 1 << (zoom + 2), "{position:?} at {zoom}");
            }
        }
    }
}
