//! A connection of the store's: opened within a limit, on a server whose settings were looked at.

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

use super::ledger::Habit;
use super::{CONNECT_LIMIT_S, Connected, StoreError, UnsafeSettings, transaction};
use crate::safety::{self, State};

/// Opens a connection, and learns what it may do.
pub(super) async fn connect(
    config: &tokio_postgres::Config,
    unsafe_settings: UnsafeSettings,
) -> Result<Connected, StoreError> {
    let connecting = timeout(Duration::from_secs(CONNECT_LIMIT_S), config.connect(NoTls));
    let (client, connection) = connecting
        .await
        .map_err(|_elapsed| StoreError::Away(format!("no connection within {CONNECT_LIMIT_S} s").into()))?
        // Whatever a connection fails of, a wrong password included, may be mended while we wait.
        .map_err(|error| StoreError::Away(error.into()))?;
    let connection = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the database ended");
        }
    });
    if unsafe_settings != UnsafeSettings::NotLookedFor {
        look_for_unsafe_settings(&client, unsafe_settings == UnsafeSettings::Allowed).await?;
    }
    let client = ClientWrapper::new(client, connection);
    let may_skip_triggers = transaction::may_skip_triggers(&client).await?;
    if !may_skip_triggers {
        tracing::warn!(
            "this role may not set session_replication_role: foreign keys are checked row by row, which halves the rate"
        );
    }
    Ok(Connected { client, may_skip_triggers, habit: Habit::default() })
}

async fn look_for_unsafe_settings(client: &Client, is_allowed: bool) -> Result<(), StoreError> {
    let checks = safety::check(client).await?;
    for check in checks.iter().filter(|check| check.state != State::Ok) {
        tracing::warn!(setting = check.name, "{}", check.line());
    }
    let bad: Vec<String> =
        checks.iter().filter(|check| check.state == State::Bad).map(safety::Check::line).collect();
    if bad.is_empty() || is_allowed {
        return Ok(());
    }
    let problem = format!("{}. Or set FOOTFALL_ALLOW_UNSAFE=true, and live with it", bad.join(". "));
    Err(StoreError::Stop(problem.into()))
}
