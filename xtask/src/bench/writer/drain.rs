//! One drain of a full queue: how fast, at whose cost, and whether all of it was stored once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use e2e::backlog::Backlog;
use e2e::usage;
use serde_json::{Value, json};
use testkit::{Service, recount};
use tokio::time::{Instant, sleep};

use super::database::Databases;
use super::scrape::Scrape;
use crate::bench::database::{as_role, connect};
use crate::bench::stage::Stage;

/// Longest drain, in seconds.
const DRAIN_LIMIT_S: u64 = 240;
/// Pause between two looks at the writers, in milliseconds.
const POLL_MS: u64 = 20;
/// Bytes in a megabyte, as memory is told.
const MB: f64 = 1024.0 * 1024.0;

/// How many take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// Of each process.
    pub(super) loaders: usize,
    pub(super) processes: usize,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} process(es) of {} loader(s)", self.processes, self.loaders)
    }
}

/// What one drain found. CPU and memory are those of all writers together, memory the largest process's.
#[derive(Debug, Clone)]
pub(super) struct Drain {
    pub(super) shape: Shape,
    /// From the first commit seen to the last.
    pub(super) rows_per_s: f64,
    pub(super) rows: f64,
    batches: f64,
    pub(super) writer_cpu_us: f64,
    /// `None` where Postgres is not ours.
    pub(super) postgres_cpu_us: Option<f64>,
    pub(super) rss_mb: f64,
    pub(super) anonymous_mb: f64,
    /// Microseconds a row, by stage.
    pub(super) stages_us: BTreeMap<String, f64>,
}

impl Drain {
    /// Starts writers on a full queue, waits until all is stored, and looks at what was.
    ///
    /// # Errors
    /// When it takes too long, or the tables do not hold what was sent.
    pub(super) async fn measure(
        stage: &Stage,
        databases: &Databases,
        settings: &[(&str, &str)],
        shape: Shape,
        backlog: Backlog,
    ) -> Result<Self> {
        let url = databases.fresh_for_writers().await?;
        let writer_url = as_role(&url, "footfall_write");
        let loaders = shape.loaders.to_string();
        let settings = [settings, &[("FOOTFALL_LOADERS", loaders.as_str())]].concat();
        let postgres_before = stage.postgres_pid().map(usage::family_cpu_us).transpose()?;
        let mut writers = Vec::new();
        for _ in 0..shape.processes {
            writers.push(stage.writer(&writer_url, &settings).await);
        }
        let mut watch = Watch::default();
        watch.until_stored(&writers, backlog.events()).await?;
        let mut writer_cpu_us = 0;
        for writer in &mut writers {
            writer_cpu_us += usage::cpu_us(writer.pid())?;
            watch.rss_bytes = watch.rss_bytes.max(usage::memory_peak_bytes(writer.pid())?);
            writer.terminate().await;
        }
        let postgres_after = stage.postgres_pid().map(usage::family_cpu_us).transpose()?;
        check(stage, &url, backlog).await?;
        let rows = watch.last.sum("footfall_writer_rows_total");
        let stages = watch.last.labelled("footfall_writer_stage_seconds_sum");
        let stages = stages.map(|(label, seconds)| {
            (label.trim_start_matches("stage=").trim_matches('"').to_owned(), seconds * 1e6 / rows)
        });
        Ok(Self {
            shape,
            rows_per_s: watch.rows_per_s(),
            rows,
            batches: watch.last.sum("footfall_writer_batches_total"),
            writer_cpu_us: writer_cpu_us as f64 / rows,
            postgres_cpu_us: postgres_after
                .zip(postgres_before)
                .map(|(after, before)| (after - before) as f64 / rows),
            rss_mb: watch.rss_bytes as f64 / MB,
            anonymous_mb: watch.anonymous_bytes as f64 / MB,
            stages_us: stages.collect(),
        })
    }

    /// Rows of a transaction, in the mean.
    pub(super) fn rows_a_batch(&self) -> usize {
        (self.rows / self.batches.max(1.0)) as usize
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "loaders": self.shape.loaders,
            "processes": self.shape.processes,
            "rows_per_s": self.rows_per_s,
            "rows_a_batch": self.rows_a_batch(),
            "writer_cpu_us": self.writer_cpu_us,
            "postgres_cpu_us": self.postgres_cpu_us,
            "rss_mb": self.rss_mb,
            "anonymous_mb": self.anonymous_mb,
            "stages_us": self.stages_us,
        })
    }
}

/// What was seen while the writers ran.
#[derive(Default)]
struct Watch {
    /// When how many rows were first seen, and last.
    first: Option<(Instant, f64)>,
    end: Option<(Instant, f64)>,
    last: Scrape,
    rss_bytes: u64,
    anonymous_bytes: u64,
}

impl Watch {
    async fn until_stored(&mut self, writers: &[Service], rows_sent: u64) -> Result<()> {
        let http = reqwest::Client::new();
        let deadline = Instant::now() + Duration::from_secs(DRAIN_LIMIT_S);
        while Instant::now() < deadline {
            let mut scrape = Scrape::default();
            for writer in writers {
                scrape = scrape.and(Scrape::of(&http, &writer.ops_url()).await?);
                self.anonymous_bytes = self.anonymous_bytes.max(usage::anonymous_bytes(writer.pid())?);
            }
            let (now, rows) = (Instant::now(), scrape.sum("footfall_writer_rows_total"));
            if rows > 0.0 && self.end.is_none_or(|(_, seen)| rows > seen) {
                self.first.get_or_insert((now, rows));
                self.end = Some((now, rows));
            }
            self.last = scrape;
            if rows >= rows_sent as f64 {
                return Ok(());
            }
            sleep(Duration::from_millis(POLL_MS)).await;
        }
        let said = writers.iter().flat_map(Service::log_lines).collect::<Vec<_>>().join("\n");
        bail!("{:?} of {rows_sent} rows within {DRAIN_LIMIT_S} s; {said}", self.end.map(|(_, rows)| rows))
    }

    fn rows_per_s(&self) -> f64 {
        let Some(((first_at, first), (end_at, end))) = self.first.zip(self.end) else { return 0.0 };
        (end - first) / (end_at - first_at).as_secs_f64().max(f64::EPSILON)
    }
}

/// Holds the tables against what was sent, and the rollups against the tables.
async fn check(stage: &Stage, url: &str, backlog: Backlog) -> Result<()> {
    let client = connect(url).await?;
    let counts =
        client.query_one(include_str!("counts.sql"), &[]).await.context("counting what was stored")?;
    let stored: [i64; 4] = std::array::from_fn(|place| counts.get(place));
    let sent = [backlog.impressions, backlog.interactions, backlog.envelopes, 0].map(|count| count as i64);
    if stored != sent {
        bail!("impressions, interactions, envelopes, quarantined: {sent:?} were sent, {stored:?} stored");
    }
    let differences = recount::differences(&client).await?;
    if !differences.is_empty() {
        bail!("rollups differ from a recount: {differences:#?}");
    }
    let left = stage.drain().await?;
    if left.envelopes > 0 {
        bail!("{} envelopes are still in the queue", left.envelopes);
    }
    Ok(())
}
