//! What batches appended, folded into the tables that are read: by one writer for all, every few seconds.
//!
//! A step is one transaction: the deltas that it takes away are in the tables when it commits, so base and deltas together are the
//! same before and after. `fold_deltas` of `V10__breakdowns.sql` adds the counts; sketches are merged here.

mod keeper;

use std::collections::HashMap;

use time::Date;
use tokio_postgres::{Client, Row, Transaction};

pub use self::keeper::keep;
use crate::rollup::{Sketch, SketchError};

/// Deltas that one step takes at most: a few hundredths of a second, and a few megabytes.
const STEP_DELTAS_MAX: i32 = 2_000;
/// Steps of one run; what is left waits for the next.
const STEPS_MAX: u32 = 500;
/// The advisory lock of whoever writes the folded tables: "FOLD" in ASCII, as in `fold_deltas`.
pub const LOCK_KEY: i64 = 0x46_4f_4c_44;

/// What was folded.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// Deltas.
    pub deltas: u64,
    /// Values that got a row of their own.
    pub named: u64,
    /// Values that came for the first time, or again, where there was no room, and were added to `other`.
    pub other: u64,
}

/// Why nothing was folded; the deltas are where they were.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// Try again later.
    #[error("folding rollups")]
    Database(#[from] tokio_postgres::Error),
    /// `footfall rebuild` that day.
    #[error("the sketches of {project_id} on {date}; `footfall rebuild` makes them anew")]
    Sketch {
        /// Whose they are.
        project_id: String,
        /// Of which day.
        date: Date,
        /// What is wrong with them.
        source: SketchError,
    },
}

/// Folds until nothing is left, or somebody else is at it; its user needs the role `footfall_write` and no more.
///
/// # Errors
/// [`FoldError`]; the steps before it stand.
pub async fn fold(client: &mut Client) -> Result<Folded, FoldError> {
    let mut folded = Folded::default();
    for _step in 0..STEPS_MAX {
        let step = step(client).await?;
        folded.deltas += step.deltas;
        folded.named += step.named;
        folded.other += step.other;
        if step.deltas < STEP_DELTAS_MAX.unsigned_abs().into() {
            break;
        }
    }
    Ok(folded)
}

async fn step(client: &mut Client) -> Result<Folded, FoldError> {
    let transaction = client.transaction().await?;
    let taken = transaction.query(include_str!("fold/fold_deltas.sql"), &[&STEP_DELTAS_MAX]).await?;
    merge_sketches(&transaction, &taken).await?;
    transaction.commit().await?;
    let sum = |column: &str| taken.iter().map(|row| row.get::<_, i64>(column).unsigned_abs()).sum();
    Ok(Folded { deltas: sum("deltas"), named: sum("named"), other: sum("other") })
}

/// Merges the sketches of what was taken into those that are kept.
async fn merge_sketches(transaction: &Transaction<'_>, taken: &[Row]) -> Result<(), FoldError> {
    let with_sketches =
        taken.iter().filter(|row| !parts(row, "visitors").is_empty() || !parts(row, "sessions").is_empty());
    let (projects, dates): (Vec<&str>, Vec<Date>) = with_sketches
        .clone()
        .map(|row| (row.get::<_, &str>("project_id"), row.get::<_, Date>("date")))
        .unzip();
    if projects.is_empty() {
        return Ok(());
    }
    let kept = transaction.query(include_str!("fold/sketches.sql"), &[&projects, &dates]).await?;
    let kept: HashMap<(&str, Date), &Row> =
        kept.iter().map(|row| ((row.get("project_id"), row.get("date")), row)).collect();
    let (mut visitors, mut sessions) = (Vec::new(), Vec::new());
    for row in with_sketches {
        let key: (&str, Date) = (row.get("project_id"), row.get("date"));
        let merged =
            |column: &str| {
                let kept = kept.get(&key).map(|row| row.get::<_, &[u8]>(column));
                let merged = Sketch::merged(kept.into_iter().chain(parts(row, column)));
                merged
                    .map(|sketch| sketch.to_bytes().unwrap_or_default())
                    .map_err(|source| FoldError::Sketch { project_id: key.0.to_owned(), date: key.1, source })
            };
        visitors.push(merged("visitors")?);
        sessions.push(merged("sessions")?);
    }
    let sql = include_str!("fold/put_sketches.sql");
    transaction.execute(sql, &[&projects, &dates, &visitors, &sessions]).await?;
    Ok(())
}

/// The sketches that were taken; none, where all deltas were without.
fn parts<'a>(row: &'a Row, column: &str) -> Vec<&'a [u8]> {
    row.get::<_, Option<Vec<&[u8]>>>(column).unwrap_or_default()
}
