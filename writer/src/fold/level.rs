//! The rows of every project together made anew from those of the projects, where something else than folding and packing changed
//! them: a migration, a rebuild.

use std::time::{Duration, Instant};

use time::Date;
use tokio_postgres::Client;

use super::{FoldError, LOCK_KEY, sketches};

/// Longest that one run goes on with the next day, in milliseconds: whoever folds has other things to do.
const RUN_MS: u64 = 2_000;

/// Makes every marked day anew, a transaction each, until none is left or two seconds are over; answers how many it made.
///
/// Waits for whoever folds, packs or rebuilds; its user needs the role `footfall_write` and no more.
///
/// # Errors
/// [`FoldError`]; the days before it stand, the others stay marked.
pub async fn level_marked(client: &mut Client) -> Result<u64, FoldError> {
    let (began, mut levelled) = (Instant::now(), 0);
    for row in client.query(include_str!("unlevelled_days.sql"), &[]).await? {
        level(client, row.get("date"), row.get("counts_too")).await?;
        levelled += 1;
        if began.elapsed() >= Duration::from_millis(RUN_MS) {
            break;
        }
    }
    Ok(levelled)
}

/// Makes one day's rows of every project together anew, all of them, marked or not.
///
/// # Errors
/// [`FoldError`]; nothing was changed.
pub async fn level_day(client: &mut Client, date: Date) -> Result<(), FoldError> {
    level(client, date, true).await
}

async fn level(client: &mut Client, date: Date, counts_too: bool) -> Result<(), FoldError> {
    let transaction = client.transaction().await?;
    transaction.execute("select pg_advisory_xact_lock($1)", &[&LOCK_KEY]).await?;
    if counts_too {
        transaction.execute("select level_day($1)", &[&date]).await?;
    }
    sketches::level(&transaction, date).await?;
    transaction.execute("select day_is_levelled($1)", &[&date]).await?;
    transaction.commit().await?;
    Ok(())
}
