//! The collector's settings, read once.

use std::net::SocketAddr;

use ipnet::IpNet;
use shared::queue::rabbitmq::RabbitConfig;
use shared::service;
use shared::settings::Settings;

/// Everything that can be set about a collector.
pub struct Config {
    /// Where the public listener binds.
    pub public_addr: SocketAddr,
    /// Where the operations listener binds.
    pub ops_addr: SocketAddr,
    /// The broker and the names there.
    pub rabbit: RabbitConfig,
    /// Peers whose `X-Forwarded-For` is believed; none by default.
    pub trusted_proxies: Vec<IpNet>,
    /// Threads that serve HTTP.
    pub http_workers: usize,
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
        let trusted_proxies = settings.list(
            "FOOTFALL_TRUSTED_PROXIES",
            "networks whose X-Forwarded-For is believed, as 10.0.0.0/8,2001:db8::/32; empty believes nobody",
        );
        let http_workers = settings.or_within("FOOTFALL_HTTP_WORKERS", 2, 1..=64, "threads that serve HTTP");
        Some(Self {
            public_addr: public_addr?,
            ops_addr: ops_addr?,
            rabbit: rabbit?,
            trusted_proxies: trusted_proxies?,
            http_workers: http_workers?,
        })
    }
}
