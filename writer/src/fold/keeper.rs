//! The writer's part: a task beside the loop. Of all writers one folds, until its connection ends.

use std::error::Error;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::{FoldError, fold, level_marked, pack};
use crate::maintain::connect;
use crate::metrics::Metrics;

/// Shortest pause between two runs, in milliseconds: what readers add up by themselves is what came since.
const EVERY_MS: u64 = 5_000;
/// How many times as long as a run the pause after it is at least: under load folding takes a fifth of a core at most, and the
/// longer pauses make less of it, since one value then comes more often between them.
const PAUSE_FACTOR: u32 = 4;
/// Pause after a run that failed, in milliseconds.
const RETRY_MS: u64 = 15_000;
/// Shortest pause between two runs of packing that left nothing, in milliseconds. Readers add up what is not packed yet.
const PACK_EVERY_MS: u64 = 60_000;
/// The advisory lock of the one that folds, held as long as its connection lives: "FOLK" in ASCII.
const ELECTION_KEY: i64 = 0x46_4f_4c_4b;

/// Folds until `shutdown`, or waits to be the one that does. Nothing of it ends a writer: deltas wait, and reports count them.
pub async fn keep(database: tokio_postgres::Config, metrics: Metrics, shutdown: CancellationToken) {
    let mut connected: Option<Elected> = None;
    while !shutdown.is_cancelled() {
        let began = Instant::now();
        let pause = tokio::select! {
            done = once(&database, connected.take(), &metrics) => match done {
                Ok(elected) => {
                    connected = Some(elected);
                    Duration::from_millis(EVERY_MS).max(began.elapsed() * PAUSE_FACTOR)
                }
                Err(error) => {
                    tracing::warn!(error = crate::batch::chain(error.as_ref()), "rollups could not be folded, packed or levelled");
                    metrics.folding.failures.inc();
                    Duration::from_millis(RETRY_MS)
                }
            },
            () = shutdown.cancelled() => return,
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// A connection, and whether it holds the lock.
struct Elected {
    client: Client,
    is_elected: bool,
    /// `None`: at once.
    next_pack_at: Option<Instant>,
}

async fn once(
    database: &tokio_postgres::Config,
    connected: Option<Elected>,
    metrics: &Metrics,
) -> Result<Elected, Box<dyn Error + Send + Sync>> {
    let mut elected = match connected {
        Some(elected) => elected,
        None => Elected { client: connect(database).await?, is_elected: false, next_pack_at: None },
    };
    if !elected.is_elected {
        let lock = "select pg_try_advisory_lock($1)";
        elected.is_elected = elected.client.query_one(lock, &[&ELECTION_KEY]).await?.get(0);
    }
    if elected.is_elected {
        // One that fails for its own reasons keeps none of the others from being done.
        let done = [
            fold_once(&mut elected, metrics).await,
            pack_once(&mut elected, metrics).await,
            level_once(&mut elected, metrics).await,
        ];
        done.into_iter().collect::<Result<(), FoldError>>()?;
    }
    Ok(elected)
}

async fn fold_once(elected: &mut Elected, metrics: &Metrics) -> Result<(), FoldError> {
    let began = Instant::now();
    let folded = fold(&mut elected.client).await?;
    if folded.deltas > 0 {
        metrics.folding.seconds.observe(began.elapsed().as_secs_f64());
        metrics.folding.folded(&folded);
    }
    Ok(())
}

async fn pack_once(elected: &mut Elected, metrics: &Metrics) -> Result<(), FoldError> {
    let began = Instant::now();
    if elected.next_pack_at.is_some_and(|at| began < at) {
        return Ok(());
    }
    let packed = pack(&elected.client).await?;
    // What is left is next, after the pause that this one asks for.
    elected.next_pack_at = (!packed.is_cut_off).then(|| began + Duration::from_millis(PACK_EVERY_MS));
    if packed.quarters + packed.values > 0 {
        metrics.folding.pack_seconds.observe(began.elapsed().as_secs_f64());
        metrics.folding.packed(&packed);
    }
    Ok(())
}

async fn level_once(elected: &mut Elected, metrics: &Metrics) -> Result<(), FoldError> {
    metrics.folding.days_levelled.inc_by(level_marked(&mut elected.client).await?);
    Ok(())
}
