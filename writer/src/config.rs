//! The writer's settings, read once.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use shared::queue::rabbitmq::RabbitConfig;
use shared::service;
use shared::settings::Settings;

use crate::batch::BatchLimits;

/// How long a batch waits for a message more, in milliseconds: longer than busy collectors pause between two messages, and
/// as short as a transaction.
const QUIET_MS: u64 = 5;
/// Loaders unless told otherwise.
const LOADERS: usize = 1;
/// Most loaders: beyond them Postgres is the limit, and memory grows with each.
const LOADERS_MAX: usize = 16;

/// Everything that can be set about a writer.
pub struct Config {
    /// Where the operations listener binds.
    pub ops_addr: SocketAddr,
    /// The broker and the names there.
    pub rabbit: RabbitConfig,
    /// The database. Has a password in it: never logged.
    pub database: tokio_postgres::Config,
    /// Geo databases in MaxMind's format; the first that knows an address answers.
    pub geo_files: Vec<PathBuf>,
    /// Whether it stores rows where the database's settings break the promise.
    pub allow_unsafe: bool,
    /// Loaders side by side, each with a session with the queue and a connection to the database.
    pub loaders: usize,
    /// When a batch is full.
    pub limits: BatchLimits,
}

impl service::Config for Config {
    const NAME: &'static str = "writer";

    fn from_settings(settings: &mut Settings) -> Option<Self> {
        let default_ops = SocketAddr::from(([127, 0, 0, 1], 9082));
        let ops_addr =
            settings.or("FOOTFALL_OPS_ADDR", default_ops, "where /livez, /readyz and /metrics are");
        let rabbit = RabbitConfig::read(settings);
        let database =
            settings.required("DATABASE_URL", "the database, as postgres://user:password@host/name");
        let geo_files = settings.list(
            "FOOTFALL_GEO_FILES",
            "geo databases in MaxMind's format, as city-ipv4.mmdb,city-ipv6.mmdb; empty leaves places unknown",
        );
        let allow_unsafe = settings.or(
            "FOOTFALL_ALLOW_UNSAFE",
            false,
            "true stores rows also where fsync, full_page_writes or synchronous_commit is off, and a crash loses them",
        );
        let loaders = settings.or_within(
            "FOOTFALL_LOADERS",
            LOADERS,
            1..=LOADERS_MAX,
            "batches stored side by side, each by a connection of its own",
        );
        let rows_max =
            settings.or_within("FOOTFALL_BATCH_ROWS", 5_000, 1..=50_000, "rows that make a batch full");
        let bytes_max = settings.or_within(
            "FOOTFALL_BATCH_BYTES",
            4 * 1024 * 1024,
            1_024..=256 * 1024 * 1024,
            "bytes of messages that make a batch full",
        );
        let age_ms =
            settings.or_within("FOOTFALL_BATCH_AGE_MS", 200, 1..=60_000, "longest a batch gathers, in ms");
        let messages_max = settings.or_within(
            "FOOTFALL_BATCH_MESSAGES",
            32,
            1..=1_000,
            "messages that make a batch full; twice as many are handed out unacknowledged, which bounds the memory",
        );
        Some(Self {
            ops_addr: ops_addr?,
            rabbit: rabbit?,
            database: database?,
            geo_files: geo_files?,
            allow_unsafe: allow_unsafe?,
            loaders: loaders?,
            limits: BatchLimits {
                rows_max: rows_max?,
                bytes_max: bytes_max?,
                messages_max: messages_max?,
                age_max: Duration::from_millis(age_ms?),
                quiet_max: Duration::from_millis(QUIET_MS),
            },
        })
    }
}
