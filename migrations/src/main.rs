//! `migrate`: brings the database named by `DATABASE_URL` up to date, says what it did, and ends.

use std::process::ExitCode;

use secrecy::{ExposeSecret, SecretString};
use shared::service;
use shared::settings::Settings;

/// What to migrate.
struct Config {
    database_url: SecretString,
}

impl service::Config for Config {
    const NAME: &'static str = "migrate";

    fn from_settings(settings: &mut Settings) -> Option<Self> {
        let about = "the database to migrate, as postgres://user:password@host/name";
        let database_url = settings.required::<String>("DATABASE_URL", about);
        Some(Self { database_url: database_url?.into() })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    service::run(async |config: Config, _shutdown| migrate(&config).await).await
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let report = migrations::migrate(config.database_url.expose_secret()).await?;
    tracing::info!(
        applied = report.applied.len(),
        partitions_made = report.partitions_made,
        "the database is up to date"
    );
    Ok(())
}
