//! The database, as its owner: what operators do, no service may.

use std::time::Duration;

use shared::settings::Settings;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, NoTls};

use crate::failure::Failure;

/// Longest wait for a connection, in seconds.
const CONNECT_LIMIT_S: u64 = 10;
/// Session settings: nothing waits for ever, and the owner's role is taken, whoever logs in.
const SESSION: &str = "-c application_name=footfall -c timezone=UTC -c lock_timeout=5s \
                       -c statement_timeout=60s -c role=footfall_migrate";

/// Reads `DATABASE_URL`.
pub(crate) fn settings() -> Result<Config, Failure> {
    let mut settings = Settings::from_env();
    let about =
        "the database, as postgres://user:password@host/name; the user is a member of footfall_migrate";
    let config = settings.required::<Config>("DATABASE_URL", about);
    settings.build(|| config).map_err(|error| Failure::Use(error.to_string()))
}

/// The configuration of a session of the owner's.
pub(crate) fn as_owner(mut config: Config) -> Config {
    let given = config.get_options().unwrap_or_default().to_owned();
    config.options(format!("{SESSION} {given}")).connect_timeout(Duration::from_secs(CONNECT_LIMIT_S));
    config
}

/// A connection as the owner.
pub(crate) async fn connect() -> Result<Client, Failure> {
    open(&as_owner(settings()?)).await
}

/// A connection.
pub(crate) async fn open(config: &Config) -> Result<Client, Failure> {
    let connecting = timeout(Duration::from_secs(CONNECT_LIMIT_S), config.connect(NoTls)).await;
    let (client, connection) = connecting.map_err(|_elapsed| {
        let problem =
            format!("the database does not answer within {CONNECT_LIMIT_S} s: look at DATABASE_URL");
        Failure::Refused(problem)
    })??;
    // Its end shows in the statement that it interrupts.
    tokio::spawn(async move { connection.await.is_ok() });
    Ok(client)
}
