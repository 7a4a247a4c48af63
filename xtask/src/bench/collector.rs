//! `cargo xtask bench collector`: the collector against a handler that parses the same body and answers 202 at once.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use e2e::load::Plan;
use e2e::usage;
use testkit::Service;

use super::round::Round;
use super::stage::Stage;
use crate::steps::{note, step};
use crate::workspace::Workspace;

mod case;

use case::{Case, Side};

/// How many events a request carries, in turn.
const EVENTS: [usize; 2] = [1, 20];
/// How many connections there are, unless told otherwise; the figures in JSON are those of the last.
const CONNECTIONS: [usize; 2] = [64, 512];
/// Sent before each round is measured, in milliseconds.
const WARM_UP_MS: u64 = 1_000;

/// What `cargo xtask bench collector` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
    /// Measured in each round, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Rounds of each case; the servers take turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=50))]
    rounds: u64,
    /// Connections; 64 and then 256 where absent.
    #[arg(long)]
    connections: Option<usize>,
    /// Threads of the load client.
    #[arg(long, default_value_t = 2)]
    client_threads: usize,
    /// HTTP workers of each server.
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

/// Measures every case and shows it.
///
/// # Errors
/// When something does not come up, or a 202 is not in the queue.
pub(super) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let stage = Stage::prepare(workspace).await?;
    let outcome = measure(&stage, arguments).await;
    stage.stop().await?;
    let cases = outcome?;
    println!();
    cases.iter().for_each(Case::show);
    if arguments.json {
        println!("{}", case::json(&cases));
    }
    Ok(())
}

async fn measure(stage: &Stage, arguments: &Arguments) -> Result<Vec<Case>> {
    let connections = arguments.connections.map_or_else(|| CONNECTIONS.to_vec(), |chosen| vec![chosen]);
    let last = connections.last().copied();
    let mut cases = Vec::new();
    for events in EVENTS {
        for &connections in &connections {
            let mut case = Case::new(events, connections);
            // What group commit gains is measured once: it takes as long as the rest.
            let sides = if Some(connections) == last { &Side::ALL[..] } else { &Side::ALL[..2] };
            let doing = format!("{events} events a request, {connections} connections");
            let measured = measure_case(stage, arguments, &mut case, sides);
            step(&doing, measured, |()| doing.clone()).await?;
            note(&case.summary());
            cases.push(case);
        }
    }
    Ok(cases)
}

/// Every server of the case lives through all of it; who is not asked costs nothing.
async fn measure_case(stage: &Stage, arguments: &Arguments, case: &mut Case, sides: &[Side]) -> Result<()> {
    let mut servers: Vec<(Side, Service)> = Vec::new();
    for side in sides {
        servers.push((*side, stage.serve(side.kind(), stage.amqp_url(), arguments.workers).await?));
    }
    stage.clear().await?;
    let plan = Plan {
        addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        connections: case.connections,
        threads: arguments.client_threads,
        events_per_request: case.events,
        rate_per_s: None,
        warm_up_ms: WARM_UP_MS,
        measured_ms: arguments.seconds * 1_000,
        accepted_ids: None,
    };
    for _ in 0..arguments.rounds {
        for (side, server) in &servers {
            let round = match side {
                Side::Plain => Round::send(stage, server, &plan).await?,
                Side::Collector | Side::Ungrouped => Round::send_and_check(stage, server, &plan).await?,
            };
            stage.forget_accepted()?;
            case.add(*side, round);
        }
    }
    for (side, server) in &mut servers {
        case.memory(*side, usage::memory_peak_bytes(server.pid())?);
        server.terminate().await;
    }
    Ok(())
}
