//! The wiring: listeners, workers each with its own connections, readiness, and the order in which they end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App as HttpApp, HttpServer, web};
use anyhow::Context;
use prometheus::Registry;
use shared::ops::{self, Readiness};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::auth::Eyes;
use crate::config::Config;
use crate::db::Database;
use crate::http::{self, Answers, Desk, Shared};
use crate::kept::Kept;
use crate::live::Live;
use crate::metrics::Metrics;

/// Longest drain of requests in flight at shutdown, in seconds.
const HTTP_DRAIN_S: u64 = 10;
/// How often readiness asks the database, in milliseconds.
const READINESS_INTERVAL_MS: u64 = 2_000;
/// Connections that readiness may hold.
const READINESS_CONNECTIONS: usize = 1;

/// A reporter with its listeners bound, not yet serving.
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
        tracing::info!(public_addr = %public.local_addr()?, ops_addr = %ops.local_addr()?, "listening");
        Ok(Self { config, public, ops })
    }

    /// Where the public listener is bound.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn public_addr(&self) -> std::io::Result<SocketAddr> {
        self.public.local_addr()
    }

    /// Where the operations listener is bound.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ops_addr(&self) -> std::io::Result<SocketAddr> {
        self.ops.local_addr()
    }

    /// Serves until `shutdown`, then answers what is in flight.
    ///
    /// # Errors
    /// When a listener fails. A database that is away is no error: requests are answered 503 meanwhile.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry)?;
        let readiness = Readiness::not_yet("the database was not asked yet");
        let watched =
            Database::open(&self.config.database, READINESS_CONNECTIONS, self.config.statement_timeout)?;
        let watching = tokio::spawn(watch_database(watched, readiness.clone(), shutdown.clone()));
        let ops = ops::serve(self.ops, registry, readiness)?;
        let ops_handle = ops.handle();
        let ops_task = tokio::spawn(ops);

        serve(self.config, self.public, metrics, shutdown.clone())?.await?;
        // Also when the listener ended by itself: whatever runs beside it ends with it.
        shutdown.cancel();
        watching.await?;
        ops_handle.stop(false).await;
        ops_task.await??;
        tracing::info!("drained");
        Ok(())
    }
}

/// The public listener, until `shutdown` and the end of the requests in flight.
fn serve(
    config: Config,
    listener: TcpListener,
    metrics: Metrics,
    shutdown: CancellationToken,
) -> std::io::Result<Server> {
    let shared = Shared {
        eyes: Arc::new(Eyes::new(&config.limits, config.trusted_proxies.clone())),
        kept: Arc::new(Kept::default()),
        answers: Answers::new(config.answer_ttl, metrics.clone()),
        live: Live::new(metrics.clone()),
        metrics,
        shutdown: shutdown.clone(),
    };
    let workers = config.http_workers;
    let server = HttpServer::new(move || {
        let (target, shared) = (config.database.clone(), shared.clone());
        let (connections, statement_timeout) = (config.database_connections, config.statement_timeout);
        HttpApp::new()
            .app_data(web::Data::new(shared.metrics.clone()))
            // Run on the worker's own thread: so are the tasks that drive the connections it opens.
            .data_factory(move || {
                let database = Database::open(&target, connections, statement_timeout);
                let shared = shared.clone();
                async move { database.map(|database| Desk { database: Arc::new(database), shared }) }
            })
            .wrap(http::default_headers())
            .wrap(from_fn(http::measure))
            .configure(http::routes)
    });
    let server = server.workers(workers).disable_signals().shutdown_signal(shutdown.cancelled_owned());
    Ok(server.shutdown_timeout(HTTP_DRAIN_S).listen(listener)?.run())
}

/// Ready while the database answers; logs each change, once.
async fn watch_database(database: Database, readiness: Readiness, shutdown: CancellationToken) {
    let mut ticks = interval(Duration::from_millis(READINESS_INTERVAL_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_ready = None;
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        let answered = database.ping().await;
        if was_ready == Some(answered.is_ok()) {
            continue;
        }
        was_ready = Some(answered.is_ok());
        match answered {
            Ok(()) => {
                readiness.set_ready();
                tracing::info!("the database answers");
            }
            Err(error) => {
                readiness.set_not_ready("the database does not answer");
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(
                    error,
                    "the database does not answer; requests are answered 503 until it does"
                );
            }
        }
    }
    readiness.set_not_ready("draining");
}
