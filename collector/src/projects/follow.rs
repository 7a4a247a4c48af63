//! The task that keeps the copy as Postgres is: asks for the version, reads again when it changed, connects again when lost.

use std::convert::Infallible;
use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use shared::backoff::Backoff;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_postgres::{Client, NoTls};
use tokio_util::sync::CancellationToken;

use super::Projects;
use super::load::{load, version};

/// How often the version is asked, in milliseconds.
pub const REFRESH_MS: u64 = 1_000;
/// Longest wait for a connection, in milliseconds.
const CONNECT_LIMIT_MS: u64 = 5_000;
/// Longest wait for the version, in milliseconds.
const VERSION_LIMIT_MS: u64 = 3_000;
/// Longest reading of the tables, in milliseconds.
const LOAD_LIMIT_MS: u64 = 20_000;
/// Longest silence of a peer with data under way, in milliseconds: finds a host that vanished.
const TCP_USER_TIMEOUT_MS: u64 = 10_000;
/// First and longest wait before Postgres is tried again, in milliseconds.
const RECONNECT_MS: (u64, u64) = (200, 5_000);
/// What every session is told: it writes nothing, and Postgres gives up before we do.
const SESSION: &str =
    "-c default_transaction_read_only=on -c statement_timeout=15s -c lock_timeout=5s -c timezone=UTC";

/// Why a session ended; what is next is always another one.
#[derive(Debug, thiserror::Error)]
enum SessionLost {
    #[error("Postgres can't be reached, or refused a statement")]
    Database(#[from] tokio_postgres::Error),
    #[error("Postgres did not answer within {limit_ms} ms")]
    Silent { limit_ms: u64 },
}

/// What the task knows between two sessions.
pub(super) struct Follower {
    database: tokio_postgres::Config,
    projects: Projects,
    /// The version that was read last.
    seen: Option<i64>,
    /// Whether what was read last is in force; there may have been too much of it.
    is_in_force: bool,
    backoff: Backoff,
    /// Whether the log already says that Postgres is away.
    is_away: bool,
}

impl Follower {
    /// A follower that is not connected yet.
    pub(super) fn new(mut database: tokio_postgres::Config, projects: Projects) -> Self {
        let given = database.get_options().unwrap_or_default().to_owned();
        database
            .options(format!("{SESSION} {given}"))
            .application_name("footfall-collector")
            .connect_timeout(Duration::from_millis(CONNECT_LIMIT_MS))
            .tcp_user_timeout(Duration::from_millis(TCP_USER_TIMEOUT_MS));
        let (first, longest) = RECONNECT_MS;
        let backoff = Backoff::new(Duration::from_millis(first), Duration::from_millis(longest));
        Self { database, projects, seen: None, is_in_force: false, backoff, is_away: false }
    }

    /// Follows until `shutdown`.
    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        shutdown.run_until_cancelled(self.follow()).await;
    }

    async fn follow(&mut self) -> Infallible {
        loop {
            let Err(lost) = self.session().await;
            let error = in_full(&lost);
            if self.is_away {
                tracing::debug!(error, "Postgres is still away");
            } else {
                tracing::warn!(error, "projects can't be followed; those known stay in force");
            }
            self.is_away = true;
            sleep(self.backoff.next_wait(fastrand::f64())).await;
        }
    }

    /// One connection, until it is lost.
    async fn session(&mut self) -> Result<Infallible, SessionLost> {
        // Dropped with the session, it ends the task that drives the connection.
        let mut driver = JoinSet::new();
        let (mut client, connection) = within(CONNECT_LIMIT_MS, self.database.connect(NoTls)).await?;
        driver.spawn(connection);
        let mut ticks = interval(Duration::from_millis(REFRESH_MS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.refresh(&mut client).await?;
            self.backoff.reset();
            if self.is_away {
                tracing::info!("projects are followed again");
            }
            self.is_away = false;
        }
    }

    /// Brings the copy to Postgres's state, reading everything only where something changed.
    async fn refresh(&mut self, client: &mut Client) -> Result<(), SessionLost> {
        let version = within(VERSION_LIMIT_MS, version(client)).await?;
        if self.seen != Some(version) {
            return self.reload(client).await;
        }
        if self.is_in_force {
            self.projects.confirm();
        }
        Ok(())
    }

    async fn reload(&mut self, client: &mut Client) -> Result<(), SessionLost> {
        let loaded = within(LOAD_LIMIT_MS, load(client)).await?;
        self.seen = Some(loaded.version);
        self.is_in_force = loaded.snapshot.is_ok();
        match loaded.snapshot {
            Ok(snapshot) => {
                tracing::info!(projects = snapshot.len(), version = loaded.version, "projects read");
                self.projects.replace(snapshot);
            }
            Err(too_many) => {
                tracing::error!(%too_many, "projects not read; those known before stay in force")
            }
        }
        Ok(())
    }
}

async fn within<T>(
    limit_ms: u64,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, SessionLost> {
    let done = timeout(Duration::from_millis(limit_ms), work).await;
    Ok(done.map_err(|_elapsed| SessionLost::Silent { limit_ms })??)
}

/// An error with its causes: the driver's own words say "db error" and no more.
fn in_full(error: &dyn Error) -> String {
    let causes = successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
