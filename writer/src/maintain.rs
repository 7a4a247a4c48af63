//! Partitions made ahead, and what expired removed: by every writer in turn, every hour, and by `footfall maintain`.
//!
//! Each step is a transaction of its own that waits for its locks a few hundredths of a second and gives up (the functions
//! of `V8__retention.sql` and `V11__ledger_by_week.sql` see to that), so whoever stores rows waits no longer. A step that gave up is tried again some
//! times, then left for the next hour: nothing here is urgent, since partitions are made months ahead.

mod keeper;
mod ledger;

use std::time::Duration;

use time::Date;
use tokio::time::{sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row};

pub use self::keeper::keep;
pub use self::ledger::WEEKS_AHEAD;

/// Month partitions made ahead of the present one.
pub const MONTHS_AHEAD: i32 = 3;
/// The advisory lock of whoever is at it: "KEEP" in ASCII.
const LOCK_KEY: i64 = 0x4b_45_45_50;
/// Tries of a step that did not get its locks.
const ATTEMPTS_MAX: u32 = 100;
/// Shortest and longest pause before such another try, in milliseconds; those who waited behind the last get through.
const PAUSE_MS: (u64, u64) = (100, 500);
/// Rows of a table that one transaction deletes.
const EXPIRED_ROWS_MAX: i32 = 5_000;
/// Transactions of such deletes in one run; what is left waits for the next.
const EXPIRE_ROUNDS_MAX: u32 = 2_000;
/// Longest wait for a connection, in seconds.
const CONNECT_LIMIT_S: u64 = 10;
/// Session settings. A step's commit waits for no disk while it holds its locks: one that a crash takes back is taken again, and
/// what a writer commits after it is flushed with it. The longest statement moves many rows, on an operator's demand.
const SESSION: &str = "-c application_name=footfall-maintain -c timezone=UTC -c statement_timeout=600s \
                       -c synchronous_commit=off";

/// How a run goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Also makes a month, or makes or drops a week of the ledger, whose many rows keep writers waiting while they are moved.
    pub however_long: bool,
    /// Tries of a step that does not get its locks.
    pub attempts_max: u32,
}

impl Default for Manner {
    fn default() -> Self {
        Self { however_long: false, attempts_max: ATTEMPTS_MAX }
    }
}

/// What a run did, and what it left.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Somebody else is at it; nothing was done.
    pub is_other_at_it: bool,
    /// Partitions made.
    pub made: Vec<String>,
    /// Partitions dropped.
    pub dropped: Vec<String>,
    /// Transactions that deleted expired rows.
    pub expire_rounds: u32,
    /// Months and weeks not made or dropped, since too many rows would have to be moved.
    pub crowded: Vec<String>,
    /// What did not get its locks, in words.
    pub given_up: Vec<String>,
    /// Whole months ahead that both tables have a partition for.
    pub months_ahead: i32,
}

/// Why a run ended early; what it had done by then stands.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub struct MaintainError {
    doing: String,
    source: tokio_postgres::Error,
}

fn while_doing(doing: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> MaintainError {
    |source| MaintainError { doing: doing.into(), source }
}

/// A connection to maintain by; its user needs the role `footfall_write` and no more.
///
/// # Errors
/// The database's, in words; also when there is no answer in time.
pub async fn connect(
    config: &tokio_postgres::Config,
) -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
    connect_with(config, SESSION).await
}

/// The same, with session settings of the caller's.
pub(crate) async fn connect_with(
    config: &tokio_postgres::Config,
    session: &str,
) -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
    let mut config = config.clone();
    let given = config.get_options().unwrap_or_default().to_owned();
    config.options(format!("{session} {given}"));
    let connecting = timeout(Duration::from_secs(CONNECT_LIMIT_S), config.connect(NoTls)).await;
    let (client, connection) =
        connecting.map_err(|_elapsed| format!("no connection within {CONNECT_LIMIT_S} s"))??;
    // Its end shows in the statement that it interrupts.
    tokio::spawn(async move { connection.await.is_ok() });
    Ok(client)
}

/// Makes what is missing ahead, and removes what expired; does nothing where another is at it.
///
/// # Errors
/// [`MaintainError`]: the database went away, or is not the one this build was made for. Run again: steps are done once.
pub async fn run(client: &Client, manner: Manner) -> Result<Report, MaintainError> {
    let lock = "select pg_try_advisory_lock($1)";
    let taken = client.query_one(lock, &[&LOCK_KEY]).await.map_err(while_doing("asking who is at it"))?;
    let mut report = Report { is_other_at_it: !taken.get::<_, bool>(0), ..Report::default() };
    if !report.is_other_at_it {
        let done = both(client, manner, &mut report).await;
        let unlock = "select pg_advisory_unlock($1)";
        client.execute(unlock, &[&LOCK_KEY]).await.map_err(while_doing("letting the next one at it"))?;
        done?;
    }
    report.months_ahead = months_ahead(client).await?;
    Ok(report)
}

