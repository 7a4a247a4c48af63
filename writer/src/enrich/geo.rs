//! From a truncated address to a country and a city, by databases in MaxMind's format.
//!
//! Two schemas go by that format: MaxMind's own (names by language), and a flat one (`city`, `country_code`, …) that
//! DB-IP's files have. Decoding one as the other succeeds and yields nothing, so the schema is chosen by the file's
//! own `database_type`, and a type we don't know is refused at start.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{Reader, geoip2};
use serde::Deserialize;

/// Where a client is; each part as far as the database knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// ISO 3166-1 alpha-2, as `IL`.
    pub country: Option<String>,
    /// English name.
    pub city: Option<String>,
    /// Latitude and longitude in degrees.
    pub position: Option<(f64, f64)>,
}

/// Why a geo database can't be used. The writer does not start with it: silence would look like unknown places.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// It can't be opened or is no such database.
    #[error("{} can't be read as a MaxMind-format database", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: maxminddb::MaxMindDbError,
    },
    /// It has a schema we don't know.
    #[error(
        "{} is of type {database_type:?}; a city or country database of MaxMind or DB-IP is needed", .path.display()
    )]
    UnknownSchema {
        /// The file.
        path: PathBuf,
        /// What it says of itself.
        database_type: String,
    },
}

/// Geo databases, asked in order.
pub struct Geo(Vec<Database>);

struct Database {
    reader: Reader<Vec<u8>>,
    schema: Schema,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Schema {
    MaxMind,
    Flat,
}

/// A record of the flat schema; an empty text stands for unknown.
#[derive(Deserialize)]
struct FlatRecord<'a> {
    #[serde(borrow)]
    country_code: Option<&'a str>,
    city: Option<&'a str>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl Geo {
    /// Reads databases into memory; with no files, every place is unknown.
    ///
    /// # Errors
    /// [`GeoError`] for the first file that can't be used.
    pub fn open(paths: &[PathBuf]) -> Result<Self, GeoError> {
        paths.iter().map(|path| Database::open(path)).collect::<Result<_, _>>().map(Self)
    }

    /// The place of an address: the first database that knows it answers.
    pub fn place(&self, address: IpAddr) -> Option<Place> {
        self.0.iter().find_map(|database| database.place(address))
    }
}

impl Database {
    fn open(path: &Path) -> Result<Self, GeoError> {
        let reader = Reader::open_readfile(path)
            .map_err(|source| GeoError::Unreadable { path: path.to_owned(), source })?;
        let database_type = reader.metadata().database_type.to_string();
        match schema(&database_type) {
            Some(schema) => Ok(Self { reader, schema }),
            None => Err(GeoError::UnknownSchema { path: path.to_owned(), database_type }),
        }
    }

    /// A record that can't be read counts as unknown: a place is worth less than its event.
    fn place(&self, address: IpAddr) -> Option<Place> {
        // A file for IPv4 alone can't be asked for an IPv6 address.
        let found = self.reader.lookup(address).ok()?;
        let place = match self.schema {
            Schema::MaxMind => from_maxmind(found.decode().ok()??),
            Schema::Flat => from_flat(&found.decode().ok()??),
        };
        (place != Place::default()).then_some(place)
    }
}

/// The schema that goes with a `database_type`: `GeoLite2-City`, `GeoIP2-Country`, `DBIP-City-Lite` are MaxMind's;
/// `city ipv4`, `country ipvAll` are flat.
fn schema(database_type: &str) -> Option<Schema> {
    let lower = database_type.to_ascii_lowercase();
    let is_place = lower.contains("city") || lower.contains("country");
    match () {
        () if !is_place => None,
        () if lower.contains(" ipv") => Some(Schema::Flat),
        () if ["geolite2-", "geoip2-", "dbip-"].iter().any(|maker| lower.starts_with(maker)) => {
            Some(Schema::MaxMind)
        }
        () => None,
    }
}

fn from_maxmind(record: geoip2::City<'_>) -> Place {
    Place {
        country: text(record.country.iso_code),
        city: text(record.city.names.english),
        position: record.location.latitude.zip(record.location.longitude).filter(is_on_earth),
    }
}

fn from_flat(record: &FlatRecord<'_>) -> Place {
    Place {
        country: text(record.country_code),
        city: text(record.city),
        position: record.latitude.zip(record.longitude).filter(is_on_earth),
    }
}

fn text(value: Option<&str>) -> Option<String> {
    value.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Also false for NaN, which would spoil every average over it.
fn is_on_earth(&(lat, lng): &(f64, f64)) -> bool {
    lat.abs() <= 90.0 && lng.abs() <= 180.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_follows_from_what_the_file_says_of_itself() {
        for (database_type, expected) in [
            ("GeoLite2-City", Some(Schema::MaxMind)),
            ("GeoIP2-Country", Some(Schema::MaxMind)),
            ("DBIP-City-Lite", Some(Schema::MaxMind)),
            ("city ipv4", Some(Schema::Flat)),
            ("country ipvAll", Some(Schema::Flat)),
            ("GeoLite2-ASN", None),
            ("my cities", None),
        ] {
            assert_eq!(schema(database_type), expected, "{database_type}");
        }
    }

    #[test]
    fn a_position_off_the_earth_is_no_position() {
        for position in [(f64::NAN, 0.0), (91.0, 0.0), (0.0, -181.0)] {
            assert!(!is_on_earth(&position));
        }
        assert!(is_on_earth(&(-90.0, 180.0)));
    }
}
