#![doc = include_str!("../README.md")]

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};

mod embedded {
    refinery::embed_migrations!("sql");
}

/// How long to wait for another runner to finish, in seconds.
const LOCK_WAIT_S: u64 = 300;
/// Pause between two looks at the lock, in milliseconds.
const LOCK_POLL_MS: u64 = 200;
/// The advisory lock that one runner holds at a time: "FOOT" in ASCII.
const LOCK_KEY: i64 = 0x46_4f_4f_54;
/// Month partitions kept ahead of the present one.
const MONTHS_AHEAD: i32 = 3;
/// Month partitions behind the present one: an event may be a week old when it comes.
const MONTHS_BEHIND: i32 = 1;

/// What a run changed; nothing, where the database was up to date.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// Migrations applied, in order, as `V1__projects`.
    pub applied: Vec<String>,
    /// Month partitions made, of both tables together.
    pub partitions_made: i32,
}

/// Why the database is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be reached, or refused a statement outside of the migrations.
    #[error("{doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What Postgres or the network said.
        source: tokio_postgres::Error,
    },
    /// A migration failed and was rolled back; those before it stand.
    #[error("a migration failed; those before it stand")]
    Migration(#[source] refinery::Error),
    /// Another runner held the lock all the time.
    #[error("another migration has been running for {LOCK_WAIT_S} s; look for it in pg_stat_activity")]
    Busy,
}

/// Makes the roles, applies what is missing, makes the month partitions ahead.
///
/// Safe to run twice, and safe when two run at once: the second waits for the first and finds nothing to do.
///
/// # Errors
/// [`MigrateError`]; what was applied before it stands, and the next run goes on from there.
pub async fn migrate(database_url: &str) -> Result<Report, MigrateError> {
    // The lock has a connection of its own: polled, not waited for, since a waiting transaction would block
    // `create index concurrently` in a migration for ever.
    let lock = connect(database_url).await?;
    take_lock(&lock).await?;
    let mut client = connect(database_url).await?;
    let report = apply(&mut client).await;
    // Dropping the connection frees the lock, also when the unlock could not be sent.
    drop(lock);
    report
}

/// The newest migration of this build.
pub fn latest_version() -> i32 {
    let migrations = embedded::migrations::runner();
    migrations.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or_default()
}

async fn apply(client: &mut Client) -> Result<Report, MigrateError> {
    let failed = |doing| move |source| MigrateError::Database { doing, source };

    client.batch_execute(include_str!("../sql/roles.sql")).await.map_err(failed("making the roles"))?;
    client.batch_execute("set role footfall_migrate").await.map_err(failed("becoming footfall_migrate"))?;

    let run = embedded::migrations::runner().run_async(client).await.map_err(MigrateError::Migration)?;
    let applied = run.applied_migrations().iter().map(ToString::to_string).collect();

    let ahead = client
        .query_one(
            "select ensure_partitions((now() at time zone 'UTC' - make_interval(months => $1))::date, \
                                      (now() at time zone 'UTC' + make_interval(months => $2))::date)",
            &[&MONTHS_BEHIND, &MONTHS_AHEAD],
        )
        .await
        .map_err(failed("making the month partitions"))?;
    Ok(Report { applied, partitions_made: ahead.get(0) })
}

async fn take_lock(client: &Client) -> Result<(), MigrateError> {
    let deadline = Instant::now() + Duration::from_secs(LOCK_WAIT_S);
    while Instant::now() < deadline {
        let row = client
            .query_one("select pg_try_advisory_lock($1)", &[&LOCK_KEY])
            .await
            .map_err(|source| MigrateError::Database { doing: "taking the migration lock", source })?;
        if row.get(0) {
            return Ok(());
        }
        sleep(Duration::from_millis(LOCK_POLL_MS)).await;
    }
    Err(MigrateError::Busy)
}

async fn connect(database_url: &str) -> Result<Client, MigrateError> {
    let (client, connection) = tokio_postgres::connect(database_url, NoTls)
        .await
        .map_err(|source| MigrateError::Database { doing: "connecting to the database", source })?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "a migration's connection was lost");
        }
    });
    Ok(client)
}
