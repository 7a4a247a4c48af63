//! From a truncated address to a country and a city, by databases in MaxMind's format.
//!
//! Two schemas go by that format: MaxMind's own (names by language), and a flat one (`city`, `country_code`, …) that
//! DB-IP's files have. Decoding one as the other succeeds and yields nothing, so the schema is chosen by the file's
//! own `database_type`, and a type we don't know is refused at start.

mod record;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{LookupResult, MaxMindDbError, Reader, WithinOptions};

use self::record::{Schema, from_flat, from_maxmind};

/// Records read at start to see that a file is what it says.
const SAMPLE_RECORDS: usize = 1_000;

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
        source: MaxMindDbError,
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
        let Some(schema) = Schema::of(&database_type) else {
            return Err(GeoError::UnknownSchema { path: path.to_owned(), database_type });
        };
        let database = Self { reader, schema };
        database.check_sample().map_err(|source| GeoError::Unreadable { path: path.to_owned(), source })?;
        Ok(database)
    }

    /// Reads the first records, so that a file which is not what its type says shows at start and not as a map with
    /// nobody on it.
    fn check_sample(&self) -> Result<(), MaxMindDbError> {
        for found in self.reader.networks(WithinOptions::default())?.take(SAMPLE_RECORDS) {
            self.decode(&found?)?;
        }
        Ok(())
    }

    /// A record that can't be read counts as unknown: a place is worth less than its event.
    fn place(&self, address: IpAddr) -> Option<Place> {
        // A file for IPv4 alone can't be asked for an IPv6 address.
        let place = self.decode(&self.reader.lookup(address).ok()?).ok()??;
        (place != Place::default()).then_some(place)
    }

    fn decode(&self, found: &LookupResult<'_, Vec<u8>>) -> Result<Option<Place>, MaxMindDbError> {
        Ok(match self.schema {
            Schema::MaxMind => found.decode()?.map(from_maxmind),
            Schema::Flat => found.decode()?.map(from_flat),
        })
    }
}
