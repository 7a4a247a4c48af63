//! Databases that each round finds empty: copies of a migrated one.

use anyhow::Result;
use tokio_postgres::Client;

use crate::bench::database::{connect, with_database};
use crate::bench::stage::make_projects;

/// Migrated, with the projects in it; copied for each round.
const TEMPLATE: &str = "footfall_bench_template";
/// Where writers store.
const DRAINED: &str = "footfall_bench_drained";
/// Where bare COPY loads.
const COPIED: &str = "footfall_bench_copied";

/// The database server, by its maintenance database.
pub(super) struct Databases {
    maintenance_url: String,
    client: Client,
}

impl Databases {
    /// Makes the template.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn prepare(maintenance_url: &str) -> Result<Self> {
        let client = connect(maintenance_url).await?;
        client.batch_execute(&format!("drop database if exists {TEMPLATE} with (force)")).await?;
        client.batch_execute(&format!("create database {TEMPLATE}")).await?;
        let databases = Self { maintenance_url: maintenance_url.to_owned(), client };
        make_projects(&databases.url(TEMPLATE)).await?;
        Ok(databases)
    }

    /// The database that the last writers stored into.
    pub(super) fn drained_url(&self) -> String {
        self.url(DRAINED)
    }

    /// An empty database for writers.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn fresh_for_writers(&self) -> Result<String> {
        self.fresh(DRAINED).await
    }

    /// An empty database for bare COPY: the same tables and indexes without foreign keys.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn fresh_for_copy(&self) -> Result<String> {
        let url = self.fresh(COPIED).await?;
        let client = connect(&url).await?;
        client.batch_execute(include_str!("drop_foreign_keys.sql")).await?;
        Ok(url)
    }

    async fn fresh(&self, name: &str) -> Result<String> {
        self.client.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
        self.client.batch_execute(&format!("create database {name} template {TEMPLATE}")).await?;
        // Whoever is measured next pays for its own pages only, and meets no checkpoint of another's.
        self.client.batch_execute("checkpoint").await?;
        Ok(self.url(name))
    }

    fn url(&self, name: &str) -> String {
        with_database(&self.maintenance_url, name)
    }
}