/// Whole months ahead that both raw tables have a partition for.
///
/// # Errors
/// [`MaintainError`].
pub async fn months_ahead(client: &Client) -> Result<i32, MaintainError> {
    let row = client.query_one("select partitions_ahead()", &[]).await;
    Ok(row.map_err(while_doing("counting the partitions ahead"))?.get(0))
}

async fn both(client: &Client, manner: Manner, report: &mut Report) -> Result<(), MaintainError> {
    make_months(client, manner, report).await?;
    drop_months(client, manner, report).await?;
    expire_rows(client, report).await?;
    ledger::keep(client, manner, report).await
}

async fn make_months(client: &Client, manner: Manner, report: &mut Report) -> Result<(), MaintainError> {
    let sql = include_str!("maintain/months_wanted.sql");
    let wanted =
        client.query(sql, &[&MONTHS_AHEAD]).await.map_err(while_doing("looking for missing months"))?;
    for row in wanted {
        let (parent, month): (String, Date) = (row.get(0), row.get(1));
        let name = format!("{parent} of {month}");
        let sql = include_str!("maintain/make_month.sql");
        let made = patiently(client, manner, sql, &[&parent, &month, &manner.however_long]).await;
        match made.map_err(while_doing(format!("making {name}")))? {
            None => report.given_up.push(format!("making {name}")),
            Some(row) => match row.get(0) {
                "made" => report.made.push(name),
                "crowded" => report.crowded.push(name),
                _exists => {}
            },
        }
    }
    Ok(())
}

async fn drop_months(client: &Client, manner: Manner, report: &mut Report) -> Result<(), MaintainError> {
    let sql = include_str!("maintain/months_expired.sql");
    let expired = client.query(sql, &[]).await.map_err(while_doing("looking for expired months"))?;
    for row in expired {
        let partition: String = row.get(0);
        let sql = include_str!("maintain/expire_partition.sql");
        let mut is_dropped = false;
        for step in ["empty", "detach", "free", "drop"] {
            let taken = patiently(client, manner, sql, &[&partition, &step]).await;
            match taken.map_err(while_doing(format!("{step} {partition}")))? {
                // A later step without this one would hold its locks for longer.
                None => {
                    report.given_up.push(format!("{step} {partition}"));
                    break;
                }
                Some(row) => is_dropped = step == "drop" && row.get::<_, bool>(0),
            }
        }
        if is_dropped {
            report.dropped.push(partition);
        }
    }
    Ok(())
}

async fn expire_rows(client: &Client, report: &mut Report) -> Result<(), MaintainError> {
    for _round in 0..EXPIRE_ROUNDS_MAX {
        let sql = include_str!("maintain/expire_rows.sql");
        let deleted = match client.query_one(sql, &[&EXPIRED_ROWS_MAX]).await {
            Ok(row) => row.get::<_, i64>(0),
            Err(error) if is_in_the_way(&error) => {
                report.given_up.push("deleting expired rows".to_owned());
                return Ok(());
            }
            Err(error) => return Err(while_doing("deleting expired rows")(error)),
        };
        report.expire_rounds += u32::from(deleted > 0);
        if deleted < i64::from(EXPIRED_ROWS_MAX) {
            return Ok(());
        }
    }
    Ok(())
}

/// Tries a step until it gets its locks, and answers its row; `None` where it never did.
async fn patiently(
    client: &Client,
    manner: Manner,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Option<Row>, tokio_postgres::Error> {
    for _attempt in 1..manner.attempts_max {
        match client.query_one(sql, parameters).await {
            Err(error) if is_in_the_way(&error) => {
                sleep(Duration::from_millis(fastrand::u64(PAUSE_MS.0..=PAUSE_MS.1))).await;
            }
            outcome => return outcome.map(Some),
        }
    }
    match client.query_one(sql, parameters).await {
        Err(error) if is_in_the_way(&error) => Ok(None),
        outcome => outcome.map(Some),
    }
}

/// Whether only another transaction was in the way.
fn is_in_the_way(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::T_R_DEADLOCK_DETECTED))
}
