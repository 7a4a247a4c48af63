//! `cargo xtask bench writer`: the writer, alone, draining a full queue, against a bare COPY of the rows that it stored.
//!
//! The writer does all it does in production: it decodes, looks places up, claims each envelope, adds rollups up, and commits
//! as the database's role for writers. The COPY sends the same rows, encoded beforehand, into the same partitioned tables with
//! the same indexes, without foreign keys, by one connection, in transactions of the writer's mean size.

use anyhow::{Result, bail};
use e2e::backlog::Plan;
use e2e::bare_copy;

use super::stage::Stage;
use crate::run::geo;
use crate::steps::{note, step};
use crate::workspace::Workspace;

mod database;
mod drain;
mod figures;
mod scrape;

use database::Databases;
use drain::{Drain, Shape};
use figures::Figures;

/// Loaders in one process, and processes, of the curve beyond one.
const CURVE: [usize; 2] = [2, 4];

/// What `cargo xtask bench writer` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
    /// Events in the queue at the start of each round.
    #[arg(long, default_value_t = 400_000, value_parser = clap::value_parser!(u64).range(10_000..=5_000_000))]
    events: u64,
    /// Rounds of one loader against a bare COPY.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=50))]
    rounds: u64,
    /// Leaves out the curve of several loaders and processes.
    #[arg(long)]
    no_curve: bool,
    /// Without geo databases, so that memory and time are the writer's own.
    #[arg(long)]
    no_geo: bool,
    /// A setting of the writer, as `FOOTFALL_BATCH_ROWS=10000`; may be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
}

/// Measures and shows.
///
/// # Errors
/// When something does not come up, or what was stored is not what was sent.
pub(super) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let stage = Stage::prepare(workspace).await?;
    let measured = measure(workspace, &stage, arguments).await;
    stage.stop().await?;
    let figures = measured?;
    println!();
    figures.show();
    if arguments.json {
        println!("{}", figures.json());
    }
    Ok(())
}

async fn measure(workspace: &Workspace, stage: &Stage, arguments: &Arguments) -> Result<Figures> {
    let geo_files = if arguments.no_geo { String::new() } else { geo::provide(workspace).await };
    let mut settings = vec![("FOOTFALL_GEO_FILES", geo_files.as_str())];
    for setting in &arguments.settings {
        let Some(pair) = setting.split_once('=') else { bail!("{setting}: a setting is NAME=VALUE") };
        settings.push(pair);
    }
    let databases = Databases::prepare(stage.database_url()).await?;
    stage.clear().await?;
    let mut figures = Figures::default();
    for round in 1..=arguments.rounds {
        let shape = Shape { loaders: 1, processes: 1 };
        let drain = drain(stage, &databases, arguments, &settings, shape, round).await?;
        let batch_rows = drain.rows_a_batch();
        let bare = copy(stage, &databases, batch_rows, 1).await?;
        let ratio = drain.rows_per_s / figures::rows_per_s(&bare);
        note(&format!("ratio {ratio:.2}"));
        figures.add_round(drain, bare);
    }
    if arguments.no_curve {
        return Ok(figures);
    }
    for many in CURVE {
        for shape in [Shape { loaders: many, processes: 1 }, Shape { loaders: 1, processes: many }] {
            let drain = drain(stage, &databases, arguments, &settings, shape, 1).await?;
            figures.add_shape(drain);
        }
        figures.add_bare(many, copy(stage, &databases, figures.batch_rows(), many).await?);
    }
    Ok(figures)
}

async fn drain(
    stage: &Stage,
    databases: &Databases,
    arguments: &Arguments,
    settings: &[(&str, &str)],
    shape: Shape,
    seed: u64,
) -> Result<Drain> {
    let plan = Plan { seed, events: usize::try_from(arguments.events)? };
    let backlog = step("filling the queue", stage.fill(plan), |backlog| {
        format!(
            "{} events in {} messages of {:.0} kB",
            backlog.events(),
            backlog.messages,
            backlog.bytes as f64 / backlog.messages.max(1) as f64 / 1e3
        )
    })
    .await?;
    let doing = format!("draining it with {shape}");
    step(&doing, Drain::measure(stage, databases, settings, shape, backlog), |drain| {
        format!("{:.0} rows/s with {shape}", drain.rows_per_s)
    })
    .await
}

/// Loads what the last drain stored.
async fn copy(
    stage: &Stage,
    databases: &Databases,
    batch_rows: usize,
    connections: usize,
) -> Result<bare_copy::Loaded> {
    let into_url = databases.fresh_for_copy().await?;
    let plan = bare_copy::Plan { from_url: databases.drained_url(), into_url, batch_rows, connections };
    step("loading the same rows by bare COPY", stage.copy(&plan), |loaded| {
        format!("{:.0} rows/s by {connections} bare COPY(s)", figures::rows_per_s(loaded))
    })
    .await
}
