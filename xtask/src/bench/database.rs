//! Databases of a server, and connections to them.

use anyhow::{Context, Result};
use tokio_postgres::{Client, Config, NoTls};

/// A connection of the benchmark's own.
///
/// # Errors
/// When the server refuses it.
pub(super) async fn connect(url: &str) -> Result<Client> {
    let config: Config = url.parse().context("reading the database's URL")?;
    let (client, connection) = config.connect(NoTls).await.context("connecting to Postgres")?;
    tokio::spawn(connection);
    Ok(client)
}

/// `url` with another database of the same server.
pub(super) fn with_database(url: &str, name: &str) -> String {
    let (server, options) = match url.split_once('?') {
        Some((server, options)) => (server, format!("?{options}")),
        None => (url, String::new()),
    };
    let server = server.rsplit_once('/').map_or(server, |(server, _)| server);
    format!("{server}/{name}{options}")
}

/// `url` with the rights of a role and no others.
pub(super) fn as_role(url: &str, role: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}options=-c%20role%3D{role}")
}
