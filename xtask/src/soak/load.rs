//! The load: clients with requests of different sizes, beside each other, round after round.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use e2e::load::{Plan, Report};
use futures_util::future::try_join_all;
use serde::Serialize;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;
use uuid::Uuid;

/// Events in a request, and the share of all events that come in such requests, in percent.
const SIZES: [(usize, u32); 3] = [(1, 40), (3, 40), (20, 20)];
/// Longest round of a client, in seconds: it stops by itself at half an hour.
const ROUND_S: u64 = 300;
/// What a round may take beyond its plan, in seconds.
const GRACE_S: u64 = 60;
/// Connections of one client.
const CONNECTIONS: usize = 32;

/// What was sent, and where the ids are of what was accepted.
#[derive(Serialize)]
pub(super) struct Sent {
    /// By events in a request.
    pub(super) by_size: Vec<BySize>,
    #[serde(skip)]
    _ids: TempDir,
}

/// What one client sent in all its rounds.
#[derive(Serialize)]
pub(super) struct BySize {
    pub(super) events_per_request: usize,
    pub(super) requests_sent: u64,
    pub(super) requests_accepted: u64,
    pub(super) requests_unanswered: u64,
    /// The slowest round's 99th percentile of a 202, in milliseconds.
    pub(super) accepted_p99_ms: f64,
    #[serde(skip)]
    accepted_ids: PathBuf,
}

impl Sent {
    /// Requests that were answered 202.
    pub(super) fn accepted(&self) -> u64 {
        self.by_size.iter().map(|size| size.requests_accepted).sum()
    }

    /// For people.
    pub(super) fn show(&self, seconds: u64) {
        println!("sent in {seconds} s");
        for size in &self.by_size {
            println!(
                "  {:2} events a request: {} sent, {} accepted, {} unanswered, p99 {:.1} ms",
                size.events_per_request,
                size.requests_sent,
                size.requests_accepted,
                size.requests_unanswered,
                size.accepted_p99_ms,
            );
        }
    }
}

impl BySize {
    /// The ids of what was accepted.
    ///
    /// # Errors
    /// When the file can't be read or is cut short.
    pub(super) fn ids(&self) -> Result<Vec<Uuid>> {
        let bytes = std::fs::read(&self.accepted_ids).context("reading the accepted ids")?;
        bytes.chunks(size_of::<Uuid>()).map(|id| Ok(Uuid::from_slice(id)?)).collect()
    }
}

/// Sends for so many seconds; each client keeps to its rate by the clock, whatever the collector does.
///
/// # Errors
/// When a client fails or does not end.
pub(super) async fn send(programs: &Path, addr: SocketAddr, events_per_s: u32, seconds: u64) -> Result<Sent> {
    let ids = tempfile::tempdir().context("making a folder for accepted ids")?;
    let clients = SIZES.map(|(events, percent)| {
        let accepted_ids = ids.path().join(format!("{events}"));
        let rate_per_s = (events_per_s * percent / 100 / events as u32).max(1);
        client(programs, addr, BySize::nothing(events, accepted_ids), rate_per_s, seconds)
    });
    Ok(Sent { by_size: try_join_all(clients).await?, _ids: ids })
}

impl BySize {
    fn nothing(events_per_request: usize, accepted_ids: PathBuf) -> Self {
        Self {
            events_per_request,
            requests_sent: 0,
            requests_accepted: 0,
            requests_unanswered: 0,
            accepted_p99_ms: 0.0,
            accepted_ids,
        }
    }

    fn add(&mut self, report: &Report) {
        self.requests_sent += report.sent;
        self.requests_accepted += report.accepted;
        self.requests_unanswered += report.unanswered;
        self.accepted_p99_ms = self.accepted_p99_ms.max(report.answers_of(202).p99_us as f64 / 1_000.0);
    }
}

async fn client(
    programs: &Path,
    addr: SocketAddr,
    mut total: BySize,
    rate_per_s: u32,
    mut left_s: u64,
) -> Result<BySize> {
    while left_s > 0 {
        let round_s = left_s.min(ROUND_S);
        left_s -= round_s;
        let plan = Plan {
            addr,
            connections: CONNECTIONS,
            threads: 1,
            events_per_request: total.events_per_request,
            rate_per_s: Some(rate_per_s),
            warm_up_ms: 0,
            measured_ms: round_s * 1_000,
            accepted_ids: Some(total.accepted_ids.clone()),
        };
        total.add(&one_round(programs, &plan, Duration::from_secs(round_s + GRACE_S)).await?);
    }
    Ok(total)
}

async fn one_round(programs: &Path, plan: &Plan, limit: Duration) -> Result<Report> {
    let mut client = Command::new(programs.join("bench-load"));
    client.arg(serde_json::to_string(plan)?).stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let output = timeout(limit, client.output()).await.context("the load client does not end")??;
    if !output.status.success() {
        bail!("the load client ended with {}", output.status);
    }
    serde_json::from_slice(&output.stdout).context("reading the load client's report")
}
