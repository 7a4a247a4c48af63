//! The collector's settings, read once.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use shared::queue::rabbitmq::RabbitConfig;
use shared::service;
use shared::settings::Settings;

use crate::publisher::GroupLimits;

/// Longest a request waits for its confirm, in milliseconds, unless set otherwise. With it, whoever is refused knows
/// within 100 ms.
const ANSWER_LIMIT_MS_DEFAULT: u64 = 80;

/// Everything that can be set about a collector.
pub struct Config {
    /// Where the public listener binds.
    pub public_addr: SocketAddr,
    /// Where the operations listener binds.
    pub ops_addr: SocketAddr,
    /// The broker and the names there.
    pub rabbit: RabbitConfig,
    /// Where the projects are read.
    pub database: tokio_postgres::Config,
    /// Peers whose `X-Forwarded-For` is believed; none by default.
    pub trusted_proxies: Vec<IpNet>,
    /// Threads that serve HTTP.
    pub http_workers: usize,
    /// Longest a request waits for its confirm.
    pub answer_limit: Duration,
    /// How far envelopes share messages; not set from outside.
    pub group: GroupLimits,
    /// Requests a second of one network, 0 for no limit.
    pub address_requests_per_s: u32,
    /// Events a second of one project, 0 for no limit.
    pub project_events_per_s: u32,
}

impl service::Config for Config {
    const NAME: &'static str = "collector";

    fn from_settings(settings: &mut Settings) -> Option<Self> {
        let default = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let public_addr =
            settings.or("FOOTFALL_PUBLIC_ADDR", default(8080), "where the public listener binds");
        let ops_addr =
            settings.or("FOOTFALL_OPS_ADDR", default(9080), "where /livez, /readyz and /metrics are");
        let rabbit = RabbitConfig::read(settings);
        let database = settings.required(
            "DATABASE_URL",
            "where the projects are read, as postgres://user:password@host/name; it may be away",
        );
        let trusted_proxies = settings.list(
            "FOOTFALL_TRUSTED_PROXIES",
            "networks whose X-Forwarded-For is believed, as 10.0.0.0/8,2001:db8::/32; empty believes nobody",
        );
        let http_workers = settings.or_within("FOOTFALL_HTTP_WORKERS", 2, 1..=64, "threads that serve HTTP");
        let answer_limit_ms = settings.or_within(
            "FOOTFALL_ANSWER_LIMIT_MS",
            ANSWER_LIMIT_MS_DEFAULT,
            10..=20_000,
            "longest a request waits for its confirm before it is told to come back, in milliseconds; at least three \
             times the 99th percentile of the broker's confirms",
        );
        let address_requests_per_s = settings.or(
            "FOOTFALL_ADDRESS_REQUESTS_PER_S",
            200,
            "requests a second from one network (/24, /48), for each collector; 0 for no limit",
        );
        let project_events_per_s = settings.or(
            "FOOTFALL_PROJECT_EVENTS_PER_S",
            5_000,
            "events a second for one project, for each collector; 0 for no limit",
        );
        Some(Self {
            public_addr: public_addr?,
            ops_addr: ops_addr?,
            rabbit: rabbit?,
            database: database?,
            trusted_proxies: trusted_proxies?,
            http_workers: http_workers?,
            answer_limit: Duration::from_millis(answer_limit_ms?),
            group: GroupLimits::default(),
            address_requests_per_s: address_requests_per_s?,
            project_events_per_s: project_events_per_s?,
        })
    }
}
