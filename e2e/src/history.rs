//! A database as months of traffic leave it: stored by the writer's own code, so that every rollup is the real one.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[cfg(feature = "server")]
mod storing;

#[cfg(feature = "server")]
pub use self::storing::store;

/// Most events of a plan: a disk's worth.
pub const EVENTS_MAX: u64 = 100_000_000;
/// Most days of a plan: raw rows are kept for two years, unless told otherwise.
pub const DAYS_MAX: u16 = 700;

/// What is to be in the database, which is migrated and has the workload's projects.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// As a user with the role `footfall_write`.
    pub database_url: String,
    /// The workload's.
    pub seed: u64,
    /// Events, give or take an envelope a day, and some of the last seconds besides; at most [`EVENTS_MAX`].
    pub events: u64,
    /// Days of 24 hours that they are spread over, as many in each; at most [`DAYS_MAX`].
    pub days: u16,
    /// Where the last day ends, in seconds since 1970.
    pub ends_at_s: i64,
    /// Geo databases; without, all places are unknown.
    pub geo_files: Vec<PathBuf>,
}

/// What is in the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// Rows of `analytics_impressions`.
    pub impressions: u64,
    /// Rows of `analytics_events`.
    pub interactions: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
}
