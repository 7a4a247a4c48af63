//! One run: threads with their connections, each connection with its loop.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::runtime;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use uuid::Uuid;

use super::connection::Connection;
use super::plan::Plan;
use super::report::Report;
use super::tally::Tally;
use crate::usage;
use crate::workload::{Request, Workload};

/// Different requests that a thread sends in turn.
const REQUESTS: usize = 1_024;
/// Longest wait at the end for the answers that are still out, in seconds.
const LAST_ANSWERS_LIMIT_S: u64 = 30;
/// Pause before a connection that broke is opened again, in milliseconds.
const REOPEN_MS: u64 = 50;

/// Runs a plan to its end; what it sent and what came back.
///
/// It starts threads of its own and blocks until they are done: the plan's time and at most 30 seconds more. All
/// connections finish the request they have under way, so that every 202 is known.
///
/// # Errors
/// When the plan is out of bounds, a thread fails, or the file for the ids can't be written.
pub fn run(plan: Plan) -> Result<Report> {
    let plan = plan.checked()?;
    // Requests are made before the clock starts.
    let started = (0..plan.threads).map(|number| {
        let requests: Vec<Request> = {
            let mut workload = Workload::new(number as u64);
            (0..REQUESTS).map(|_| workload.request(plan.events_per_request)).collect()
        };
        (number, requests, plan.clone())
    });
    let prepared: Vec<_> = started.collect();
    let begin = Instant::now();
    let threads: Vec<_> = prepared
        .into_iter()
        .map(|(number, requests, plan)| thread::spawn(move || thread_main(number, requests, plan, begin)))
        .collect();
    let mut whole = Tally::default();
    for thread in threads {
        whole.add(thread.join().map_err(|_panic| anyhow!("a thread of the load client died"))??)?;
    }
    if let Some(path) = &plan.accepted_ids {
        let bytes: Vec<u8> = whole.accepted_ids.iter().flat_map(|id| id.into_bytes()).collect();
        append(path, &bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(whole.report(plan.measured(), usage::cpu_us(std::process::id())?))
}

fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(bytes)
}

/// What the connections of one thread share.
struct Shared {
    plan: Plan,
    requests: Vec<Request>,
    tally: RefCell<Tally>,
    /// The number of the next request; each takes one.
    next: RefCell<u64>,
    thread: u64,
    begin: Instant,
    measured_from: Instant,
    end: Instant,
}

fn thread_main(number: usize, requests: Vec<Request>, plan: Plan, begin: Instant) -> Result<Tally> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let measured_from = begin + plan.warm_up();
    let end = measured_from + plan.measured();
    // The first threads take what does not divide.
    let connections = plan.connections / plan.threads + usize::from(number < plan.connections % plan.threads);
    let tally = RefCell::default();
    let (next, thread) = (RefCell::new(0), number as u64);
    let shared = Rc::new(Shared { plan, requests, tally, next, thread, begin, measured_from, end });
    let local = LocalSet::new();
    runtime.block_on(local.run_until(async {
        let mut loops = JoinSet::new();
        for _ in 0..connections {
            loops.spawn_local(Rc::clone(&shared).connection_loop());
        }
        let last = end + Duration::from_secs(LAST_ANSWERS_LIMIT_S);
        while let Ok(Some(ended)) = timeout_at(last, loops.join_next()).await {
            ended??;
        }
        let open = loops.len() as u64;
        loops.shutdown().await;
        shared.tally.borrow_mut().unanswered += open;
        anyhow::Ok(())
    }))?;
    shared.count_never_sent();
    drop(local);
    let shared = Rc::into_inner(shared).context("a connection outlived its thread")?;
    Ok(shared.tally.into_inner())
}

impl Shared {
    async fn connection_loop(self: Rc<Self>) -> Result<()> {
        let mut connection = Connection::new(self.plan.addr);
        let mut bytes = Vec::new();
        while let Some((number, due)) = self.take() {
            sleep_until(due).await;
            let id = Uuid::now_v7();
            self.requests[number as usize % REQUESTS].write_with(id, &mut bytes);
            // In a closed loop a request is due when it is sent.
            let since = if self.plan.rate_per_s.is_some() { due } else { Instant::now() };
            self.tally.borrow_mut().sent += 1;
            match connection.exchange(&bytes).await {
                Ok(status) => self.answered(status, id, since)?,
                Err(_broken) => {
                    self.tally.borrow_mut().unanswered += 1;
                    sleep(Duration::from_millis(REOPEN_MS)).await;
                }
            }
        }
        Ok(())
    }

    /// The next request's number and when it is due; `None` once the run is over.
    fn take(&self) -> Option<(u64, Instant)> {
        if Instant::now() >= self.end {
            return None;
        }
        let mut next = self.next.borrow_mut();
        let due = match self.plan.rate_per_s {
            None => self.begin,
            Some(rate) => self.due(*next, rate),
        };
        (due < self.end).then(|| {
            *next += 1;
            (*next - 1, due)
        })
    }

    /// The threads take turns.
    fn due(&self, number: u64, rate: u32) -> Instant {
        let overall = number * self.plan.threads as u64 + self.thread;
        self.begin + Duration::from_secs_f64(overall as f64 / f64::from(rate))
    }

    fn answered(&self, status: u16, id: Uuid, since: Instant) -> Result<()> {
        let now = Instant::now();
        // A closed loop is measured by what comes out of it in the time, an open one by what was due in it.
        let counts_at = if self.plan.rate_per_s.is_some() { since } else { now };
        let measured = (self.measured_from..self.end).contains(&counts_at);
        let (at, latency) = (now.duration_since(self.begin), now.duration_since(since));
        self.tally.borrow_mut().answered(status, id, at, latency, measured)
    }

    fn count_never_sent(&self) {
        let Some(rate) = self.plan.rate_per_s else { return };
        let mut next = *self.next.borrow();
        while self.due(next, rate) < self.end {
            next += 1;
        }
        self.tally.borrow_mut().never_sent = next - *self.next.borrow();
    }
}
