//! The wiring: operations listener, geo databases, store, loop, and the order in which they end.

use std::net::TcpListener;

use anyhow::Context;
use prometheus::Registry;
use shared::ops::{self, Readiness};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::consume::Writer;
use crate::enrich::Enricher;
use crate::enrich::geo::Geo;
use crate::fold;
use crate::maintain::keep;
use crate::metrics::Metrics;
use crate::store::{Store, UnsafeSettings};

/// A writer with its listener bound and its geo databases read, not yet consuming.
pub struct App {
    config: Config,
    ops: TcpListener,
    geo: Geo,
}

impl App {
    /// Binds the listener, logs where, and reads the geo databases.
    ///
    /// # Errors
    /// When the address can't be bound, or a geo file is not one we can read.
    pub fn build(config: Config) -> anyhow::Result<Self> {
        let ops =
            TcpListener::bind(config.ops_addr).with_context(|| format!("binding {}", config.ops_addr))?;
        let geo = Geo::open(&config.geo_files)?;
        tracing::info!(ops_addr = %ops.local_addr()?, "listening");
        Ok(Self { config, ops, geo })
    }

    /// Stores what comes until `shutdown`, then stores what it has gathered, and ends.
    ///
    /// # Errors
    /// When the listener fails, or the database is not the one this build was made for.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry)?;
        let readiness = Readiness::not_yet("starting");
        let ops = ops::serve(self.ops, registry, readiness.clone())?;
        let ops_handle = ops.handle();
        let ops_task = tokio::spawn(ops);

        let unsafe_settings = match self.config.allow_unsafe {
            true => UnsafeSettings::Allowed,
            false => UnsafeSettings::Refused,
        };
        let keeping =
            tokio::spawn(keep(self.config.database.clone(), metrics.clone(), shutdown.child_token()));
        let folding =
            tokio::spawn(fold::keep(self.config.database.clone(), metrics.clone(), shutdown.child_token()));
        let writer = Writer {
            rabbit: self.config.rabbit,
            limits: self.config.limits,
            enricher: Enricher::new(self.geo),
            store: Store::new(self.config.database).with_unsafe_settings(unsafe_settings),
            metrics,
            readiness: readiness.clone(),
            unstored: None,
        };
        let stored = writer.run(&shutdown).await;
        // A step that is cut off is rolled back.
        keeping.abort();
        folding.abort();
        readiness.set_not_ready("stopped");
        ops_handle.stop(false).await;
        ops_task.await??;
        stored.context("stopped; nothing was acknowledged that is not stored")?;
        tracing::info!("drained");
        Ok(())
    }
}
