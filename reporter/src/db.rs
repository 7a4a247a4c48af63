//! The database: a small pool a worker, sessions that can't write, snapshots to read from.

mod error;

use std::fmt::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use deadpool_postgres::{
    BuildError, ConfigConnectImpl, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
    Transaction,
};
use futures_util::TryStreamExt;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, NoTls, Row};

pub(crate) use self::error::DatabaseError;
use crate::config::DatabaseTarget;

/// Longest wait for a free connection, in milliseconds.
const POOL_WAIT_MS: u64 = 1_000;
/// Longest time to open a connection, in milliseconds.
const CONNECT_MS: u64 = 2_000;
/// Longest check that a pooled connection still answers, in milliseconds.
const RECYCLE_MS: u64 = 500;
/// Longest way to a usable connection, in milliseconds: however many pooled ones turn out to be dead.
const CHECKOUT_MS: u64 = 3_000;
/// What a reading may take beyond one statement's timeout, in milliseconds; past it the connection is given up.
const READING_SLACK_MS: u64 = 1_000;
/// Longest silence of a peer with data under way, in milliseconds: finds a host that vanished.
const TCP_USER_TIMEOUT_MS: u64 = 10_000;

/// The connections of one HTTP worker.
///
/// One pool a worker, because each connection is driven by a task on the runtime that opened it: shared between
/// workers, a busy one would stall its neighbours' connections.
pub(crate) struct Database {
    pool: Pool,
    reading_limit: Duration,
}

