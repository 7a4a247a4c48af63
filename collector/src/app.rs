//! The wiring: listeners, publisher, routes, and the order in which they end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App as HttpApp, HttpServer, web};
use anyhow::Context;
use ipnet::IpNet;
use prometheus::Registry;
use shared::ops::{self, Readiness};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::http::{self, Collector};
use crate::metrics::Metrics;
use crate::projects::Projects;
use crate::publisher::Publisher;
use crate::rate::RateLimits;

/// Longest drain of requests in flight at shutdown, in seconds.
const HTTP_DRAIN_S: u64 = 10;

/// Longest time a client may take to send a request's head, in seconds.
const HEAD_LIMIT_S: u64 = 5;
/// Longest time a connection may be idle between two requests, in seconds.
const KEEP_ALIVE_S: u64 = 15;
/// Most connections a worker holds; the next ones wait to be accepted.
const CONNECTIONS_MAX: usize = 8_192;

/// A collector with its listeners bound, not yet serving.
pub struct App {
    config: Config,
    public: TcpListener,
    ops: TcpListener,
}

impl App {
    /// Binds both listeners, and logs where: with port 0 the system chooses.
    ///
    /// # Errors
    /// When an address can't be bound.
    pub fn build(config: Config) -> anyhow::Result<Self> {
        let bind = |addr| TcpListener::bind(addr).with_context(|| format!("binding {addr}"));
        let (public, ops) = (bind(config.public_addr)?, bind(config.ops_addr)?);
        let app = Self { config, public, ops };
        let (public_addr, ops_addr) = app.addresses()?;
        tracing::info!(%public_addr, %ops_addr, "listening");
        Ok(app)
    }

    /// Where the two listeners are bound: public, operations.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn addresses(&self) -> std::io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.public.local_addr()?, self.ops.local_addr()?))
    }

    /// Serves until `shutdown`, then finishes what is in flight: requests first, then their publishes.
    ///
    /// # Errors
    /// When a listener fails. A broker that is away is no error: requests are answered 503 meanwhile.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let registry = Registry::new();
        let stop_tasks = CancellationToken::new();
        let (projects, following) = Projects::start(self.config.database, stop_tasks.clone());
        let metrics = Metrics::new(&registry, projects.clone())?;
        let readiness = Readiness::not_yet("starting");
        let ops = ops::serve(self.ops, registry, readiness.clone())?;
        let ops_handle = ops.handle();
        let ops_task = tokio::spawn(ops);

        let (publisher, publishing) = Publisher::start(
            self.config.rabbit,
            self.config.group,
            self.config.answer_limit,
            metrics.clone(),
            stop_tasks.clone(),
        );
        let rates =
            Arc::new(RateLimits::new(self.config.address_requests_per_s, self.config.project_events_per_s));
        let trusted_proxies: Arc<[IpNet]> = self.config.trusted_proxies.into();
        // Runs once on each worker's thread: what a request touches stays there.
        let server = HttpServer::new(move || {
            let collector = Collector {
                outbox: publisher.outbox(),
                metrics: metrics.clone(),
                trusted_proxies: Arc::clone(&trusted_proxies),
                rates: Arc::clone(&rates),
                projects: projects.clone(),
            };
            HttpApp::new().app_data(web::Data::new(collector)).wrap(http::cors()).configure(http::routes)
        })
        .workers(self.config.http_workers)
        .disable_signals()
        .shutdown_timeout(HTTP_DRAIN_S)
        .client_request_timeout(Duration::from_secs(HEAD_LIMIT_S))
        .keep_alive(Duration::from_secs(KEEP_ALIVE_S))
        .max_connections(CONNECTIONS_MAX)
        .listen(self.public)?
        .run();
        let http_handle = server.handle();
        let http_task = tokio::spawn(server);
        readiness.set_ready();

        shutdown.cancelled().await;
        readiness.set_not_ready("draining");
        http_handle.stop(true).await;
        http_task.await??;
        // Every request has its answer; nobody is left to publish.
        stop_tasks.cancel();
        publishing.await?;
        following.await?;
        ops_handle.stop(false).await;
        ops_task.await??;
        tracing::info!("drained");
        Ok(())
    }
}
