//! A project's day counted again from its raw rows: compared with its rollups, or put in their place.
//!
//! The count is Postgres's own; only the values of a dimension are made as the writer makes them. Deltas are appended in the
//! transaction of their rows, and folded under a lock that is held here: so one snapshot tells how far the rollups are off, and
//! what is added to them since stays right when that is corrected, without keeping a writer waiting.

mod correct;
mod counted;
mod difference;
mod every;
mod stored;

use futures_util::TryStreamExt;
use time::{Date, OffsetDateTime};
use tokio_postgres::{Client, GenericClient, IsolationLevel, Transaction};

use self::counted::Counted;
pub use self::difference::Difference;
pub use self::every::EveryProject;
use self::stored::Stored;
pub use crate::fold::LOCK_KEY;
use crate::rollup::{Dimension, SketchError};

/// Values of a project, day and dimension that have a row of their own, as in `V10__breakdowns.sql`; the others are one number.
pub const NAMED_MAX: usize = 1_000;

/// Why a day could not be counted; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RecountError {
    /// Try again: another transaction was in the way, or the database went away.
    #[error("counting a day again")]
    Database(#[from] tokio_postgres::Error),
    /// The raw rows hold what no writer puts there.
    #[error("the raw rows of {0} can't be read")]
    RawRows(Date),
    /// A sketch could not be made.
    #[error(transparent)]
    Sketch(#[from] SketchError),
}

/// One project's UTC day, as counted from the raw rows and as it is kept.
pub struct Recount {
    project_id: String,
    date: Date,
    counted: Counted,
    stored: Stored,
}

/// Projects that have raw rows or rollups on a UTC day; one alone, if so asked.
///
/// # Errors
/// The database's.
pub async fn projects_of_day(
    client: &impl GenericClient,
    date: Date,
    project_id: Option<&str>,
) -> Result<Vec<String>, tokio_postgres::Error> {
    let (from, to) = bounds(date);
    let rows = client
        .query(
            include_str!("recount/sql/projects_of_day.sql"),
            &[&date, &from, &to, &project_id, &known_dimensions()],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The first and last UTC day of all raw rows and rollups; `None` where there are none.
///
/// # Errors
/// The database's.
pub async fn days(client: &impl GenericClient) -> Result<Option<(Date, Date)>, tokio_postgres::Error> {
    let row = client.query_one(include_str!("recount/sql/days.sql"), &[]).await?;
    Ok(row.get::<_, Option<Date>>(0).zip(row.get(1)))
}

/// Whether a day's raw rows are all there: they have not expired, and their month has its partitions. Of another day a recount
/// would find less than was counted.
///
/// # Errors
/// The database's.
pub async fn has_raw_rows(client: &impl GenericClient, date: Date) -> Result<bool, tokio_postgres::Error> {
    let row = client.query_one(include_str!("recount/sql/has_raw_rows.sql"), &[&date]).await?;
    Ok(row.get(0))
}

impl Recount {
    /// Counts one project's day. The transaction is one snapshot, or nobody may store rows of that project meanwhile.
    ///
    /// # Errors
    /// [`RecountError`].
    pub async fn of(
        transaction: &Transaction<'_>,
        project_id: &str,
        date: Date,
    ) -> Result<Self, RecountError> {
        let counted = Counted::of(transaction, project_id, date).await?;
        let stored = Stored::of(transaction, project_id, date).await?;
        Ok(Self { project_id: project_id.to_owned(), date, counted, stored })
    }

    /// How far the rollups are off; nothing, where they equal the recount.
    pub fn differences(&self) -> Vec<Difference> {
        difference::between(&self.project_id, self.date, &self.counted, &self.stored)
    }
}

/// Puts a recount of one project's day in the place of its rollups, where they differ; answers how they did.
///
/// Where they did, that day is marked: [`crate::fold::level_day`] makes the rows of every project together anew.
/// Writers store on meanwhile: what they add after the snapshot of the recount is kept. They wait for the rows of that day's
/// totals while those are corrected, a few milliseconds. Readers see the day before or after, and nothing in between.
///
/// # Errors
/// [`RecountError`].
pub async fn rebuild_day(
    client: &mut Client,
    project_id: &str,
    date: Date,
) -> Result<Vec<Difference>, RecountError> {
    // Not of a transaction: the snapshot must come after it.
    client.execute("select pg_advisory_lock($1)", &[&LOCK_KEY]).await?;
    let rebuilt = rebuild_under_lock(client, project_id, date).await;
    client.execute("select pg_advisory_unlock($1)", &[&LOCK_KEY]).await?;
    rebuilt
}

async fn rebuild_under_lock(
    client: &mut Client,
    project_id: &str,
    date: Date,
) -> Result<Vec<Difference>, RecountError> {
    let snapshot = begin_snapshot(client).await?;
    let recount = Recount::of(&snapshot, project_id, date).await?;
    snapshot.commit().await?;
    let differences = recount.differences();
    if !differences.is_empty() {
        let transaction = client.transaction().await?;
        recount.correct(&transaction).await?;
        transaction.commit().await?;
    }
    Ok(differences)
}

/// The same within a transaction of the caller's, which may have removed raw rows before: rows and rollups change together.
///
/// Writers that have rows of this project wait until that transaction ends. Its isolation is read committed; several projects go
/// in the order of their ids.
///
/// # Errors
/// [`RecountError`]; the transaction is to be rolled back.
pub async fn rebuild_day_within(
    transaction: &Transaction<'_>,
    project_id: &str,
    date: Date,
) -> Result<Vec<Difference>, RecountError> {
    transaction.execute("select pg_advisory_xact_lock($1)", &[&LOCK_KEY]).await?;
    transaction.execute(include_str!("recount/sql/hold_project.sql"), &[&project_id]).await?;
    let recount = Recount::of(transaction, project_id, date).await?;
    let differences = recount.differences();
    if !differences.is_empty() {
        recount.correct(transaction).await?;
    }
    Ok(differences)
}

/// A transaction that reads, all of it as of one moment.
///
/// # Errors
/// The database's.
pub async fn begin_snapshot(client: &mut Client) -> Result<Transaction<'_>, tokio_postgres::Error> {
    client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await
}

/// When a UTC day begins, and when the next does.
/// The numbers of the dimensions that this build counts.
fn known_dimensions() -> Vec<i16> {
    Dimension::ALL.map(Dimension::number).to_vec()
}

fn bounds(date: Date) -> (OffsetDateTime, OffsetDateTime) {
    let from = date.midnight().assume_utc();
    (from, from.saturating_add(time::Duration::DAY))
}

/// Hands each row of a query to `take`, one at a time: a large day has more than fit into memory.
async fn each_row(
    transaction: &Transaction<'_>,
    sql: &str,
    project_id: &str,
    date: Date,
    mut take: impl FnMut(&tokio_postgres::Row) -> Result<(), RecountError>,
) -> Result<(), RecountError> {
    let (from, to) = bounds(date);
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&project_id, &from, &to];
    let mut rows = std::pin::pin!(transaction.query_raw(sql, parameters).await?);
    while let Some(row) = rows.try_next().await? {
        take(&row)?;
    }
    Ok(())
}