impl Database {
    /// A pool of at most `connections`; opens none yet, so that it can be made while Postgres is away.
    pub(crate) fn open(
        target: &DatabaseTarget,
        connections: usize,
        statement_timeout: Duration,
    ) -> Result<Self, BuildError> {
        let manager = Manager::from_connect(
            session_config(target, statement_timeout),
            ConfigConnectImpl { tls: NoTls },
            // A connection whose host vanished looks open; Verified asks it.
            ManagerConfig { recycling_method: RecyclingMethod::Verified },
        );
        let pool = Pool::builder(manager)
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_millis(POOL_WAIT_MS)))
            .create_timeout(Some(Duration::from_millis(CONNECT_MS)))
            .recycle_timeout(Some(Duration::from_millis(RECYCLE_MS)))
            .build()?;
        Ok(Self { pool, reading_limit: statement_timeout + Duration::from_millis(READING_SLACK_MS) })
    }

    /// Runs `read` on one snapshot of the database, in bounded time.
    ///
    /// A connection that failed a statement or ran out of time is closed, not reused: what state it is in is not known.
    ///
    /// # Errors
    /// What `read` fails with, or [`DatabaseError`] where no snapshot could be had.
    pub(crate) async fn read<T, E>(
        &self,
        read: impl AsyncFnOnce(&Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<DatabaseError>,
    {
        self.read_within(self.reading_limit, read).await
    }

    /// As [`Database::read`], with a limit of the caller's on everything but the way to a connection.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub(crate) async fn read_within<T, E>(
        &self,
        limit: Duration,
        read: impl AsyncFnOnce(&Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<DatabaseError>,
    {
        let mut connection = self.connection().await?;
        let failed = AtomicBool::new(false);
        let reading = async {
            let snapshot = Snapshot::begin(&mut connection, &failed).await?;
            let answer = read(&snapshot).await?;
            snapshot.end().await?;
            Ok(answer)
        };
        let outcome = timeout(limit, reading).await;
        if outcome.is_err() || failed.load(Relaxed) {
            drop(Object::take(connection));
        }
        outcome.unwrap_or_else(|_| Err(DatabaseError::TooSlow.into()))
    }

    async fn connection(&self) -> Result<Object, DatabaseError> {
        let checkout = timeout(Duration::from_millis(CHECKOUT_MS), self.pool.get());
        Ok(checkout.await.map_err(|elapsed| DatabaseError::Away(Arc::new(elapsed)))??)
    }

    /// Whether the database answers, in bounded time.
    ///
    /// # Errors
    /// Why it does not.
    pub(crate) async fn ping(&self) -> Result<(), DatabaseError> {
        self.read(async |snapshot| snapshot.rows("select", &[]).await.map(drop)).await
    }
}

/// What every session is told as it connects, so that no statement has to.
fn session_config(target: &DatabaseTarget, statement_timeout: Duration) -> tokio_postgres::Config {
    let mut config = target.driver_config();
    let mut options = config.get_options().unwrap_or_default().to_owned();
    let settings = [
        ("statement_timeout", statement_timeout.as_millis().to_string()),
        ("default_transaction_read_only", "on".to_owned()),
        ("timezone", "UTC".to_owned()),
        // A range of a day and one of two years want different plans, and partitions are pruned by value.
        ("plan_cache_mode", "force_custom_plan".to_owned()),
        // Compiling a statement costs more than running it here.
        ("jit", "off".to_owned()),
    ];
    for (name, value) in settings {
        let _infallible = write!(options, " -c {name}={value}");
    }
    config
        .options(options)
        .application_name("footfall-reporter")
        .connect_timeout(Duration::from_millis(CONNECT_MS))
        .tcp_user_timeout(Duration::from_millis(TCP_USER_TIMEOUT_MS));
    config
}

/// One unchanging state of the database: whatever is read from it agrees.
pub(crate) struct Snapshot<'connection> {
    transaction: Transaction<'connection>,
    failed: &'connection AtomicBool,
}

impl<'connection> Snapshot<'connection> {
    async fn begin(
        connection: &'connection mut Object,
        failed: &'connection AtomicBool,
    ) -> Result<Self, DatabaseError> {
        let transaction = connection
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await
            .inspect_err(|_| failed.store(true, Relaxed))?;
        Ok(Self { transaction, failed })
    }

    /// The rows that `sql` answers. Calls that are polled together are sent together, without waiting for each other.
    ///
    /// What a statement has to remember lies on the heap: reports send many together, and all of it would lie on the stack.
    ///
    /// The text is `'static`: nothing a client sent can become a part of it.
    pub(crate) async fn rows(
        &self,
        sql: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DatabaseError> {
        let answer = Box::pin(async {
            let statement = self.transaction.prepare_cached(sql).await?;
            self.transaction.query(&statement, parameters).await
        });
        self.checked(answer.await).await
    }

    /// Hands each row that `sql` answers to `take`, one at a time: for answers that are not to be held in memory.
    pub(crate) async fn each(
        &self,
        sql: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
        mut take: impl FnMut(&Row) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let answer = Box::pin(async {
            let statement = self.transaction.prepare_cached(sql).await?;
            let mut rows = pin!(self.transaction.query_raw(&statement, parameters.iter().copied()).await?);
            let mut taken = Ok(());
            while let Some(row) = rows.try_next().await? {
                if taken.is_ok() {
                    taken = take(&row);
                }
            }
            Ok::<_, tokio_postgres::Error>(taken)
        });
        self.checked(answer.await).await?
    }

    /// The one row that `sql` answers.
    pub(crate) async fn row(
        &self,
        sql: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Row, DatabaseError> {
        let answer = Box::pin(async {
            let statement = self.transaction.prepare_cached(sql).await?;
            self.transaction.query_one(&statement, parameters).await
        });
        self.checked(answer.await).await
    }

    /// Marks the connection as failed, and lets the statement that failed first speak first.
    ///
    /// Once one of several statements sent together has failed, Postgres refuses the others for that reason alone.
    /// The first one's error has then arrived, but its future need not have been polled yet: giving way once does that.
    async fn checked<T>(&self, answer: Result<T, tokio_postgres::Error>) -> Result<T, DatabaseError> {
        if let Err(error) = &answer {
            self.failed.store(true, Relaxed);
            if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) {
                tokio::task::yield_now().await;
            }
        }
        Ok(answer?)
    }

    async fn end(self) -> Result<(), DatabaseError> {
        let failed = self.failed;
        Ok(self.transaction.commit().await.inspect_err(|_| failed.store(true, Relaxed))?)
    }
}
