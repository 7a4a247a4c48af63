//! `migrate`: brings the database named by `DATABASE_URL` up to date, says what it did, and ends.

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use shared::settings::Settings;
use shared::telemetry;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut settings = Settings::from_env();
    let url =
        settings.required::<String>("DATABASE_URL", "the database to migrate, as postgres://user@host/name");
    let url: SecretString = settings.build(|| url)?.into();
    telemetry::init("info".parse().context("reading the log filter")?);

    let report = migrations::migrate(url.expose_secret()).await?;
    tracing::info!(
        applied = report.applied.len(),
        partitions_made = report.partitions_made,
        "the database is up to date"
    );
    Ok(())
}
