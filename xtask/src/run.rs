//! `cargo xtask run`: the whole system on this machine, until Ctrl-C.

use std::process::ExitCode;

use anyhow::{Context, Result};
use shared::shutdown;
use testkit::Data;
use tokio_util::sync::CancellationToken;

use crate::provision::Servers;
use crate::steps::step;
use crate::workspace::Workspace;

pub(crate) mod geo;

mod services;

mod demo;

mod traffic;

pub(crate) mod run_file;

use demo::DemoKey;
use run_file::RunFile;
use services::Services;

/// What `cargo xtask run` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Sends no demo traffic.
    #[arg(long)]
    no_traffic: bool,
}

/// Brings everything up, stays until SIGINT or SIGTERM, and takes everything down.
///
/// # Errors
/// When something does not come up, or a service dies: with the end of its log.
pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let _only_one = workspace.lock("run")?;
    RunFile::forget(&workspace);
    let interrupted = shutdown::on_signal()?;
    let servers = tokio::select! {
        servers = provide(&workspace) => servers?,
        () = interrupted.cancelled() => return Ok(ExitCode::SUCCESS),
    };
    let outcome = with_servers(&workspace, arguments, &servers, &interrupted).await;
    step("stopping the servers", servers.stop(), |()| "servers stopped".to_owned()).await?;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn provide(workspace: &Workspace) -> Result<Servers> {
    println!("Footfall, on this machine:");
    Servers::provide(&workspace.footfall, Data::Kept).await
}

/// Whatever comes of it, the servers are stopped in order afterwards: `RabbitMQ` forgets a queue that was declared just
/// before it is killed.
async fn with_servers(
    workspace: &Workspace,
    arguments: &Arguments,
    servers: &Servers,
    interrupted: &CancellationToken,
) -> Result<()> {
    let (services, key) = tokio::select! {
        started = start(workspace, servers) => started?,
        () = interrupted.cancelled() => return Ok(()),
    };
    let outcome =
        serve(workspace, arguments, &run_file(servers, &services, &key), &services, interrupted).await;
    println!();
    let stopped = async {
        services.stop().await;
        Ok(())
    };
    step("stopping the services", stopped, |()| "services drained and stopped".to_owned()).await?;
    outcome
}

async fn start(workspace: &Workspace, servers: &Servers) -> Result<(Services, DemoKey)> {
    step("migrating the database", migrate(&servers.database_url), |applied| {
        format!("database migrated ({applied} migrations applied now)")
    })
    .await?;
    let key = step("making demo projects and a key", demo::prepare(workspace, &servers.database_url), |_| {
        format!("{} demo projects and a key to read them", demo::PROJECTS.len())
    })
    .await?;
    let geo_files = geo::provide(workspace).await;
    services::build(workspace).await?;
    let services = Services::start(workspace, servers, &geo_files).await?;
    Ok((services, key))
}

/// Ends at the first signal, or with the first service that dies.
async fn serve(
    workspace: &Workspace,
    arguments: &Arguments,
    run_file: &RunFile,
    services: &Services,
    interrupted: &CancellationToken,
) -> Result<()> {
    let _removed_at_the_end = run_file.write(workspace)?;
    run_file.show(arguments.no_traffic);
    tokio::select! {
        () = interrupted.cancelled() => Ok(()),
        died = services.first_death() => Err(died),
        ended = traffic::send(&run_file.collector_url), if !arguments.no_traffic => ended,
    }
}

fn run_file(servers: &Servers, services: &Services, key: &DemoKey) -> RunFile {
    RunFile {
        collector_url: services.collector_url(),
        reporter_url: services.reporter_url(),
        dashboard_url: None,
        api_key: key.text(),
        database_url: servers.database_url.clone(),
        amqp_url: servers.amqp_url.clone(),
        lane: "rabbitmq".to_owned(),
        collector_ops_url: services.ops_url("collector"),
        writer_ops_url: services.ops_url("writer"),
        reporter_ops_url: services.ops_url("reporter"),
    }
}

async fn migrate(database_url: &str) -> Result<usize> {
    let report = migrations::migrate(database_url).await.context("migrating the database")?;
    Ok(report.applied.len())
}
