//! The wiring: listeners, publisher, routes, and the order in which they end.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::{App as HttpApp, HttpServer, web};
use anyhow::Context;
use prometheus::Registry;
use shared::ops::{self, Readiness};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::http::{self, Collector};
use crate::metrics::Metrics;
use crate::publisher::Publisher;

/// Longest drain of requests in flight at shutdown, in seconds.
const HTTP_DRAIN_S: u64 = 10;
/// Longest drain of publishes in flight after that, in seconds.
const PUBLISH_DRAIN_S: u64 = 10;

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
        let metrics = Metrics::new(&registry)?;
        let readiness = Readiness::not_yet("starting");
        let ops = ops::serve(self.ops, registry, readiness.clone())?;
        let ops_handle = ops.handle();
        let ops_task = tokio::spawn(ops);

        let (publisher, publishing) = Publisher::start(self.config.rabbit, metrics.clone());
        let state = web::Data::new(Collector {
            publisher,
            metrics,
            trusted_proxies: self.config.trusted_proxies.into(),
        });
        let routes_state = state.clone();
        let server = HttpServer::new(move || {
            HttpApp::new().app_data(routes_state.clone()).wrap(http::cors()).configure(http::routes)
        })
        .workers(self.config.http_workers)
        .disable_signals()
        .shutdown_timeout(HTTP_DRAIN_S)
        .listen(self.public)?
        .run();
        let http_handle = server.handle();
        let http_task = tokio::spawn(server);
        readiness.set_ready();

        shutdown.cancelled().await;
        readiness.set_not_ready("draining");
        http_handle.stop(true).await;
        http_task.await??;
        // The last publisher handle goes; the publisher then finishes what it holds and ends.
        drop(state);
        if timeout(Duration::from_secs(PUBLISH_DRAIN_S), publishing).await.is_err() {
            tracing::warn!("publishes in flight were not confirmed in time; none of them was answered 202");
        }
        ops_handle.stop(false).await;
        ops_task.await??;
        tracing::info!("drained");
        Ok(())
    }
}
