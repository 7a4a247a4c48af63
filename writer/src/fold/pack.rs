//! What is not written any longer, moved from a row a key to a row a day.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::FoldError;

/// Quarters of an hour that one step moves at most: some hundredths of a second, for which whoever has late events of them waits.
const STEP_QUARTERS_MAX: i32 = 5_000;
/// The same of values, which nobody waits for; a step may be longer by those of one day, 5,000.
const STEP_VALUES_MAX: i32 = 10_000;
/// Longest that one run takes the next step, in milliseconds: what is left waits for the next, and what is to be folded does not.
const RUN_MS: u64 = 2_000;

/// What was packed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Quarters of an hour.
    pub quarters: u64,
    /// Values of a day, those included that they were merged with.
    pub values: u64,
    /// Whether more is left.
    pub is_cut_off: bool,
}

/// Packs until nothing is left, somebody else folds or packs, or two seconds are over; its user needs the role `footfall_write` and no
/// more.
///
/// A step is one transaction. Wherever it is cut off, a count stands in one place.
///
/// # Errors
/// The database's; the steps before it stand.
pub async fn pack(client: &Client) -> Result<Packed, FoldError> {
    let began = Instant::now();
    let mut packed = Packed::default();
    for (sql, rows_max, moved) in [
        ("select pack_quarters($1)", STEP_QUARTERS_MAX, &mut packed.quarters),
        ("select pack_values($1)", STEP_VALUES_MAX, &mut packed.values),
    ] {
        loop {
            let step = client.query_one(sql, &[&rows_max]).await?.get::<_, i64>(0);
            *moved += step.unsigned_abs();
            if step < rows_max.into() {
                break;
            }
            if began.elapsed() >= Duration::from_millis(RUN_MS) {
                packed.is_cut_off = true;
                break;
            }
        }
    }
    Ok(packed)
}
