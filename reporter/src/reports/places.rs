//! Impressions by place, added up from what is packed, what is not yet, and raw rows for parts of days.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use shared::dimension::Dimension;
use tokio_postgres::Row;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::kept::Kept;
use crate::query::Property;
use crate::reports::parts::Parts;
use crate::reports::{raw, values};

/// Most places that are remembered; past it, all are forgotten and read again. A place takes some 150 bytes.
const PLACES_MAX: usize = 50_000;

/// Where an impression came from, as far as known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) country: Option<String>,
    pub(super) city: Option<String>,
    /// Latitude and longitude.
    pub(super) position: Option<(f64, f64)>,
}

impl Place {
    /// From the value of the dimension: a JSON array.
    fn parse(text: &str) -> Result<Self, DatabaseError> {
        let (country, city, lat, lng): (_, _, Option<f64>, Option<f64>) =
            serde_json::from_str(text).map_err(DatabaseError::unexpected)?;
        Ok(Self { country, city, position: lat.zip(lng) })
    }

    /// Whether nothing is known of it.
    pub(super) fn is_unknown(&self) -> bool {
        self.country.is_none() && self.city.is_none() && self.position.is_none()
    }
}

/// Places by their number, which are never changed once they are made.
#[derive(Default)]
pub(crate) struct Places(Mutex<HashMap<i32, Arc<Place>, ByNumber>>);

/// Numbers of places, which nobody chooses, need no hashing against collisions made on purpose.
type ByNumber = BuildHasherDefault<Spread>;

#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn write_i32(&mut self, number: i32) {
        self.0 = u64::from(number.unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Places {
    /// Each place of `counts`, asking the database for those that are not remembered.
    async fn named(
        &self,
        counts: HashMap<i32, i64, ByNumber>,
        snapshot: &Snapshot<'_>,
    ) -> Result<Vec<(Arc<Place>, i64)>, DatabaseError> {
        let mut named = Vec::with_capacity(counts.len());
        let mut unnamed: HashMap<i32, i64, ByNumber> = HashMap::default();
        {
            let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (number, count) in counts {
                match remembered.get(&number) {
                    Some(place) => named.push((Arc::clone(place), count)),
                    None => {
                        unnamed.insert(number, count);
                    }
                }
            }
        }
        if unnamed.is_empty() {
            return Ok(named);
        }
        let numbers: Vec<i32> = unnamed.keys().copied().collect();
        let rows = snapshot.rows(include_str!("places.sql"), &[&numbers]).await?;
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() + rows.len() > PLACES_MAX {
            remembered.clear();
        }
        for row in &rows {
            let (number, place): (i32, Arc<Place>) = (row.try_get("place_id")?, Arc::new(place(row)?));
            named.push((Arc::clone(&place), unnamed.remove(&number).unwrap_or_default()));
            if remembered.len() < PLACES_MAX {
                remembered.insert(number, place);
            }
        }
        Ok(named)
    }
}

fn place(row: &Row) -> Result<Place, DatabaseError> {
    let (lat, lng): (Option<f64>, Option<f64>) = (row.try_get("lat")?, row.try_get("lng")?);
    Ok(Place { country: row.try_get("country")?, city: row.try_get("city")?, position: lat.zip(lng) })
}

/// Impressions by place.
#[derive(Debug, Default)]
pub(super) struct PlaceCounts {
    /// In no order; a place may come several times.
    pub(super) places: Vec<(Arc<Place>, i64)>,
    /// Impressions of places that are not named, being too many.
    pub(super) other: i64,
}

impl PlaceCounts {
    /// Adds up `parts`; answers how many raw rows there were, too.
    pub(super) async fn read(
        snapshot: &Snapshot<'_>,
        scope: &ProjectScope,
        kept: &Kept,
        parts: &Parts,
    ) -> Result<(Self, i64), DatabaseError> {
        let (packed, unpacked, (raw, raw_events)) = tokio::try_join!(
            packed(snapshot, scope, parts),
            values::unpacked(snapshot, scope, Dimension::Place, parts),
            of_raw_rows(snapshot, scope, kept, parts),
        )?;
        let mut places = kept.places.named(packed, snapshot).await?;
        for (text, count) in unpacked.by_value.into_iter().chain(raw) {
            places.push((Arc::new(Place::parse(&text)?), count));
        }
        Ok((Self { places, other: unpacked.other }, raw_events))
    }
}

async fn packed(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    parts: &Parts,
) -> Result<HashMap<i32, i64, ByNumber>, DatabaseError> {
    let mut counts: HashMap<i32, i64, ByNumber> = HashMap::default();
    let (first, last) = parts.whole;
    snapshot
        .each(include_str!("places_packed.sql"), &[&scope.level_ids(), &first, &last], |row| {
            let (numbers, events): (Vec<i32>, Vec<i64>) = (row.try_get("place_ids")?, row.try_get("counts")?);
            for (number, events) in numbers.into_iter().zip(events) {
                *counts.entry(number).or_default() += events;
            }
            Ok(())
        })
        .await?;
    Ok(counts)
}

async fn of_raw_rows(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    kept: &Kept,
    parts: &Parts,
) -> Result<(HashMap<String, i64>, i64), DatabaseError> {
    let (mut counts, mut found) = (HashMap::new(), 0);
    for range in &parts.raw {
        let needs = |property| property == Property::City;
        raw::impressions(
            snapshot,
            scope,
            *range,
            needs,
            |row| {
                found += row.events()?;
                *counts.entry(row.place()?).or_default() += row.events()?;
                Ok(())
            },
            &kept.agents,
        )
        .await?;
    }
    Ok((counts, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_its_value() {
        let place = Place::parse(r#"["IL","\"]a",32.0853,-0.5]"#).unwrap();
        assert_eq!((place.country.as_deref(), place.city.as_deref()), (Some("IL"), Some("\"]a")));
        assert_eq!(place.position, Some((32.0853, -0.5)));
        assert!(Place::parse("[null,null,null,null]").unwrap().is_unknown());
        assert!(Place::parse("[]").is_err());
    }
}
