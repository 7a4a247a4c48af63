//! `cargo xtask bench faults`: what a request is told, and how soon, while the broker is in trouble.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use e2e::load::{Plan, Report};
use serde_json::{Value, json};
use testkit::RabbitServer;
use tokio::time::{Instant, sleep};

use super::round::{Round, check};
use super::stage::Stage;
use crate::steps::step;
use crate::workspace::Workspace;

/// Offered all the time, in requests a second: far below what could be served, so that only the broker is in the way.
const OFFERED_PER_S: u32 = 1_000;
/// Connections that take turns.
const CONNECTIONS: usize = 64;
/// When the fault begins, in milliseconds after the first request.
const FAULT_AT_MS: u64 = 2_000;
/// How long it lasts before it is mended, in milliseconds.
const FAULT_MS: u64 = 4_000;
/// How long is offered in all, in milliseconds; a killed broker takes some six seconds to start.
const OFFERED_MS: u64 = 24_000;
/// Longest refusal that is asked for, in milliseconds.
const REFUSED_MS_ASKED: f64 = 100.0;
const ACCEPTED: u16 = 202;
const REFUSED: u16 = 503;

/// What `cargo xtask bench faults` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
}

/// What is done to the broker.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Paused,
    Killed,
    OutOfMemory,
    Full,
}

impl Fault {
    const ALL: [Self; 4] = [Self::Paused, Self::Killed, Self::OutOfMemory, Self::Full];

    fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Killed => "killed",
            Self::OutOfMemory => "out of memory",
            Self::Full => "full",
        }
    }

    async fn begin(self, broker: &mut RabbitServer) -> Result<()> {
        match self {
            Self::Paused => broker.pause(),
            Self::Killed => broker.kill().await?,
            Self::OutOfMemory => {
                broker.ctl(&["set_vm_memory_high_watermark", "0.000001"]).await?;
            }
            Self::Full => {
                let one_message = r#"{"max-length": 1}"#;
                broker
                    .ctl(&["set_policy", "bench-full", "^bench", one_message, "--apply-to", "queues"])
                    .await?;
            }
        }
        Ok(())
    }

    async fn end(self, broker: &mut RabbitServer) -> Result<()> {
        match self {
            Self::Paused => broker.resume(),
            Self::Killed => broker.restart().await?,
            Self::OutOfMemory => {
                broker.ctl(&["set_vm_memory_high_watermark", "0.4"]).await?;
            }
            Self::Full => {
                broker.ctl(&["clear_policy", "bench-full"]).await?;
            }
        }
        Ok(())
    }
}

/// What was found of one fault.
struct Found {
    fault: Fault,
    report: Report,
    /// When the fault was mended, in milliseconds after the first request.
    mended_ms: u64,
}

/// Measures and shows.
///
/// # Errors
/// When something does not come up, the broker is not ours to break, or a 202 is not in the queue.
pub(super) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let mut stage = Stage::prepare(workspace).await?;
    let broker = stage.servers_mut().lend_broker();
    let mut broker = broker.context("AMQP_URL is set: only a broker of our own is broken on purpose")?;
    let mut all = Vec::new();
    for fault in Fault::ALL {
        let doing = format!("a broker that is {}", fault.as_str());
        let measured = step(&doing, measure(&stage, &mut broker, fault), |_| doing.clone()).await;
        match measured {
            Ok(found) => all.push(found),
            Err(problem) => {
                stage.servers_mut().return_broker(broker);
                stage.stop().await?;
                return Err(problem);
            }
        }
    }
    stage.servers_mut().return_broker(broker);
    stage.stop().await?;
    println!();
    all.iter().for_each(show);
    if arguments.json {
        println!("{}", Value::from_iter(all.iter().map(json_of)));
    }
    Ok(())
}

async fn measure(stage: &Stage, broker: &mut RabbitServer, fault: Fault) -> Result<Found> {
    let mut server = stage.serve("collector", stage.amqp_url(), 2).await?;
    stage.clear().await?;
    let plan = Plan {
        addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        connections: CONNECTIONS,
        threads: 1,
        events_per_request: 1,
        rate_per_s: Some(OFFERED_PER_S),
        warm_up_ms: 0,
        measured_ms: OFFERED_MS,
        accepted_ids: None,
    };
    let started = Instant::now();
    let breaking = async {
        sleep(Duration::from_millis(FAULT_AT_MS)).await;
        fault.begin(broker).await?;
        sleep(Duration::from_millis(FAULT_MS)).await;
        fault.end(broker).await?;
        Ok(started.elapsed().as_millis() as u64)
    };
    let (round, mended_ms) = tokio::try_join!(Round::send(stage, &server, &plan), breaking)?;
    check(&[&round], stage.drain().await?)?;
    server.terminate().await;
    Ok(Found { fault, report: round.report, mended_ms })
}

fn show(found: &Found) {
    let Found { fault, report, mended_ms } = found;
    let (accepted, refused) = (report.answers_of(ACCEPTED), report.answers_of(REFUSED));
    let slowest_ms = refused.max_us as f64 / 1e3;
    let asked = if slowest_ms < REFUSED_MS_ASKED { "as asked" } else { "NOT as asked" };
    println!(
        "{:<14} {:>6} accepted (p99 {:.1} ms), {:>6} refused: p50 {:.1} ms, p99 {:.1} ms, slowest {slowest_ms:.1} ms \
         (below {REFUSED_MS_ASKED} ms: {asked}); mended after {mended_ms} ms, last refusal after {} ms; {} unanswered; \
         every 202 is in the queue, once",
        fault.as_str(),
        accepted.count,
        accepted.p99_us as f64 / 1e3,
        refused.count,
        refused.p50_us as f64 / 1e3,
        refused.p99_us as f64 / 1e3,
        report.last_refused_ms.unwrap_or(0),
        report.unanswered,
    );
}

fn json_of(found: &Found) -> Value {
    let refused = found.report.answers_of(REFUSED);
    json!({
        "fault": found.fault.as_str(),
        "accepted": found.report.answers_of(ACCEPTED).count,
        "refused": refused.count,
        "refused_p50_ms": refused.p50_us as f64 / 1e3,
        "refused_p99_ms": refused.p99_us as f64 / 1e3,
        "refused_max_ms": refused.max_us as f64 / 1e3,
        "mended_ms": found.mended_ms,
        "last_refused_ms": found.report.last_refused_ms,
        "unanswered": found.report.unanswered,
    })
}
