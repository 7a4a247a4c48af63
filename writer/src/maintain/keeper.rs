//! The writer's part: a task beside the loop, so that no operator need think of it.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Manner, Report, connect, run};
use crate::metrics::Metrics;

/// Pause between two runs, in seconds.
const EVERY_S: u64 = 3_600;
/// Longest that is added to it, in seconds, so that writers started together do not come together.
const JITTER_S: u64 = 600;
/// Pause after a run that failed, in seconds.
const RETRY_S: u64 = 60;

/// Maintains until `shutdown`: at once, then every hour or so. Of several writers that come together one does it.
///
/// Nothing of it ends a writer: rows without a partition are stored in the default one.
pub async fn keep(database: tokio_postgres::Config, metrics: Metrics, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let pause_s = tokio::select! {
            is_done = once(&database, &metrics) => match is_done {
                true => EVERY_S + fastrand::u64(0..=JITTER_S),
                false => RETRY_S,
            },
            () = shutdown.cancelled() => return,
        };
        tokio::select! {
            () = sleep(Duration::from_secs(pause_s)) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// One run; tells the log and the metrics of it, and answers whether it got to its end.
async fn once(database: &tokio_postgres::Config, metrics: &Metrics) -> bool {
    let done = match connect(database).await {
        Ok(client) => run(&client, Manner::default()).await.map_err(Into::into),
        Err(error) => Err(error),
    };
    match done {
        Ok(report) => {
            tell(&report);
            metrics.partitions_ahead.set(report.months_ahead.into());
            let left = report.given_up.len() + report.crowded.len();
            metrics.maintain_failures.inc_by(left as u64);
            true
        }
        Err(error) => {
            tracing::warn!(
                error = crate::batch::chain(error.as_ref()),
                "partitions and retention could not be kept up"
            );
            metrics.maintain_failures.inc();
            false
        }
    }
}

fn tell(report: &Report) {
    if !report.made.is_empty() || !report.dropped.is_empty() {
        let (made, dropped) = (report.made.join(", "), report.dropped.join(", "));
        tracing::info!(made, dropped, "partitions were made or dropped");
    }
    if !report.given_up.is_empty() {
        tracing::warn!(
            left = report.given_up.join(", "),
            "long transactions are in the way; the next run tries again"
        );
    }
    if !report.crowded.is_empty() {
        let months = report.crowded.join(", ");
        tracing::warn!(
            months,
            "many rows wait in a default partition or at an edge of the ledger: `footfall maintain --however-long` moves them"
        );
    }
}
