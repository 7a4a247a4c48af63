//! `cargo xtask soak`: mixed load for as long as asked, writers killed at random, and then everything recounted.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use e2e::workload;
use serde_json::json;
use shared::shutdown;
use testkit::{Data, TestBroker, TestDatabase};

use crate::provision::Servers;
use crate::steps::{note, step};
use crate::workspace::Workspace;

mod kills;
mod load;
mod proof;
mod system;

use kills::Kills;
use load::Sent;
use proof::Proof;
use system::System;

/// What a shell reports for a program ended by SIGINT.
const EXIT_INTERRUPTED: u8 = 130;
/// Longest time that the queue may take to become empty after the load, in seconds.
const DRAIN_LIMIT_S: u64 = 300;

/// What `cargo xtask soak` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long the load lasts, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(10..=14_400))]
    seconds: u64,
    /// Events a second that are offered, in requests of 1, 3 and 20 events.
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    rate: u32,
    /// Writers, of which one at a time is killed.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    writers: u8,
    /// When which writer is killed, and how.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Runs it to its end; fails when an event was lost or doubled, or a rollup is off.
///
/// # Errors
/// When something does not build or start, or `footfall verify` does not find what was broken on purpose.
pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let _only_one = workspace.lock("soak")?;
    let interrupted = shutdown::on_signal()?;
    tokio::select! {
        outcome = soak(&workspace, arguments) => outcome,
        () = interrupted.cancelled() => Ok(ExitCode::from(EXIT_INTERRUPTED)),
    }
}

async fn soak(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    build(workspace).await?;
    let servers = Servers::provide(&workspace.footfall.join("soak"), Data::Kept).await?;
    let outcome = on_servers(workspace, &servers, arguments).await;
    step("stopping the servers", servers.stop(), |()| "servers stopped".to_owned()).await?;
    let (sent, kills, proof) = outcome?;
    println!();
    sent.show(arguments.seconds);
    kills.show();
    proof.show();
    if arguments.json {
        println!(
            "{}",
            json!({ "seconds": arguments.seconds, "seed": arguments.seed, "writers": arguments.writers,
                    "sent": sent, "kills": kills, "proof": proof })
        );
    }
    Ok(if proof.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn on_servers(
    workspace: &Workspace,
    servers: &Servers,
    arguments: &Arguments,
) -> Result<(Sent, Kills, Proof)> {
    // A database and a queue of its own, gone afterwards.
    let (database, broker) =
        (TestDatabase::on(&servers.database_url).await, TestBroker::on(&servers.amqp_url));
    make_projects(&database).await?;
    let programs = workspace.target.join("release");
    let mut system = System::start(&programs, &database, &broker, arguments.writers).await?;

    let doing = format!("{} events a second for {} s", arguments.rate, arguments.seconds);
    let loading = load::send(&programs, system.collector_addr()?, arguments.rate, arguments.seconds);
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let mut kills = Kills::default();
    let loaded = async {
        tokio::select! {
            sent = loading => sent,
            problem = kills::kill_at_random(&mut system, &mut random, &mut kills) => Err(problem),
        }
    };
    let sent =
        step(&doing, loaded, |sent: &Sent| format!("{doing}: {} requests accepted", sent.accepted())).await?;
    let drained = system.drain(&sent, Duration::from_secs(DRAIN_LIMIT_S));
    step("draining the queue", drained, |()| "the queue is empty, and the writers have ended".to_owned())
        .await?;
    let proof = Proof::take(&programs, &database, &sent).await?;
    Ok((sent, kills, proof))
}

async fn build(workspace: &Workspace) -> Result<()> {
    note("building in release mode");
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--bins"]);
    cargo.args(["--package", "e2e", "--package", "collector", "--package", "writer", "--package", "cli"]);
    if !cargo.status().await.context("starting cargo")?.success() {
        bail!("the programs do not build");
    }
    Ok(())
}

async fn make_projects(database: &TestDatabase) -> Result<()> {
    let (ids, names): (Vec<String>, Vec<String>) = workload::projects().unzip();
    let insert = "insert into projects (project_id, name) select * from unnest($1::text[], $2::text[])";
    database.client().await.execute(insert, &[&ids, &names]).await.context("making the projects")?;
    Ok(())
}
