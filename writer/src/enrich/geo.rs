//! From a truncated address to a country and a city, by databases in MaxMind's format.
//!
//! A small file is read into memory; a large one is read where it lies (`in_place`).
//!
//! Two schemas go by that format: MaxMind's own (names by language), and a flat one (`city`, `country_code`, …) that
//! DB-IP's files have. Decoding one as the other succeeds and yields nothing, so the schema is chosen by the file's
//! own `database_type`, and a type we don't know is refused at start.

mod data;
mod in_place;
mod recent;
mod record;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{LookupResult, MaxMindDbError, Reader, WithinOptions};
use serde::Deserialize;
use serde_json::Value;

pub use self::data::Damaged;
use self::in_place::InPlace;
use self::recent::Recent;
use self::record::{Schema, from_flat, from_maxmind};

/// Largest file that is read into memory, in bytes, unless told otherwise: a country database, and no city database.
pub const IN_MEMORY_BYTES_MAX: u64 = 12 * 1024 * 1024;
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

/// What was wrong with a file, in the words of whichever reader it was for.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Read into memory.
    #[error(transparent)]
    InMemory(#[from] MaxMindDbError),
    /// Read where it lies.
    #[error(transparent)]
    InPlace(#[from] Damaged),
    /// A record is not what the file's type says.
    #[error("a record is not what the file's type says: {0}")]
    Record(#[from] serde_json::Error),
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
        source: Unreadable,
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

/// Geo databases, asked in order; what was asked last is remembered.
pub struct Geo {
    databases: Vec<Database>,
    recent: Recent,
}

impl Geo {
    /// Opens databases, and reads those into memory that are small; with no files, every place is unknown.
    ///
    /// # Errors
    /// [`GeoError`] for the first file that can't be used.
    pub fn open(paths: &[PathBuf]) -> Result<Self, GeoError> {
        Self::open_with(paths, IN_MEMORY_BYTES_MAX)
    }

    /// As [`Geo::open`], with another size up to which a file is read into memory, in bytes.
    ///
    /// # Errors
    /// As [`Geo::open`].
    pub fn open_with(paths: &[PathBuf], in_memory_bytes_max: u64) -> Result<Self, GeoError> {
        let databases = paths.iter().map(|path| Database::open(path, in_memory_bytes_max));
        Ok(Self { databases: databases.collect::<Result<_, _>>()?, recent: Recent::default() })
    }

    /// The place of an address: the first database that knows it answers.
    pub fn place(&self, address: IpAddr) -> Option<Place> {
        if self.databases.is_empty() {
            return None;
        }
        self.recent.get_or(address, || self.databases.iter().find_map(|database| database.place(address)))
    }
}

struct Database {
    reader: Source,
    schema: Schema,
}

/// How a file is read.
enum Source {
    InMemory(Reader<Vec<u8>>),
    InPlace(InPlace),
}

impl Database {
    fn open(path: &Path, in_memory_bytes_max: u64) -> Result<Self, GeoError> {
        let unreadable = |source| GeoError::Unreadable { path: path.to_owned(), source };
        let size = path.metadata().map_or(0, |metadata| metadata.len());
        let (reader, database_type) = if size <= in_memory_bytes_max {
            let reader = Reader::open_readfile(path).map_err(|source| unreadable(source.into()))?;
            let database_type = reader.metadata().database_type.to_string();
            (Source::InMemory(reader), database_type)
        } else {
            let file = InPlace::open(path).map_err(|source| unreadable(source.into()))?;
            let database_type = file.database_type.clone();
            (Source::InPlace(file), database_type)
        };
        let Some(schema) = Schema::of(&database_type) else {
            return Err(GeoError::UnknownSchema { path: path.to_owned(), database_type });
        };
        let database = Self { reader, schema };
        database.check_sample().map_err(unreadable)?;
        Ok(database)
    }

    /// Reads the first records, so that a file which is not what its type says shows at start and not as a map with
    /// nobody on it.
    fn check_sample(&self) -> Result<(), Unreadable> {
        match &self.reader {
            Source::InMemory(reader) => {
                for found in reader.networks(WithinOptions::default())?.take(SAMPLE_RECORDS) {
                    self.decode(&found?)?;
                }
            }
            Source::InPlace(file) => {
                for record in file.sample(SAMPLE_RECORDS)? {
                    self.read(&record)?;
                }
            }
        }
        Ok(())
    }

    /// A record that can't be read counts as unknown: a place is worth less than its event.
    fn place(&self, address: IpAddr) -> Option<Place> {
        let place = match &self.reader {
            // A file for IPv4 alone can't be asked for an IPv6 address.
            Source::InMemory(reader) => self.decode(&reader.lookup(address).ok()?).ok()??,
            Source::InPlace(file) => self.read(&file.record(address).ok()??).ok()?,
        };
        (place != Place::default()).then_some(place)
    }

    fn decode(&self, found: &LookupResult<'_, Vec<u8>>) -> Result<Option<Place>, MaxMindDbError> {
        Ok(match self.schema {
            Schema::MaxMind => found.decode()?.map(from_maxmind),
            Schema::Flat => found.decode()?.map(from_flat),
        })
    }

    fn read(&self, record: &Value) -> Result<Place, serde_json::Error> {
        Ok(match self.schema {
            Schema::MaxMind => from_maxmind(Deserialize::deserialize(record)?),
            Schema::Flat => from_flat(Deserialize::deserialize(record)?),
        })
    }
}
