//! The reporter's settings, read once.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use shared::service;
use shared::settings::Settings;
use tokio_postgres::config::SslMode;

/// Everything that can be set about a reporter.
#[derive(Debug)]
pub struct Config {
    /// The database to read.
    pub database: DatabaseTarget,
    /// Where the public listener binds.
    pub public_addr: SocketAddr,
    /// Where the operations listener binds.
    pub ops_addr: SocketAddr,
    /// Threads that serve HTTP.
    pub http_workers: usize,
    /// Connections to the database that each of those threads may hold.
    pub database_connections: usize,
    /// Longest time Postgres may spend on one statement.
    pub statement_timeout: Duration,
    /// How long a finished answer is given to whoever asks the same; zero: never.
    pub answer_ttl: Duration,
    /// How often one may ask.
    pub limits: Limits,
    /// Peers whose `X-Forwarded-For` is believed; none by default.
    pub trusted_proxies: Vec<IpNet>,
}

/// How often one may ask, for each reporter; 0 for no limit.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests a second with one key or share link.
    pub key_requests_per_s: u32,
    /// Requests a second from one network without a key that is known to be good.
    pub stranger_requests_per_s: u32,
}

impl service::Config for Config {
    const NAME: &'static str = "reporter";

    fn from_settings(settings: &mut Settings) -> Option<Self> {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let database =
            settings.required("DATABASE_URL", "the database, as postgres://user:password@host:5432/name");
        let public_addr = settings.or("FOOTFALL_PUBLIC_ADDR", local(8083), "where the public listener binds");
        let ops_addr =
            settings.or("FOOTFALL_OPS_ADDR", local(9083), "where /livez, /readyz and /metrics are");
        let http_workers = settings.or_within("FOOTFALL_HTTP_WORKERS", 2, 1..=64, "threads that serve HTTP");
        let database_connections = settings.or_within(
            "FOOTFALL_DATABASE_CONNECTIONS",
            4,
            1..=64,
            "connections to the database that each HTTP worker may hold",
        );
        let statement_timeout_ms = settings.or_within(
            "FOOTFALL_STATEMENT_TIMEOUT_MS",
            2_000,
            1..=60_000,
            "longest time Postgres may spend on one statement, in milliseconds",
        );
        let answer_ttl_ms = settings.or_within(
            "FOOTFALL_ANSWER_TTL_MS",
            500,
            0..=10_000,
            "how long a finished answer is given to whoever asks the same, in milliseconds; 0: never",
        );
        let key_requests_per_s = settings.or(
            "FOOTFALL_KEY_REQUESTS_PER_S",
            200,
            "requests a second with one key or share link, for each reporter; 0 for no limit",
        );
        let stranger_requests_per_s = settings.or(
            "FOOTFALL_STRANGER_REQUESTS_PER_S",
            10,
            "requests a second from one network (/24, /48) without a key that is known to be good, for each reporter; \
             0 for no limit",
        );
        let trusted_proxies = settings.list(
            "FOOTFALL_TRUSTED_PROXIES",
            "networks whose X-Forwarded-For is believed, as 10.0.0.0/8,2001:db8::/32; empty believes nobody",
        );
        Some(Self {
            database: database?,
            public_addr: public_addr?,
            ops_addr: ops_addr?,
            http_workers: http_workers?,
            database_connections: database_connections?,
            statement_timeout: Duration::from_millis(statement_timeout_ms?),
            answer_ttl: Duration::from_millis(answer_ttl_ms?),
            limits: Limits {
                key_requests_per_s: key_requests_per_s?,
                stranger_requests_per_s: stranger_requests_per_s?,
            },
            trusted_proxies: trusted_proxies?,
        })
    }
}

/// A database that can be connected to, as far as its URL tells; printing it shows no password.
#[derive(Debug, Clone)]
pub struct DatabaseTarget(tokio_postgres::Config);

impl DatabaseTarget {
    /// What the driver connects with.
    pub(crate) fn driver_config(&self) -> tokio_postgres::Config {
        self.0.clone()
    }
}

/// Why a URL can't be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// It can't be parsed. The parser's own words are left out, since they may repeat a part of the URL.
    #[error("not a connection string")]
    Malformed,
    /// It names no host, so the driver would fail at every connect.
    #[error("it names no host")]
    NoHost,
    /// It demands TLS, which this build does not speak.
    #[error("it demands TLS, which this build does not speak: use sslmode=prefer or disable")]
    TlsDemanded,
}

impl FromStr for DatabaseTarget {
    type Err = InvalidDatabaseUrl;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let config: tokio_postgres::Config = url.parse().map_err(|_| InvalidDatabaseUrl::Malformed)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(InvalidDatabaseUrl::NoHost);
        }
        if config.get_ssl_mode() == SslMode::Require {
            return Err(InvalidDatabaseUrl::TlsDemanded);
        }
        Ok(Self(config))
    }
}

#[cfg(test)]
mod tests {
    use shared::service::Config as _;

    use super::*;

    fn read(pairs: &'static [(&str, &str)]) -> Result<Config, String> {
        let lookup =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(Settings::new(lookup)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_bad_url_is_reported_with_the_other_problems_and_not_repeated() {
        let problems = read(&[
            ("DATABASE_URL", "postgres://me:s3cret@host:port/"),
            ("FOOTFALL_HTTP_WORKERS", "0"),
            ("FOOTFALL_STATEMENT_TIMEOUT_MS", "soon"),
        ])
        .unwrap_err();
        for part in [
            "3 setting(s)",
            "DATABASE_URL can't be read",
            "FOOTFALL_HTTP_WORKERS is 0",
            "FOOTFALL_STATEMENT_TIMEOUT_MS can't",
        ] {
            assert!(problems.contains(part), "{part} is missing in {problems}");
        }
        assert!(!problems.contains("s3cret"));
    }

    #[test]
    fn a_url_that_could_never_connect_is_refused_at_the_start() {
        let refused = |url: &str| url.parse::<DatabaseTarget>().map(|_| ()).unwrap_err();
        assert_eq!(refused("postgres:///footfall"), InvalidDatabaseUrl::NoHost);
        assert_eq!(refused("postgres://db/footfall?sslmode=require"), InvalidDatabaseUrl::TlsDemanded);
    }

    #[test]
    fn defaults_need_nothing_but_the_database_and_no_password_is_printed() {
        let config = read(&[("DATABASE_URL", "postgres://me:s3cret@db/footfall")]).unwrap();
        assert_eq!(config.public_addr.to_string(), "127.0.0.1:8083");
        assert_eq!(config.statement_timeout, Duration::from_secs(2));
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
