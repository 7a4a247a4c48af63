//! The two schemas of a record, and the one place they both become.

use std::fmt;

use maxminddb::geoip2;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

use super::Place;

/// How a file's records are laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Schema {
    MaxMind,
    Flat,
}

impl Schema {
    /// The schema that goes with a `database_type`: `GeoLite2-City`, `GeoIP2-Country`, `DBIP-City-Lite` are MaxMind's;
    /// `city ipv4`, `country ipvAll` are flat.
    pub(super) fn of(database_type: &str) -> Option<Self> {
        let lower = database_type.to_ascii_lowercase();
        let is_place = lower.contains("city") || lower.contains("country");
        match () {
            () if !is_place => None,
            () if lower.contains(" ipv") => Some(Self::Flat),
            () if ["geolite2-", "geoip2-", "dbip-"].iter().any(|maker| lower.starts_with(maker)) => {
                Some(Self::MaxMind)
            }
            () => None,
        }
    }
}

/// A record of the flat schema; an empty text stands for unknown.
#[derive(Deserialize)]
pub(super) struct FlatRecord<'a> {
    #[serde(borrow)]
    country_code: Option<&'a str>,
    city: Option<&'a str>,
    latitude: Option<Degrees>,
    longitude: Option<Degrees>,
}

/// An angle stored as a float of either size; the reader hands each out as what it is.
struct Degrees(f64);

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EitherSize;

        impl Visitor<'_> for EitherSize {
            type Value = Degrees;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a float")
            }

            fn visit_f32<E: de::Error>(self, value: f32) -> Result<Degrees, E> {
                // By its shortest decimal: 37.4225 and not 37.42250061035156.
                value.to_string().parse().map(Degrees).map_err(E::custom)
            }

            fn visit_f64<E>(self, value: f64) -> Result<Degrees, E> {
                Ok(Degrees(value))
            }
        }

        deserializer.deserialize_any(EitherSize)
    }
}

pub(super) fn from_maxmind(record: geoip2::City<'_>) -> Place {
    Place {
        country: text(record.country.iso_code),
        city: text(record.city.names.english),
        position: record.location.latitude.zip(record.location.longitude).filter(is_on_earth),
    }
}

pub(super) fn from_flat(record: FlatRecord<'_>) -> Place {
    Place {
        country: text(record.country_code),
        city: text(record.city),
        position: record.latitude.zip(record.longitude).map(|(lat, lng)| (lat.0, lng.0)).filter(is_on_earth),
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
            assert_eq!(Schema::of(database_type), expected, "{database_type}");
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
