//! Clients that ask a reporter: each sends its next question as soon as it has the answer, on a connection of its own.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::runtime;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::load::Latencies;
use crate::load::connection::Connection;
use crate::load::tally::{DIGITS, LATENCY_US_MAX, latencies};
use crate::usage;

/// Most clients of a plan: the system's usual limit of descriptors leaves room for no more.
const CLIENTS_MAX: usize = 16_000;
/// Most answers of a plan.
const CALLS_MAX: u64 = 10_000_000;
/// The status of an answer.
const ANSWERED: u16 = 200;
/// The statuses of a refusal that may pass: too many ask, or the database is busy.
const REFUSED: [u16; 2] = [429, 503];

/// What is asked, and how often.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The reporter's public listener.
    pub addr: SocketAddr,
    /// The key, as `ffk_…`.
    pub key: String,
    /// Paths with their queries, asked in turn by all clients together.
    pub questions: Vec<String>,
    /// Clients at a time, 1 to 16,000.
    pub clients: usize,
    /// Answers before any is measured.
    pub warm_up_calls: u64,
    /// Answers that are measured, unless time is up before.
    pub measured_calls: u64,
    /// When no more questions are asked, in milliseconds since the start.
    pub limit_ms: u64,
}

/// How long the answers took, those that were none left out.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Asked {
    /// Of each answer, from the question's first byte to the answer's last.
    pub latencies: Latencies,
    /// Questions that were refused for now, warm-up included.
    pub refused: u64,
    /// From the first measured question to the last answer, in seconds.
    pub seconds: f64,
    /// CPU time of the clients in the whole run, in microseconds.
    pub client_cpu_us: u64,
}

impl Asked {
    /// Half of the answers took no longer, in milliseconds.
    pub fn p50_ms(&self) -> f64 {
        self.latencies.p50_us as f64 / 1e3
    }

    /// 99 % of the answers took no longer, in milliseconds.
    pub fn p99_ms(&self) -> f64 {
        self.latencies.p99_us as f64 / 1e3
    }

    /// Answers a second.
    pub fn per_s(&self) -> f64 {
        self.latencies.count as f64 / self.seconds.max(f64::EPSILON)
    }
}

/// Runs a plan to its end, on one thread.
///
/// # Errors
/// When the plan is out of bounds, a connection breaks, or an answer is neither a 200 nor a refusal that may pass.
pub fn run(plan: &Plan) -> Result<Asked> {
    ensure!((1..=CLIENTS_MAX).contains(&plan.clients), "clients: 1 to {CLIENTS_MAX}");
    ensure!(!plan.questions.is_empty(), "questions: at least one");
    let calls = plan.warm_up_calls.saturating_add(plan.measured_calls);
    ensure!(plan.measured_calls > 0 && calls <= CALLS_MAX, "calls: at most {CALLS_MAX} in all");
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let asking = Rc::new(Asking {
        addr: plan.addr,
        requests: plan.questions.iter().map(|question| request(plan, question)).collect(),
        warm_up_calls: plan.warm_up_calls,
        calls,
        ends_at: Instant::now() + Duration::from_millis(plan.limit_ms),
        next: Cell::new(0),
        measured_from: Cell::new(None),
        refused: Cell::new(0),
        histogram: RefCell::new(Histogram::new_with_bounds(1, LATENCY_US_MAX, DIGITS)?),
    });
    let local = LocalSet::new();
    let seconds = runtime.block_on(local.run_until(async {
        let mut clients = JoinSet::new();
        for _ in 0..plan.clients {
            clients.spawn_local(Rc::clone(&asking).client());
        }
        while let Some(ended) = clients.join_next().await {
            ended??;
        }
        let from = asking.measured_from.get().context("nothing was measured")?;
        anyhow::Ok(from.elapsed().as_secs_f64())
    }))?;
    let latencies = latencies(&asking.histogram.borrow());
    let refused = asking.refused.get();
    Ok(Asked { latencies, refused, seconds, client_cpu_us: usage::cpu_us(std::process::id())? })
}

fn request(plan: &Plan, question: &str) -> Vec<u8> {
    format!(
        "GET {question} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nAccept: application/json\r\n\r\n",
        plan.addr, plan.key
    )
    .into_bytes()
}

/// What the clients share.
struct Asking {
    addr: SocketAddr,
    requests: Vec<Vec<u8>>,
    warm_up_calls: u64,
    calls: u64,
    ends_at: Instant,
    /// The number of the next question.
    next: Cell<u64>,
    measured_from: Cell<Option<Instant>>,
    refused: Cell<u64>,
    histogram: RefCell<Histogram<u64>>,
}

impl Asking {
    async fn client(self: Rc<Self>) -> Result<()> {
        let mut connection = Connection::new(self.addr);
        connection.open().await.context("connecting to the reporter")?;
        while let Some(number) = self.take() {
            let request = &self.requests[number as usize % self.requests.len()];
            let asked_at = Instant::now();
            let status = connection.exchange(request).await.context("asking the reporter")?;
            if REFUSED.contains(&status) {
                self.refused.set(self.refused.get() + 1);
                continue;
            }
            if status != ANSWERED {
                bail!("the reporter answered {status} to: {}", first_line(request));
            }
            if number >= self.warm_up_calls {
                let took_us = u64::try_from(asked_at.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.histogram.borrow_mut().saturating_record(took_us);
            }
        }
        Ok(())
    }

    /// The number of the next question; `None` once all are taken or time is up.
    fn take(&self) -> Option<u64> {
        let number = self.next.get();
        if number >= self.calls || Instant::now() >= self.ends_at {
            return None;
        }
        if number == self.warm_up_calls {
            self.measured_from.set(Some(Instant::now()));
        }
        self.next.set(number + 1);
        Some(number)
    }
}

fn first_line(request: &[u8]) -> String {
    String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
