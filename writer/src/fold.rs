//! What batches appended, folded into the tables that are read: by one writer for all, every few seconds. It packs what is not
//! written any longer, too, and keeps the rows of every project together.
//!
//! A step is one transaction: the deltas that it takes away are in the tables when it commits, so base and deltas together are the
//! same before and after. `fold_rollups` of `V12__packed_rollups.sql` adds the counts; sketches are merged here.

mod keeper;
mod level;
mod pack;
mod sketches;

use time::Date;
use tokio_postgres::Client;

pub use self::keeper::keep;
pub use self::level::{level_day, level_marked};
pub use self::pack::{Packed, pack};
use crate::rollup::SketchError;

/// The id under which rollups count every project together; no project can have it.
pub const EVERY_PROJECT: &str = "";
/// Deltas that one step takes at most: a few hundredths of a second, and a few megabytes.
const STEP_DELTAS_MAX: i32 = 2_000;
/// Steps of one run; what is left waits for the next.
const STEPS_MAX: u32 = 500;
/// The advisory lock of whoever writes the folded tables: "FOLD" in ASCII, as in `fold_rollups`.
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
    /// Values that got a row of every project together.
    pub every_named: u64,
    /// The same as `other` there.
    pub every_other: u64,
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
        folded.every_named += step.every_named;
        folded.every_other += step.every_other;
        if step.deltas < STEP_DELTAS_MAX.unsigned_abs().into() {
            break;
        }
    }
    Ok(folded)
}

async fn step(client: &mut Client) -> Result<Folded, FoldError> {
    let transaction = client.transaction().await?;
    let taken = transaction.query(include_str!("fold/fold_rollups.sql"), &[&STEP_DELTAS_MAX]).await?;
    sketches::merge_taken(&transaction, &taken).await?;
    transaction.commit().await?;
    let mut folded = Folded::default();
    for row in &taken {
        let of = |column: &str| row.get::<_, i64>(column).unsigned_abs();
        folded.deltas += of("deltas");
        let (named, other) = match row.get::<_, &str>("project_id") {
            EVERY_PROJECT => (&mut folded.every_named, &mut folded.every_other),
            _ => (&mut folded.named, &mut folded.other),
        };
        *named += of("named");
        *other += of("other");
    }
    Ok(folded)
}
