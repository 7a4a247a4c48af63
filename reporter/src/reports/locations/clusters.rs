//! Places put together: by city, by position, or by the cells of a grid.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::f64::consts::PI;

use super::LocationImpressions;
use crate::query::Cluster;
use crate::reports::places::Place;

/// Cells of the grid that a tile of the map is wide, as a power of two.
const CELLS_A_TILE_LOG2: u8 = 2;
/// The northernmost latitude of a map's tiles, in degrees.
const LATITUDE_MAX: f64 = 85.051_128;
/// The mean of several positions is told to about ten metres.
const MEAN_PER_DEGREE: f64 = 10_000.0;

/// Places put together.
#[derive(Default)]
pub(super) struct Clusters<'a> {
    by_key: HashMap<Key<'a>, Sum<'a>>,
    /// All that was added.
    pub(super) total: i64,
    /// What has no place; in a grid, no position.
    pub(super) unknown: i64,
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
    /// Adds impressions of a place.
    pub(super) fn add(&mut self, place: &'a Place, cluster: Cluster, impressions: i64) {
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
    pub(super) fn busiest(self, limit: usize) -> Vec<LocationImpressions> {
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
