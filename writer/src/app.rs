//! The wiring: operations listener, geo databases, loaders, and the order in which they end.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context;
use prometheus::Registry;
use shared::ops::{self, Readiness};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::consume::Loader;
use crate::enrich::Enricher;
use crate::enrich::geo::Geo;
use crate::fold;
use crate::loaders::{self, Consuming};
use crate::maintain::keep;
use crate::metrics::Metrics;
use crate::progress::{self, Progress};
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
        let (progress, stored_all) = (Progress::default(), CancellationToken::new());
        let reporting = tokio::spawn(progress::keep(
            self.config.database.clone(),
            self.config.rabbit.clone(),
            progress.clone(),
            metrics.clone(),
            stored_all.clone(),
        ));
        let count = self.config.loaders;
        let consuming = Consuming::none_of(count, readiness.clone(), metrics.consuming.clone());
        let enricher = Arc::new(Enricher::new(self.geo));
        let loaders = (0..count).map(|_| Loader {
            rabbit: self.config.rabbit.clone(),
            limits: self.config.limits,
            enricher: Arc::clone(&enricher),
            store: Store::new(self.config.database.clone())
                .with_unsafe_settings(unsafe_settings)
                .with_stages(metrics.stages.clone()),
            metrics: metrics.clone(),
            progress: progress.clone(),
            consuming: consuming.clone(),
            unstored: None,
        });
        let stored = loaders::run(loaders.collect(), &shutdown).await;
        stored_all.cancel();
        let _reported = reporting.await;
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
