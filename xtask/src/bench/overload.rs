//! `cargo xtask bench overload`: ten times as much as the queue takes, and what becomes of those who can't be served.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use e2e::load::Plan;
use e2e::usage;
use testkit::{Proxy, Service};
use tokio::time::sleep;

use super::round::{Round, check};
use super::stage::Stage;
use crate::steps::step;
use crate::workspace::Workspace;

mod outcome;

use outcome::{ACCEPTED, Memory, Overload};

/// What the queue is to take, in envelopes a second: far below what the collector's CPU could serve, so that the queue is
/// the bottleneck.
const CAPACITY_AIMED_PER_S: f64 = 3_000.0;
/// What the way to the broker carries at first, in bytes a second; how many envelopes that are depends on their form.
const BROKER_BYTES_PER_S: f64 = 800_000.0;
/// Offered over capacity.
const OVERLOAD: f64 = 10.0;
/// Connections while capacity is measured, and afterwards: a usual load.
const USUAL_CONNECTIONS: usize = 64;
/// How long the usual load is measured, in milliseconds.
const USUAL_MS: u64 = 5_000;
/// Sent before capacity is measured, in milliseconds.
const WARM_UP_MS: u64 = 2_000;
/// Bytes in a megabyte, as memory is told.
const MB: f64 = 1024.0 * 1024.0;

/// What `cargo xtask bench overload` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
    /// How long the overload lasts, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Connections of the overload, which take turns.
    #[arg(long, default_value_t = 1_024)]
    connections: usize,
    /// Threads of the load client.
    #[arg(long, default_value_t = 2)]
    client_threads: usize,
    /// HTTP workers of the collector.
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

/// Measures and shows.
///
/// # Errors
/// When something does not come up, or a 202 is not in the queue.
pub(super) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let stage = Stage::prepare(workspace).await?;
    let outcome = measure(&stage, arguments).await;
    stage.stop().await?;
    let overload = outcome?;
    println!();
    overload.show();
    if arguments.json {
        println!("{}", overload.json());
    }
    Ok(())
}

async fn measure(stage: &Stage, arguments: &Arguments) -> Result<Overload> {
    let (proxy, proxied_url) = proxy(stage.amqp_url()).await?;
    let mut server = stage.serve("collector", &proxied_url, arguments.workers).await?;
    stage.clear().await?;
    proxy.throttle_client_bytes(BROKER_BYTES_PER_S as u64);

    let usual = Plan {
        addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        connections: USUAL_CONNECTIONS,
        threads: arguments.client_threads,
        events_per_request: 1,
        rate_per_s: None,
        warm_up_ms: WARM_UP_MS,
        measured_ms: USUAL_MS,
        accepted_ids: None,
    };
    let first = capacity(stage, &server, &usual).await?;
    let bytes_per_s = BROKER_BYTES_PER_S * CAPACITY_AIMED_PER_S / first.max(1.0);
    proxy.throttle_client_bytes(bytes_per_s as u64);
    let capacity_per_s = capacity(stage, &server, &usual).await?;

    let offered_per_s = capacity_per_s * OVERLOAD;
    let flood = Plan {
        connections: arguments.connections,
        rate_per_s: Some(offered_per_s as u32),
        warm_up_ms: 0,
        measured_ms: arguments.seconds * 1_000,
        ..usual.clone()
    };
    // Nothing is warmed up: it is to be served from its first request on.
    let after = Plan { warm_up_ms: 0, ..usual };
    let doing = format!("offering {offered_per_s:.0} a second for {} s", arguments.seconds);
    let flooded = flood_and_after(stage, &server, &flood, &after);
    let (flood, after, memory) = step(&doing, flooded, |_| doing.clone()).await?;
    server.terminate().await;
    Ok(Overload { capacity_per_s, offered_per_s, flood, after, memory })
}

/// How many envelopes a second the queue takes under the usual load.
async fn capacity(stage: &Stage, server: &Service, usual: &Plan) -> Result<f64> {
    let measured = Round::send_and_check(stage, server, usual);
    let per_s = |round: &Round| round.report.rate_of(ACCEPTED);
    let round = step("measuring what the queue takes", measured, |round| {
        format!("the queue takes {:.0} envelopes a second", per_s(round))
    })
    .await?;
    stage.forget_accepted()?;
    Ok(per_s(&round))
}

/// A proxy before the broker at `amqp_url`, and the broker's URL through it.
async fn proxy(amqp_url: &str) -> Result<(Proxy, String)> {
    let (account, place) = amqp_url.rsplit_once('@').context("the broker's URL has no account in it")?;
    let (broker, virtual_host) = place.split_once('/').unwrap_or((place, "%2f"));
    let proxy = Proxy::start(broker).await?;
    let url = format!("{account}@{}/{virtual_host}", proxy.addr());
    Ok((proxy, url))
}

/// The flood, at once behind it the usual load, and then a look into the queue.
async fn flood_and_after(
    stage: &Stage,
    server: &Service,
    flood: &Plan,
    after: &Plan,
) -> Result<(Round, Round, Memory)> {
    let held_mb = || usage::memory_bytes(server.pid()).map(|bytes| bytes as f64 / MB);
    let start_mb = held_mb()?;
    let settled_after = Duration::from_secs(outcome::SETTLED_S).min(Duration::from_millis(flood.measured_ms));
    let settled = async {
        sleep(settled_after).await;
        held_mb()
    };
    let (mut flood, settled_mb) = tokio::try_join!(Round::send(stage, server, flood), settled)?;
    let end_mb = held_mb()?;
    let peak_mb = usage::memory_peak_bytes(server.pid())? as f64 / MB;
    let after = Round::send(stage, server, after).await?;

    let queue = stage.drain().await?;
    check(&[&flood, &after], queue)?;
    flood.queue = Some(queue);
    Ok((flood, after, Memory { start_mb, settled_mb, end_mb, peak_mb }))
}
